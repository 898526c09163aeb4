"""Muon: orthogonal steps of hidden matrices, real, complex and one above the other, and Adam for all else."""

from __future__ import annotations

import copy

import pytest
import torch

from inrbench.activations.core.base import Domain, build
from inrbench.activations.core.hidden_matrices import HiddenMatrix
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Train
from inrbench.bench.engine.engine import AutogradEngine
from inrbench.bench.optimizers import Trained
from inrbench.bench.optimizers.muon import Muon, MuonSteps, orthogonalised
from inrbench.bench.training.descent import Descent
from inrbench.bench.training.objective import Objective
from inrbench.tasks.core.operators import Identity
from tests.bench.training.problems import SHAPE, problem, whole_batch

PLUGINS = Plugins()


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
@pytest.mark.parametrize("shape", [(3, 9, 9), (2, 5, 12), (1, 12, 5)])
def test_all_singular_values_come_near_one_and_the_singular_vectors_stay(
    shape: tuple[int, ...], dtype: torch.dtype
) -> None:
    generator = torch.Generator().manual_seed(0)
    matrices = torch.randn(shape, dtype=dtype, generator=generator)
    found = orthogonalised(matrices)
    sigma = torch.linalg.svdvals(found)
    assert 0.6 < float(sigma.min()) <= float(sigma.max()) < 1.2
    u, _, vh = torch.linalg.svd(matrices, full_matrices=False)
    turned = u.mH @ found @ vh.mH  # diagonal, if the vectors are the same
    torch.testing.assert_close(turned, torch.diag_embed(torch.diagonal(turned, dim1=1, dim2=2)), rtol=0, atol=1e-9)


def test_steps_are_those_of_pytorch_s_muon() -> None:
    if not hasattr(torch.optim, "Muon"):
        pytest.skip("this version of torch has no Muon")
    torch.manual_seed(0)
    ours = [torch.nn.Parameter(torch.randn(shape)) for shape in ((8, 8), (8, 8), (12, 6))]
    theirs = copy.deepcopy(ours)
    start = copy.deepcopy(ours)
    first = MuonSteps([HiddenMatrix(p) for p in ours], 0.02, weight_decay=0.1)
    second = torch.optim.Muon(theirs, lr=0.02, momentum=0.95, weight_decay=0.1)
    for _ in range(6):
        for one, other in zip(ours, theirs, strict=True):
            one.grad = torch.randn_like(one)
            other.grad = one.grad.clone()
        first.step()
        second.step()
    for one, other, before in zip(ours, theirs, start, strict=True):  # theirs has the three digits of bfloat16
        assert float((one - other).detach().norm()) < 0.05 * float((one - before).detach().norm())


def test_a_complex_matrix_is_orthogonalised_as_one_and_stacked_ones_apart() -> None:
    pairs = torch.nn.Parameter(torch.zeros(5, 4, 2))
    stacked = torch.nn.Parameter(torch.zeros(10, 4))
    for p in (pairs, stacked):
        p.grad = torch.randn(p.shape, generator=torch.Generator().manual_seed(1))
    MuonSteps([HiddenMatrix(pairs), HiddenMatrix(stacked, 2)], 1.0).step()
    steps = [torch.view_as_complex(pairs.detach()), *stacked.detach().split(5)]
    assert pairs.grad is not None
    assert stacked.grad is not None
    gradients = [torch.view_as_complex(pairs.grad), *stacked.grad.split(5)]
    for step, gradient in zip(steps, gradients, strict=True):
        expected = -orthogonalised(gradient[None])[0] * (5 / 4) ** 0.5
        torch.testing.assert_close(step, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", PLUGINS.activations.names())
def test_hidden_matrices_are_trained_by_muon_and_everything_else_by_adam(name: str) -> None:
    activation = PLUGINS.activations.get(name)()
    network = build(activation, Domain(2, 2, SHAPE), width=16, depth=3, seed=0)
    hidden = activation.hidden_matrices(network)
    groups = activation.optimizer_groups(network)
    parts = Muon(adam_lr=1e-3).build_all(Trained(groups, hidden, 0.1))
    trained = [id(p) for part in parts for group in part.param_groups for p in group["params"]]
    assert sorted(trained) == sorted(id(p) for p in network.parameters() if p.requires_grad)
    by_muon = {
        id(p) for part in parts if isinstance(part, MuonSteps) for group in part.param_groups for p in group["params"]
    }
    assert by_muon == {id(matrix.weight) for matrix in hidden}
    factors = {group["factor"] for part in parts if not isinstance(part, MuonSteps) for group in part.param_groups}
    assert factors == {group.lr_factor * 0.01 for group in groups}


@pytest.mark.parametrize("name", ["relu", "wire", "wire-2d", "mfn", "instant-ngp", "grid"])
def test_training_follows_the_steps_of_the_parts(name: str) -> None:
    case, train = problem(Identity(192)), Train(steps=4, lr=0.02, lr_decay=0.5)
    activation = PLUGINS.activations.get(name)()
    network = build(activation, Domain(2, 2, SHAPE), width=16, depth=3, seed=0)
    alone = copy.deepcopy(network)
    groups, hidden = activation.optimizer_groups(network), activation.hidden_matrices(network)
    for _ in Descent(AutogradEngine(network), Objective(case, 64), train, None, groups, Muon(adam_lr=0.004), hidden):
        pass

    matrices = activation.hidden_matrices(alone)
    ids = {id(matrix.weight) for matrix in matrices}
    (group,) = activation.optimizer_groups(alone)
    others = [p for p in group.parameters if id(p) not in ids]
    adam = torch.optim.Adam(others, **group.options.get("adam", {}))
    muon = MuonSteps(matrices, 1.0) if matrices else None
    for step in range(4):
        _, gradients = whole_batch(alone, case)
        for p, g in zip(alone.parameters(), gradients, strict=True):
            p.grad = g
        adam.param_groups[0]["lr"] = 0.004 * group.lr_factor * 0.5 ** (step / 4)
        adam.step()
        if muon is not None:
            muon.param_groups[0]["lr"] = 0.02 * 0.5 ** (step / 4)
            muon.step()
    for found, expected in zip(network.parameters(), alone.parameters(), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)
