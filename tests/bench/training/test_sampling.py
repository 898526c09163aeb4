"""Batches: what is drawn, the gradient of a draw, held-out measurements, and operators that mix rows."""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from inrbench.activations.core.base import Domain, build
from inrbench.bench.config.settings import Train
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.engine.engine import AutogradEngine, choose_engine
from inrbench.bench.errors import BadInput
from inrbench.bench.training import residual_loss
from inrbench.bench.training.objective import Objective
from inrbench.bench.training.result import Outcome
from inrbench.bench.training.sampling import Batches, batch_size, held_out
from tests.bench.training.jobs import CPU, PLUGINS, job, run, values
from tests.bench.training.problems import OPERATORS, SHAPE, problem

HELD = torch.arange(192) % 3 == 0


def batches(count: int, size: int, data_seed: int = 0) -> Batches:
    return Batches(count, size, data_seed, CPU)


# -- draws -------------------------------------------------------------------------------------------------------------


def test_a_draw_is_without_replacement_and_depends_on_step_and_data_seed_alone() -> None:
    one = batches(50, 20)
    first = one.at(7)
    assert len(first.unique()) == len(first) == 20
    assert int(first.min()) >= 0
    assert int(first.max()) < 50
    state = torch.get_rng_state()
    one.at(3)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(batches(50, 20).at(7), first)
    assert not torch.equal(one.at(8), first)
    assert not torch.equal(batches(50, 20, 1).at(7), first)


def test_all_measurements_have_their_turn() -> None:
    drawn = torch.bincount(torch.cat([batches(50, 10).at(step) for step in range(1000)]), minlength=50)
    assert 140 < int(drawn.min()) <= int(drawn.max()) < 260  # binomial, mean 200, standard deviation 12.6


@pytest.mark.parametrize(("batch", "size"), [(0.1, 10), (0.001, 1), (0.999, 100), (7, 7), (1, 1), (1000, 100)])
def test_a_share_or_a_number(batch: float | int, size: int) -> None:
    assert batch_size(batch, 100) == size


@pytest.mark.parametrize("batch", [0, -1, 0.0, 1.0, 1.5, 4096.0, float("nan"), True, "0.1"])
def test_what_is_neither_is_refused(batch: Any) -> None:
    with pytest.raises(ValidationError, match="a share between 0 and 1, or a whole number"):
        Train(steps=1, batch=batch)


# -- gradients ---------------------------------------------------------------------------------------------------------


def check_batch(operator: str, batch: float | int, held: Tensor | None, large: bool = False) -> None:
    """Loss and gradient of one step's batch against the plain loss over the rows that it draws."""
    case = problem(OPERATORS[operator]())
    mask = None if held is None else held[: len(case.measured)]
    network = build(PLUGINS.activations.get("siren")(), Domain(2, 2, SHAPE), width=16, depth=3, seed=3)
    objective = Objective(case, 50, mask, batch, data_seed=5)
    engine = choose_engine(network, case.coords, large=large)
    assert objective.batches is not None
    drawn = objective.batches.at(4)
    used = torch.ones(len(case.measured), dtype=torch.bool) if mask is None else ~mask
    if case.operator.group is None:
        rows = torch.nonzero(used)[:, 0][drawn]
        count = float(len(rows))
    else:
        rows = (drawn[:, None] * case.operator.group + torch.arange(case.operator.group)).flatten()
        rows = rows[used[rows]]
        count = float(used.sum()) * len(drawn) * case.operator.group / len(case.measured)
    residual = (case.operator.forward(network(case.coords)) - case.measured)[rows]
    expected = residual.square().sum() / (2 * count)
    wanted = torch.autograd.grad(expected, list(network.parameters()))
    loss = objective.backward(engine, step=4)
    torch.testing.assert_close(loss, expected.detach(), rtol=1e-5, atol=1e-8)
    scale = max(float(g.abs().max()) for g in wanted)
    for parameter, other in zip(network.parameters(), wanted, strict=True):
        assert parameter.grad is not None
        assert float((parameter.grad - other).abs().max()) < 1e-5 * scale


@pytest.mark.parametrize("held", [None, HELD])
@pytest.mark.parametrize(("operator", "batch"), [("identity", 0.3), ("mask", 10), ("radon", 0.4), ("identity", 1)])
def test_a_step_has_the_gradient_of_what_it_draws(operator: str, batch: float | int, held: Tensor | None) -> None:
    check_batch(operator, batch, held)


@pytest.mark.needs_compiler
@pytest.mark.parametrize("batch", [1, 2, 3, 0.3])
def test_compiled_code_takes_batches_of_any_size(batch: float | int) -> None:
    check_batch("identity", batch, None, large=True)


@pytest.mark.parametrize("held", [None, HELD])
@pytest.mark.parametrize("operator", ["identity", "mask", "radon"])
def test_the_mean_over_all_batches_is_the_whole_loss(operator: str, held: Tensor | None) -> None:
    """With batches of one measurement, or of one angle, all draws can be met."""
    case = problem(OPERATORS[operator]())
    mask = None if held is None else held[: len(case.measured)]
    network = build(PLUGINS.activations.get("relu")(), Domain(2, 2, SHAPE), width=8, depth=1, seed=3)
    engine = AutogradEngine(network)
    whole = Objective(case, 200, mask)
    size = case.operator.group or 1
    part = Objective(case, 200, mask, size)
    assert part.batches is not None
    first: dict[int, int] = {}
    for step in range(5000):
        first.setdefault(int(part.batches.at(step)), step)
    assert len(first) == part.batches.count
    losses = [float(part.backward(engine, step)) for step in first.values()]
    assert sum(losses) / len(losses) == pytest.approx(float(whole.backward(engine)), rel=1e-4)


@pytest.mark.parametrize("operator", OPERATORS)
def test_scored_losses_are_of_all_measurements(operator: str) -> None:
    case = problem(OPERATORS[operator]())
    network = build(PLUGINS.activations.get("siren")(), Domain(2, 2, SHAPE), width=8, depth=1, seed=3)
    engine, guess = AutogradEngine(network), torch.rand(192, 2)
    mask = HELD[: len(case.measured)]
    assert Objective(case, 50, mask, 0.3).losses(guess, engine) == Objective(case, 50, mask).losses(guess, engine)


def test_an_operator_that_mixes_rows_trains_on_all_and_says_so() -> None:
    case = problem(OPERATORS["area"]())
    objective = Objective(case, 50, batch=0.1)
    assert objective.note == "batch 0.1: AreaAverage mixes rows, so every step trains on all"
    assert not objective.sampled
    network = build(PLUGINS.activations.get("relu")(), Domain(2, 2, SHAPE), width=8, depth=1, seed=3)
    engine = AutogradEngine(network)
    assert torch.equal(objective.backward(engine), Objective(case, 50).backward(engine))


def test_a_batch_of_more_than_there_is_trains_on_all_and_says_so() -> None:
    objective = Objective(problem(OPERATORS["mask"]()), 50, batch=64)
    assert objective.note == "batch 64: every step trains on all 64 measurements"


# -- jobs --------------------------------------------------------------------------------------------------------------


def said(**settings: Any) -> tuple[Outcome, str]:
    """An outcome and what the job's log has."""
    log = io.StringIO()
    with contextlib.redirect_stdout(log):
        return run(**settings), log.getvalue()


def test_the_log_has_one_line_where_rows_are_mixed() -> None:
    assert said(task="superres", steps=3, batch=0.2)[1].count("mixes rows") == 1
    assert said(task="ct", steps=3, batch=0.2)[1] == ""


def test_a_batch_learns_and_is_part_of_the_identity() -> None:
    losses = values(run(task="image", batch=0.1), "loss")
    assert losses[-1] < 0.3 * losses[0]
    assert job(batch=0.1).job_id != job().job_id
    assert job(batch=None).job_id == job().job_id


def test_held_out_measurements_are_in_no_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is held out is replaced by huge values, which would be seen in the loss of any batch."""
    honest = run(task="denoise", holdout=0.5, batch=0.2)
    real = held_out

    def spoilt(job: Any, case: Any, share: float | None) -> Tensor | None:
        mask = real(job, case, share)
        case.measured[mask] = 1e6
        return mask

    monkeypatch.setattr(residual_loss, "held_out", spoilt)
    assert values(run(task="denoise", holdout=0.5, batch=0.2), "loss") == values(honest, "loss")


def test_all_activations_of_a_repeat_have_the_same_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, list[Tensor]] = {"siren": [], "relu": []}
    real = Batches.at
    for name, drawn in seen.items():
        monkeypatch.setattr(Batches, "at", lambda self, step, drawn=drawn: drawn.append(real(self, step)) or drawn[-1])
        run(task="image", activation=name, batch=0.1, steps=5)
    assert len(seen["siren"]) > 5
    assert all(torch.equal(*pair) for pair in zip(seen["siren"], seen["relu"], strict=True))


def test_training_stops_at_the_loss_of_all_and_not_at_that_of_a_lucky_batch() -> None:
    full = values(run(task="image", batch=0.02), "loss")
    stopped = run(task="image", batch=0.02, stop_loss=2 * full[-1])
    assert stopped.steps in range(10, 200, 10)
    assert values(stopped, "loss")[-1] <= 2 * full[-1]


def test_a_bad_batch_in_a_suite_is_one_clear_line() -> None:
    with pytest.raises(BadInput, match=re.escape("train.batch: 1.5: a batch is a share between 0 and 1")):
        validated(Train, {"steps": 1, "batch": 1.5}, "s.yaml", "train")
