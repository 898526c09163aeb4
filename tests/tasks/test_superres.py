"""Super-resolution: sizes that fit the blocks, and noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError
from inrbench.tasks.superres import SuperRes


def test_without_a_size_the_rest_at_the_bottom_and_the_right_is_cut() -> None:
    signal = load("chelsea")
    problem = SuperRes().problem(signal, seed=0)
    assert problem.shape == (300, 448)
    np.testing.assert_array_equal(problem.grid(problem.truth), signal.array[:, :448])


def test_a_size_that_leaves_a_rest_is_refused_with_the_remedy() -> None:
    with pytest.raises(SignalError, match=r"'chelsea' of 85 x 128 pixels .* set size: \[84, 128\]"):
        SuperRes(size=128).problem(load("chelsea"), seed=0)


def test_a_factor_larger_than_the_picture_is_refused() -> None:
    with pytest.raises(SignalError, match="smaller than a block of side 500"):
        SuperRes(factor=500).problem(load("text"), seed=0)


def test_noise_has_the_declared_spread() -> None:
    task = SuperRes(size=(96, 144), noise=0.1)
    problem = task.problem(load("coffee"), seed=0)
    noise = problem.measured - problem.operator.forward(problem.truth)
    assert float(noise.std()) == pytest.approx(0.1, rel=0.1)
    assert problem.noise_std == 0.1
    assert SuperRes(size=(96, 144)).problem(load("coffee"), seed=0).noise_std is None
    assert task.random


@pytest.mark.parametrize("bad", [{"factor": 1}, {"factor": 2.5}, {"noise": -1}, {"noise": float("nan")}, {"faktor": 2}])
def test_bad_parameters_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SuperRes.model_validate(bad)


def test_methods_that_meet_the_measurements_beat_the_interpolations() -> None:
    task = SuperRes(size=(48, 48), factor=2, tv_weight=1e-3, smooth=0.01)
    for name in ("camera", "astronaut"):
        problem = task.problem(load(name), seed=0)
        found = {}
        for method, baseline in task.baselines().items():
            values = torch.from_numpy(baseline(problem)).reshape(problem.truth.shape)
            found[method] = task.score(problem, values)["psnr"]
            misfit = float((problem.operator.forward(values) - problem.measured).square().mean().sqrt())
            assert (misfit < 5e-3) is (method in ("tv", "least-squares", "nearest")), method
        assert found["least-squares"] > found["bicubic"] > found["nearest"]


def test_without_weights_there_are_the_interpolations_alone() -> None:
    assert list(SuperRes().baselines()) == ["bicubic", "nearest"]
