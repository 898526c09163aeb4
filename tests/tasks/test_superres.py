import numpy as np
import pytest
import torch
from pydantic import ValidationError

from tasks.baselines.upsampling import bicubic, nearest
from tasks.core.base import Problem, grid_coords
from tasks.core.operators import AreaAverage
from tasks.signals.load import load
from tasks.signals.signal import SignalError
from tasks.superres import SuperRes


def ramp_problem() -> Problem:
    """A picture whose values are its coordinates, which any aligned interpolation gives back away from the border."""
    shape = (32, 48)
    truth = grid_coords(shape)
    operator = AreaAverage(shape, 4)
    return Problem(truth, operator, operator.forward(truth), truth, shape)


def test_bicubic_is_aligned_on_pixel_centres() -> None:
    problem = ramp_problem()
    inner = np.s_[8:-8, 8:-8]
    np.testing.assert_allclose(bicubic(problem)[inner], problem.grid(problem.truth)[inner], atol=1e-5)


def test_nearest_repeats_the_blocks() -> None:
    problem = ramp_problem()
    low = problem.measured.reshape(8, 12, 2).numpy()
    np.testing.assert_allclose(nearest(problem), low.repeat(4, axis=0).repeat(4, axis=1), atol=1e-6)


def test_baselines_of_coffee() -> None:
    task = SuperRes.model_validate({"size": [96, 144]})
    problem = task.problem(load("coffee"), seed=0)
    assert problem.operator.out_rows == 24 * 36
    scores = {
        name: task.score(problem, torch.from_numpy(baseline(problem)).reshape(-1, 3))["psnr"]
        for name, baseline in task.baselines().items()
    }
    assert scores["bicubic"] > scores["nearest"] + 0.5
    assert scores["nearest"] > 18


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
