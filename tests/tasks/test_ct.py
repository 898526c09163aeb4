"""Computed tomography: angles, noise, limits, and the order of the classical methods."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks import ct
from inrbench.tasks.core.radon import Radon
from inrbench.tasks.ct import CT
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError


def scores(task: CT, name: str) -> dict[str, float]:
    problem = task.problem(load(name), seed=0)
    return {
        method: task.score(problem, torch.from_numpy(baseline(problem)).reshape(-1, 1))["psnr"]
        for method, baseline in task.baselines().items()
    }


def test_the_default_problem() -> None:
    problem = CT().problem(load("ct-small"), seed=0)
    assert problem.shape == (128, 128)
    assert isinstance(problem.operator, Radon)
    assert problem.operator.angles.tolist() == [3.0 * k for k in range(60)]
    assert problem.measured.shape == (60 * problem.operator.detectors, 1)
    assert problem.operator.rows is None


def test_baselines_of_the_default_slice() -> None:
    found = scores(CT(), "ct-small")
    assert found["fbp"] > 30
    assert found["tv"] > found["fbp"] + 5


def test_tv_beats_fbp_on_few_angles() -> None:
    found = scores(CT(size=64, angles=15), "shepp-logan")
    assert found["tv"] > found["fbp"] + 5


def test_noise_is_a_share_of_the_largest_value() -> None:
    task = CT(size=64, noise=0.05)
    problem = task.problem(load("ct-head"), seed=0)
    exact = problem.operator.forward(problem.truth)
    assert float((problem.measured - exact).std()) == pytest.approx(0.05 * float(exact.max()), rel=0.03)
    assert problem.noise_std == pytest.approx(0.05 * float(exact.max()))
    assert CT(size=64).problem(load("ct-head"), seed=0).noise_std is None
    assert task.random
    assert not CT().random


def test_colour_is_refused() -> None:
    with pytest.raises(SignalError, match="'coffee' has 3 channels and CT needs one"):
        CT(size=32).problem(load("coffee"), seed=0)


def test_a_matrix_that_32_bits_cannot_count_is_refused_before_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ct, "Radon", None)
    with pytest.raises(SignalError, match=r"'ct-head' of 512 x 512 pixels with 3000 angles .* lower size or angles"):
        CT(angles=3000).problem(load("ct-head"), seed=0)


@pytest.mark.parametrize("bad", [{"angles": 0}, {"angles": 2.0}, {"noise": -0.1}, {"tv_weight": 0}])
def test_bad_parameters_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CT.model_validate(bad)
