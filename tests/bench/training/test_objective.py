"""The loss and its gradient: blocks of rows give those of the whole batch."""

from __future__ import annotations

import pytest
import torch

from inrbench.activations.core.base import Domain, build
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.engine.engine import choose_engine
from inrbench.bench.training import objective
from inrbench.bench.training.objective import Objective
from tests.bench.training.problems import OPERATORS, SHAPE, problem, whole_batch


def check_gradient(name: str, operator: str, rows: int, large: bool = False) -> None:
    """Loss and gradients in blocks against those of the whole batch."""
    case = problem(OPERATORS[operator]())
    activation = Plugins().activations.get(name)()
    network = build(activation, Domain(2, 2, SHAPE), width=16, depth=3, seed=3)
    expected_loss, expected = whole_batch(network, case)
    loss = Objective(case, rows).backward(choose_engine(network, case.coords, large=large))
    torch.testing.assert_close(loss, expected_loss.detach(), rtol=1e-5, atol=1e-7)
    scale = max(float(g.abs().max()) for g in expected)
    for parameter, gradient in zip(network.parameters(), expected, strict=True):
        found = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        assert float((found - gradient).abs().max()) < 1e-5 * scale


@pytest.mark.parametrize("rows", [1, 50, 192, 1000])
@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("operator", OPERATORS)
def test_blocks_of_any_size_give_the_gradient_of_the_whole_batch(
    operator: str, keep: bool, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not keep:
        monkeypatch.setattr(objective, "KEEP_BYTES", 0)
    check_gradient("siren", operator, rows)


@pytest.mark.parametrize("name", Plugins().activations.names())
def test_every_activation_has_the_gradient_of_the_whole_batch(name: str) -> None:
    check_gradient(name, "area", 50)


@pytest.mark.needs_compiler
@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize(
    "name", ["siren", *(pytest.param(n, marks=pytest.mark.slow) for n in ("bw-relu", "finer", "gauss", "mfn", "wire"))]
)
def test_compiled_blocks_give_the_gradient_of_the_whole_batch(name: str, operator: str) -> None:
    check_gradient(name, operator, 50, large=True)
