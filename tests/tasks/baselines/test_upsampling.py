"""Upsampling: alignment on pixel centres, block means, and the usual order of the methods."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from inrbench.tasks.baselines.upsampling import bicubic, bicubic_of_first, nearest, shift_and_add
from inrbench.tasks.core.base import Problem, grid_coords
from inrbench.tasks.core.operators import AreaAverage
from inrbench.tasks.signals.load import load
from inrbench.tasks.superres import SuperRes


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


def test_of_one_frame_at_rest_the_methods_for_several_are_those_for_one() -> None:
    problem = SuperRes(size=(32, 48)).problem(load("coffee"), seed=0)
    np.testing.assert_array_equal(bicubic_of_first(problem, 4), bicubic(problem))
    np.testing.assert_allclose(shift_and_add(problem), nearest(problem), atol=1e-6)


def test_bicubic_of_first_does_not_use_the_other_frames() -> None:
    problem = ramp_problem()
    more = replace(problem, measured=torch.cat([problem.measured, torch.full((70, 2), 9.0)]))
    np.testing.assert_array_equal(bicubic_of_first(more, 4), bicubic(problem))
