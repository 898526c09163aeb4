"""The training loop: blocks give the gradient of the whole batch, and checkpoints are where they should be."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from activations.core.base import Domain, build
from bench.config.plugins import Plugins
from bench.config.settings import Train
from bench.engine.engine import AutogradEngine, choose_engine
from bench.training import descent as training
from bench.training.descent import Descent, checkpoints, evaluate, optimizer
from bench.training.objective import Objective
from tasks.core.base import Problem, grid_coords
from tasks.core.operators import Identity
from tests.bench.training.problems import OPERATORS, SHAPE, problem


@pytest.mark.parametrize(
    ("name", "operator"),
    [*((name, "area") for name in Plugins().activations.names()), *(("siren", operator) for operator in OPERATORS)],
)
def test_bfloat16_trains_nearly_as_float32_does(name: str, operator: str) -> None:
    case, domain = problem(OPERATORS[operator]()), Domain(2, 2, SHAPE)
    losses, values = {}, {}
    for precision in (None, "bf16"):
        network = build(Plugins().activations.get(name)(), domain, width=16, depth=2, seed=3)
        engine = choose_engine(network, case.coords, large=False, precision=precision)
        run = [float(loss) for loss in Descent(engine, Objective(case, 50), Train(steps=5, lr=1e-3))]
        values[precision] = evaluate(engine, case.coords, 50)
        assert all(p.dtype == torch.float32 for p in network.parameters())
        losses[precision] = run
    assert values["bf16"].dtype == torch.float32
    assert losses["bf16"] == pytest.approx(losses[None], rel=0.05)
    assert losses["bf16"] != losses[None]


@given(st.integers(1, 1_000_000), st.integers(1, 60))
def test_checkpoints_rise_to_the_last_step(total: int, count: int) -> None:
    points = checkpoints(total, count)
    assert points[-1] == total
    assert points == sorted(set(points))
    assert points[0] >= 1
    assert len(points) <= count + 1


def test_checkpoints_are_log_spaced() -> None:
    points = checkpoints(10_000)
    assert points[0] == 1
    late = [b / a for a, b in pairwise(points[8:])]
    assert max(late) / min(late) < 1.1


def test_the_learning_rate_falls_by_its_declared_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    real = training.optimizer

    def spy(network: torch.nn.Module, train: Train) -> torch.optim.Optimizer:
        adam = real(network, train)
        adam.register_step_pre_hook(lambda opt, *_: seen.append(opt.param_groups[0]["lr"]))
        return adam

    monkeypatch.setattr(training, "optimizer", spy)
    network = torch.nn.Linear(2, 2)
    for _ in Descent(
        AutogradEngine(network), Objective(problem(Identity(192)), 64), Train(steps=10, lr=0.1, lr_decay=0.01)
    ):
        pass
    assert seen == pytest.approx([0.1 * 0.01 ** (step / 10) for step in range(10)])


def test_training_lowers_the_loss_and_evaluation_ignores_blocks() -> None:
    smooth = grid_coords(SHAPE)
    case = Problem(smooth, Identity(192), smooth, smooth, SHAPE)
    network = torch.nn.Sequential(torch.nn.Linear(2, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))
    engine = AutogradEngine(network, threads=2)
    losses = [float(loss) for loss in Descent(engine, Objective(case, 64), Train(steps=50, lr=1e-2))]
    assert losses[-1] < 0.5 * losses[0]
    torch.testing.assert_close(evaluate(engine, case.coords, 7), network(case.coords).detach())


def test_weight_decay_is_decoupled_and_off_by_default() -> None:
    network = torch.nn.Linear(2, 2)
    assert type(optimizer(network, Train(steps=1))) is torch.optim.Adam
    assert type(optimizer(network, Train(steps=1, weight_decay=0.1))) is torch.optim.AdamW


@pytest.mark.needs_compiler
@pytest.mark.parametrize("operator", OPERATORS)
def test_training_is_the_same_on_every_engine(operator: str) -> None:
    case = problem(OPERATORS[operator]())
    found = []
    for large in (False, True):
        network = build(Plugins().activations.get("siren")(), Domain(2, 2, SHAPE), width=16, depth=2, seed=3)
        engine = choose_engine(network, case.coords, large=large)
        losses = [float(loss) for loss in Descent(engine, Objective(case, 50), Train(steps=20, lr=1e-3))]
        found.append((losses, evaluate(engine, case.coords, 50)))
    (slow, slow_values), (fast, fast_values) = found
    assert fast == pytest.approx(slow, rel=1e-3)
    torch.testing.assert_close(fast_values, slow_values, rtol=0, atol=1e-3)


@pytest.mark.parametrize("large", [False, pytest.param(True, marks=pytest.mark.needs_compiler)])
@pytest.mark.parametrize("name", ["siren", "mfn"])
def test_the_same_seed_gives_the_same_bits(name: str, large: bool) -> None:
    case = problem(Identity(192))

    def trained() -> torch.Tensor:
        network = build(Plugins().activations.get(name)(), Domain(2, 2, SHAPE), width=16, depth=2, seed=3)
        engine = choose_engine(network, case.coords, large=large)
        for _ in Descent(engine, Objective(case, 50), Train(steps=20)):
            pass
        return evaluate(engine, case.coords, 50)

    assert torch.equal(trained(), trained())
