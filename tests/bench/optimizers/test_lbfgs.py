"""L-BFGS: it solves what it should, each pass is counted, and none is repeated at the same parameters."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import nn

from inrbench.bench.config.settings import Train
from inrbench.bench.engine.engine import AutogradEngine
from inrbench.bench.optimizers.lbfgs import Lbfgs
from inrbench.bench.training.descent import Descent
from inrbench.bench.training.objective import Objective
from inrbench.tasks.core.operators import Identity
from tests.bench.training.jobs import run, values
from tests.bench.training.problems import problem, whole_batch


def descent(network: nn.Module, steps: int, lbfgs: Lbfgs | None = None, penalty: float | None = None) -> Descent:
    def term(network: nn.Module) -> torch.Tensor | None:
        return (
            None
            if penalty is None
            else penalty * sum((p.square().sum() for p in network.parameters()), torch.zeros(()))
        )

    train = Train(steps=steps, lr=1.0, schedule="constant")
    return Descent(
        AutogradEngine(network), Objective(problem(Identity(192)), 64), train, term, optimizer=lbfgs or Lbfgs()
    )


def test_a_least_squares_problem_is_solved_as_by_linear_algebra() -> None:
    case = problem(Identity(192))
    design = torch.cat([case.coords, torch.ones(192, 1)], dim=1)
    expected = torch.linalg.lstsq(design, case.measured).solution
    network = nn.Linear(2, 2)
    for _ in descent(network, 12):
        pass
    found = torch.cat([network.weight.detach().T, network.bias.detach()[None]])
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_a_penalty_is_part_of_what_the_line_search_lowers() -> None:
    case = problem(Identity(192))
    network = nn.Linear(2, 2)
    for _ in descent(network, 15, penalty=0.3):
        pass
    loss, gradients = whole_batch(network, case)
    for p, g in zip(network.parameters(), gradients, strict=True):
        torch.testing.assert_close(g + 0.6 * p.detach(), torch.zeros_like(p), rtol=0, atol=1e-4)
    assert float(loss.detach()) > 0


def test_every_pass_is_counted_and_none_is_repeated() -> None:
    network = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
    at: list[torch.Tensor] = []
    network.register_forward_hook(
        lambda module, *_: at.append(torch.cat([p.detach().flatten() for p in module.parameters()]))
    )
    training = descent(network, 30)
    losses = [float(loss) for loss in training]
    blocks = 3  # of 64 rows
    assert len(at) == blocks * training.passes
    assert training.passes >= training.step == 30
    points = at[::blocks]
    assert not any(torch.equal(a, b) for a, b in itertools.pairwise(points))
    assert losses == sorted(losses, reverse=True)  # a line search never makes it worse
    assert losses[-1] < 0.9 * losses[0]


def test_a_step_that_cannot_be_taken_starts_anew_from_the_steepest_descent() -> None:
    network = nn.Linear(2, 2)
    training = descent(network, 60)  # far beyond what float32 can lower
    losses = [float(loss) for loss in training]
    assert training.step == 60
    assert losses[-1] <= losses[20]


def test_the_passes_of_a_job_are_stored_at_every_eval_step() -> None:
    found = run(task="image", optimizer="lbfgs", lr=1.0, steps=20)
    passes = values(found, "passes")
    assert found.passes is not None
    assert found.steps == 20
    assert passes[-1] == found.passes > 20
    assert passes == sorted(passes)
    adam = run(task="image", steps=20)
    assert adam.passes == adam.steps == 20
    assert values(adam, "passes") == []


@pytest.mark.parametrize("line_search", ["strong_wolfe", "none"])
def test_without_a_line_search_a_step_is_a_pass(line_search: str) -> None:
    training = descent(nn.Linear(2, 2), 8, Lbfgs.model_validate({"line_search": line_search}))
    for _ in training:
        pass
    assert (training.passes == 8) is (line_search == "none")
