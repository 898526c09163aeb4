"""Methods for video: interpolation between frames, static pictures, total variation of what does not move."""

from __future__ import annotations

import numpy as np
import torch

from inrbench.tasks.baselines.frames import linear_in_time, nearest_frame, static, tv
from inrbench.tasks.core.base import Problem, grid_coords
from inrbench.tasks.core.exposure import CodedExposure, random_bumps
from inrbench.tasks.core.operators import Mask

SHAPE = (8, 10, 12)


def coded(clip: torch.Tensor, opened: int) -> Problem:
    operator = CodedExposure(random_bumps(SHAPE, 4, opened, seed=0), 4)
    return Problem(grid_coords(SHAPE), operator, operator.forward(clip), clip, SHAPE)


def test_frames_between_measured_ones() -> None:
    clip = torch.rand(8 * 120, 3, generator=torch.Generator().manual_seed(0))
    rows = torch.arange(8 * 120).reshape(8, -1)[[0, 2, 5, 7]].reshape(-1)
    operator = Mask(len(clip), rows)
    problem = Problem(grid_coords(SHAPE), operator, operator.forward(clip), clip, SHAPE)
    frames = problem.grid(clip)
    linear, nearest = linear_in_time(problem), nearest_frame(problem)
    np.testing.assert_allclose(linear[1], (frames[0] + frames[2]) / 2, atol=1e-6)
    np.testing.assert_allclose(linear[3], (2 * frames[2] + frames[5]) / 3, atol=1e-6)
    np.testing.assert_array_equal(nearest[[1, 3, 4, 6]], frames[[0, 2, 5, 5]])
    for found in (linear, nearest):
        np.testing.assert_allclose(found[[0, 2, 5, 7]], frames[[0, 2, 5, 7]], atol=1e-6)


def test_static_is_exact_if_nothing_moves_within_a_readout() -> None:
    pictures = torch.rand(2, 1, 10, 12, 3, generator=torch.Generator().manual_seed(0))
    clip = pictures.expand(2, 4, 10, 12, 3).reshape(-1, 3)
    for opened in (1, 3):
        problem = coded(clip, opened)
        np.testing.assert_allclose(static(problem, 4), problem.grid(clip), atol=1e-6)


def test_total_variation_follows_an_edge_that_moves() -> None:
    time, _, column = np.indices(SHAPE)
    clip = torch.from_numpy((column < 2 + time).astype(np.float32)).reshape(-1, 1)
    problem = coded(clip, 2)
    errors = [np.square(found - problem.grid(clip)).mean() for found in (tv(problem, 1e-3, 4), static(problem, 4))]
    assert errors[0] < 0.6 * errors[1]
