"""Objectives with other losses, weights, total variation and operators that are not linear, against plain autograd."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from inrbench.activations.core.base import Domain, build
from inrbench.activations.core.variation import total_variation
from inrbench.bench.config import expand
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Train
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.config.suite import Suite
from inrbench.bench.engine.engine import AutogradEngine
from inrbench.bench.errors import BadInput
from inrbench.bench.training import objective as objectives
from inrbench.bench.training.objective import Objective
from inrbench.bench.training.run_job import attempt
from inrbench.tasks.core.base import Problem
from inrbench.tasks.core.losses import L1, L2, DataLoss, Huber, PoissonDeviance
from inrbench.tasks.core.operators import AreaAverage, Operator, adjoint_is_gradient, check_adjoint
from inrbench.tasks.signals.load import load
from tests.bench.training.jobs import CPU, PLUGINS, run, values
from tests.bench.training.problems import OPERATORS, SHAPE, problem

HELD = torch.arange(192) % 3 == 0
LOSSES: list[DataLoss] = [
    L2(),
    L1(),
    Huber(delta=0.2),
    PoissonDeviance(),
    L2(weighted=True),
    Huber(delta=0.2, weighted=True),
]


class Counts(Operator):
    """Expected counts behind an absorber: not linear."""

    linear = False
    in_rows = out_rows = 192

    def forward(self, x: Tensor) -> Tensor:
        return 50 * torch.exp(-x)


def case_of(operator: str) -> Problem:
    case = problem(Counts() if operator == "counts" else OPERATORS[operator]())
    weights = torch.rand(len(case.measured), 1, generator=torch.Generator().manual_seed(1))
    return replace(case, weights=weights / weights.mean())


@pytest.mark.parametrize("held", [None, HELD])
@pytest.mark.parametrize("tv", [None, 0.01])
@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@pytest.mark.parametrize("operator", [*OPERATORS, "counts"])
def test_loss_and_gradient_are_those_of_the_whole_batch(
    operator: str, loss: DataLoss, tv: float | None, held: Tensor | None
) -> None:
    case = case_of(operator)
    mask = None if held is None else held[: len(case.measured)]
    network = build(PLUGINS.activations.get("siren")(), Domain(2, 2, SHAPE), width=16, depth=3, seed=3)
    objective, engine = Objective(case, 50, mask, loss=loss, tv=tv), AutogradEngine(network)
    whole = network(case.coords)
    terms = loss.terms(case.operator.forward(whole), case.measured)
    if loss.weighted:
        assert case.weights is not None
        terms = terms * case.weights
    expected = (terms if mask is None else terms[~mask]).mean()
    trained = expected if tv is None else expected + tv * total_variation(whole, SHAPE)
    wanted = torch.autograd.grad(trained, list(network.parameters()))
    torch.testing.assert_close(objective.backward(engine), expected.detach(), rtol=1e-5, atol=1e-7)
    scale = max(float(g.abs().max()) for g in wanted)
    for parameter, other in zip(network.parameters(), wanted, strict=True):
        assert parameter.grad is not None
        assert float((parameter.grad - other).abs().max()) < 1e-5 * scale
    scored, heldout = objective.losses(whole.detach(), engine)
    assert scored == pytest.approx(float(expected.detach()), rel=1e-5)
    if mask is not None:
        assert heldout == pytest.approx(float(terms[mask].mean().detach()), rel=1e-5)


def test_a_batch_has_the_weights_of_what_it_draws() -> None:
    case = case_of("identity")
    assert case.weights is not None
    network = build(PLUGINS.activations.get("siren")(), Domain(2, 2, SHAPE), width=16, depth=3, seed=3)
    objective = Objective(case, 50, batch=0.2, loss=L2(weighted=True))
    assert objective.batches is not None
    drawn = objective.batches.at(4)
    terms = (network(case.coords) - case.measured).square() * case.weights
    loss = objective.backward(AutogradEngine(network), step=4)
    torch.testing.assert_close(loss, terms[drawn].mean().detach(), rtol=1e-5, atol=1e-7)


def test_total_variation_needs_the_whole_grid_and_the_note_says_so() -> None:
    objective = Objective(case_of("mask"), batch=0.5, tv=0.1)
    assert objective.note == "batch 0.5: tv needs the whole grid, so every step trains on all"
    assert objective.evaluated == 192


def test_a_penalty_smooths_any_network() -> None:
    def slope(tv: float | None) -> float:
        outcome = run(activation="siren", tv=tv, lr=3e-3)
        (values,) = (arrays["reconstruction"] for arrays in outcome.arrays.values() if "reconstruction" in arrays)
        return float(total_variation(torch.from_numpy(values).reshape(-1, 1), (24, 24)))

    assert slope(1e-2) < 0.5 * slope(None)


def test_other_losses_are_trained_on_and_scored() -> None:
    least = {loss: values(run(loss=loss, lr=3e-3), "loss") for loss in (None, "l1", "huber")}
    assert all(losses[-1] < 0.5 * losses[0] for losses in least.values())
    assert len({losses[-1] for losses in least.values()}) == 3


def test_what_a_loss_cannot_do_is_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match="the loss poisson is for counts, and some measurements are negative"):
        run(loss="poisson")
    with pytest.raises(ValueError, match="gives its measurements no weights"):
        run(loss={"name": "l2", "weighted": True})
    with pytest.raises(ValueError, match=r"stop: discrepancy needs .* here it is huber"):
        run(loss="huber", stop="discrepancy")


def test_stopping_by_discrepancy_follows_the_loss() -> None:
    for loss, level in (("l1", 0.1 * (2 / 3.14159265) ** 0.5), ("l2", 0.01)):
        outcome = run(loss=loss, stop="discrepancy", lr=3e-3)
        curve = sorted({(score.step, score.value) for score in outcome.scores if score.metric == "loss"})
        expected = next((step for step, value in curve if value <= level), curve[-1][0])
        assert outcome.chosen_step == expected < 200


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("l3", "a loss is l2, l1, huber or poisson"),
        ({"name": "l2", "delta": 0.1}, "delta has no effect on the loss l2"),
        ({"name": "huber", "delta": 0.0}, "out of range"),
        ({"delta": 0.1}, "a loss is l2, l1, huber or poisson"),
        (3, "not a mapping"),
    ],
)
def test_other_settings_of_a_loss_are_refused(loss: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message) as error:
        validated(Train, {"steps": 1, "loss": loss}, "s.yaml", "train")
    assert "\n" not in str(error.value)


def test_a_name_is_short_for_a_mapping_and_no_loss_changes_no_identity() -> None:
    assert Train(steps=1, loss="l1").text == Train(steps=1, loss={"name": "l1"}).text  # type: ignore[arg-type]
    assert "loss" not in Train(steps=1).text
    assert "tv" not in Train(steps=1).text


def test_residuals_have_a_loss_of_their_own() -> None:
    suite = {
        "suite": "s",
        "model": {"width": 8},
        "train": {"steps": 1, "loss": "l1"},
        "tasks": {"helmholtz": {}},
        "activations": {"siren": {}},
    }
    with pytest.raises(BadInput, match=r"train\.loss has no meaning for task helmholtz"):
        expand.jobs(validated(Suite, suite, "s"), PLUGINS, "s")


GHOST = """
from inrbench.tasks.core.base import Problem, Task, grid_coords, picture
from inrbench.tasks.core.operators import AreaAverage, Operator, adjoint_is_gradient, check_adjoint
from inrbench.tasks.signals.load import load

class Twice(Operator):
    def __init__(self, shape):
        self.shift, self.in_rows, self.out_rows = 8 * shape[1], shape[0] * shape[1], shape[0] * shape[1]
    def forward(self, x):
        return (x + x.roll(self.shift, 0)) / 2
    def adjoint(self, y):
        return (y + y.roll(SIGN * self.shift, 0)) / 2

class Ghost(Task):
    name, label, version = "ghost", "Ghost", 1
    def signals(self): return ("camera",)
    def problem(self, signal, seed):
        truth, shape = picture(signal, 48)
        operator = Twice(shape)
        return Problem(grid_coords(shape), operator, operator.forward(truth), truth, shape)
"""


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_wrong_adjoint_fails_the_job_with_one_line(sign: int, tmp_path: Path) -> None:
    (tmp_path / "ghost.py").write_text(GHOST.replace("SIGN", str(sign)))
    plugins = Plugins([tmp_path / "ghost.py"])
    suite = {
        "suite": "s",
        "repeats": 1,
        "model": {"depth": 2, "width": 16},
        "train": {"steps": 5},
        "tasks": {"ghost": {}},
        "activations": {"siren": {}},
    }
    (job,) = expand.jobs(validated(Suite, suite, "s"), plugins, "s")
    outcome = attempt(job, plugins, CPU, lambda _: None)
    assert outcome.status == ("ok" if sign < 0 else "error")
    if sign > 0:
        assert str(outcome.error).startswith("ValueError: Twice.adjoint is not the adjoint of forward, it is off by ")


SHIPPED: dict[str, dict[str, Any]] = {
    "superres": {"size": (16, 24)},
    "ct": {"size": 16, "angles": 6},
    "ct3d": {"size": 16, "views": 4},
    "mri": {"size": 16},
    "deblur": {"size": 32},
    "poisson": {"size": 16},
    "multi-superres": {"size": (16, 24)},
}


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("name", SHIPPED)
def test_the_adjoint_gives_the_bits_of_autograd(name: str, held: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Training takes it where it does, for a step without a graph, also of a batch and with measurements held out."""
    task = PLUGINS.tasks.get(name)(**SHIPPED[name])
    case = task.problem(load(task.signals()[0]), 0)
    mask = torch.arange(len(case.measured)) % 3 == 0 if held else None
    batch = 0.5 if case.operator.group else None
    fast = Objective(case, held_out=mask, batch=batch)
    monkeypatch.setattr(objectives, "adjoint_is_gradient", lambda *_: False)
    slow = Objective(case, held_out=mask, batch=batch)
    monkeypatch.setattr(slow, "_of_least_squares", None)
    drawn = fast.batches.at(3) if fast.batches else None
    values = torch.rand(case.truth.shape, generator=torch.Generator().manual_seed(0))
    assert adjoint_is_gradient(case.operator, case.truth.shape[1])
    for ours, autograd in zip(
        fast.loss_and_gradient(values, drawn), slow.loss_and_gradient(values, drawn), strict=True
    ):
        assert torch.equal(ours, autograd)


class Doubled(AreaAverage):
    """Its adjoint is right to rounding alone."""

    def adjoint(self, y: Tensor) -> Tensor:
        return super().adjoint(y / 3) * 3


@pytest.mark.parametrize("operator", [Counts(), Doubled(SHAPE, 4)])
def test_an_adjoint_of_other_bits_is_left_to_classical_methods(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_adjoint(operator, 2)
    objective = Objective(problem(operator))
    monkeypatch.setattr(type(operator), "adjoint", None)
    loss, gradient = objective.loss_and_gradient(problem(operator).truth + 1)
    assert loss > 0
    assert gradient.shape == (192, 2)
