"""Every task of the registry conforms, and each kind of mistake is found by the check for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Self

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from inrbench.bench.config.plugins import Plugins
from inrbench.checks import Finding, Skip, run_check
from inrbench.tasks.core import conformance
from inrbench.tasks.core.base import Baseline, Problem, Task, grid_coords, noise_like, picture
from inrbench.tasks.core.operators import Identity, Operator
from inrbench.tasks.signals.signal import Signal

TASKS = [task for name in Plugins().tasks.names() for task in Plugins().tasks.get(name).small()]


@pytest.mark.parametrize("check", conformance.CHECKS)
@pytest.mark.parametrize("task", TASKS, ids=repr)
def test_every_task_conforms(task: Task, check: conformance.Check) -> None:
    try:
        check(task)
    except Skip as reason:
        pytest.skip(str(reason))


def test_every_task_is_checked_in_all_that_it_has() -> None:
    """A check may be skipped on some variant, as exact data have no noise, and not on all of them."""
    skipped: dict[str, int] = {}
    for task in (task for task in TASKS if task.name in ("denoise", "superres", "image")):
        for finding in conformance.check(task):
            assert finding.ok
            skipped[finding.name] = skipped.get(finding.name, 0) + (finding.status == "skipped")
    assert {name for name, count in skipped.items() if count} == {"noise", "baselines"}


# -- mistakes ----------------------------------------------------------------------------------------------------------


class Plain(Task):
    """Every pixel is measured, with noise."""

    name, label, version = "plain", "Plain", 1

    std: float = 0.1

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(),)

    def signals(self) -> tuple[str, ...]:
        return ("camera",)

    @property
    def random(self) -> bool:
        return True

    def problem(self, signal: Signal, seed: int) -> Problem:
        truth, shape = picture(signal, 16)
        measured = truth + noise_like(truth, self.std, seed)
        return Problem(grid_coords(shape), Identity(len(truth)), measured, truth, shape, noise_std=self.std)

    def baselines(self) -> Mapping[str, Baseline]:
        return {"noisy": lambda problem: problem.grid(problem.measured)}


class Global(Plain):
    def problem(self, signal: Signal, seed: int) -> Problem:
        problem = super().problem(signal, seed)
        return replace(problem, measured=problem.truth + 0.1 * torch.randn_like(problem.truth))


class GlobalOfNumpy(Plain):
    def problem(self, signal: Signal, seed: int) -> Problem:
        problem = super().problem(signal, seed)
        noise = np.random.normal(size=tuple(problem.truth.shape))  # noqa: NPY002 - the mistake
        return replace(problem, measured=problem.truth + 0.1 * torch.from_numpy(noise).float())


class SeedUnused(Plain):
    def problem(self, signal: Signal, seed: int) -> Problem:
        return super().problem(signal, 0)


class SeedUnusedAndSaid(SeedUnused):
    @property
    def random(self) -> bool:
        return False


class NotCalledRandom(Plain):
    @property
    def random(self) -> bool:
        return False


class TruthOfTheSeed(Plain):
    def problem(self, signal: Signal, seed: int) -> Problem:
        problem = super().problem(signal, seed)
        return replace(problem, truth=problem.truth.roll(seed % 5, 0))


class NoiseInPercent(Plain):
    def problem(self, signal: Signal, seed: int) -> Problem:
        return replace(super().problem(signal, seed), noise_std=10.0)


class NoiseNotDeclared(Plain):
    def problem(self, signal: Signal, seed: int) -> Problem:
        return replace(super().problem(signal, seed), noise_std=None)


class Double(Plain):
    def problem(self, signal: Signal, seed: int) -> Problem:
        problem = super().problem(signal, seed)
        return replace(problem, measured=problem.measured.double())


class Complex(Plain):
    def problem(self, signal: Signal, seed: int) -> Problem:
        problem = super().problem(signal, seed)
        return replace(problem, measured=problem.measured.to(torch.complex64))


class Flat(Plain):
    """Coordinates of another grid."""

    def problem(self, signal: Signal, seed: int) -> Problem:
        problem = super().problem(signal, seed)
        return replace(problem, coords=problem.coords * 16)


class Shifted(Operator):
    """A mean of neighbours with the wrong sign of the shift in its adjoint."""

    def __init__(self, n: int) -> None:
        self.in_rows = self.out_rows = n

    def forward(self, x: Tensor) -> Tensor:
        return (x + x.roll(1, 0)) / 2

    def adjoint(self, y: Tensor) -> Tensor:
        return (y + y.roll(1, 0)) / 2


class WrongAdjoint(Plain):
    def problem(self, signal: Signal, seed: int) -> Problem:
        problem = super().problem(signal, seed)
        operator = Shifted(len(problem.truth))
        measured = operator.forward(problem.truth) + problem.measured - problem.truth
        return replace(problem, operator=operator, measured=measured)


class Overwrites(Plain):
    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        values.clamp_(0, 1)
        return super().score(problem, values)


class Backwards(Plain):
    metrics = ("mse",)

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        return {"mse": -super().score(problem, values)["mse"]}


class NoHeadline(Plain):
    metrics = ("psnr", "lpips")

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        return {"psnr": 1.0}


class BadBaseline(Plain):
    def baselines(self) -> Mapping[str, Baseline]:
        def random(problem: Problem) -> NDArray[np.float32]:
            return torch.rand(*problem.shape, 1).numpy()

        return {"random": random}


class WeightsOfTwo(Plain):
    def problem(self, signal: Signal, seed: int) -> Problem:
        problem = super().problem(signal, seed)
        return replace(problem, weights=2 * torch.ones_like(problem.measured))


class Orders(Plain):
    @property
    def derivatives(self) -> int:
        return 2


class Shout(Plain):
    name = "Plain!"


class Loose(Plain):
    model_config = {"extra": "ignore", "frozen": True}


def test_a_task_without_mistakes_conforms() -> None:
    assert [finding for finding in conformance.check(Plain()) if finding.status != "passed"] == []


@pytest.mark.parametrize(
    ("task", "check", "message"),
    [
        (Global(), "seed", "it draws from torch's global generator"),
        (GlobalOfNumpy(), "seed", "one seed gives two problems; draw all random numbers by the seed"),
        (SeedUnused(), "random", "all seeds give the same data, and random is True"),
        (SeedUnusedAndSaid(), "random", "the noise is the same for all seeds"),
        (NotCalledRandom(), "random", "the data depend on the seed, and random is False"),
        (TruthOfTheSeed(), "seed", "the truth depends on the seed"),
        (NoiseInPercent(), "noise", "noise_std is 10; its unit is that of the measurements"),
        (NoiseNotDeclared(), "noise", "the measurements of two seeds differ by up to"),
        (Double(), "shapes", "measured is torch.float64; end with .float()"),
        (Complex(), "shapes", "measured is complex, and all here is real"),
        (Flat(), "shapes", "coords leave [-1, 1]"),
        (WrongAdjoint(), "operator", "Shifted.adjoint is not the adjoint of forward"),
        (Overwrites(), "scores", "score changes the values that it is given"),
        (Backwards(), "scores", "mse is -0 for the truth"),
        (NoHeadline(), "scores", "score lacks ['lpips'] of metrics"),
        (BadBaseline(), "baselines", "random gives other values at its second call"),
        (WeightsOfTwo(), "loss", "weights need a mean of 1"),
        (Orders(), "derivatives", "derivatives is 2, and its residuals need 0"),
        (Shout(), "identity", "must be lower case letters"),
        (Loose(), "configuration", "an unknown parameter is accepted"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Task) else None,
)
def test_a_mistake_is_found(task: Task, check: str, message: str) -> None:
    conformance.problem_of.cache_clear()
    findings: dict[str, Finding] = {finding.name: finding for finding in conformance.check(task)}
    assert findings[check].status == "failed"
    assert message in findings[check].message
    assert "\n" not in findings[check].message


def test_a_moved_operator_keeps_its_class() -> None:
    made = {"adjoint": Operator.adjoint, "to": lambda self, device: Identity(self.in_rows)}
    right = type("Right", (Shifted,), made)

    class Moves(WrongAdjoint):
        def problem(self, signal: Signal, seed: int) -> Problem:
            problem = super().problem(signal, seed)
            return replace(problem, operator=right(len(problem.truth)))

    finding = run_check(conformance.check_operator, Moves())
    assert finding.message == "operator.to gives a Identity, not a Right"
