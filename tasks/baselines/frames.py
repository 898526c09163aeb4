"""Classical methods for video: interpolation in time, a static picture for each readout, total variation."""

from __future__ import annotations

import numpy as np
import scipy
import torch
from numpy.typing import NDArray

from inrbench.tasks.baselines import total_variation
from inrbench.tasks.core.base import Problem
from inrbench.tasks.core.exposure import CodedExposure

Floats = NDArray[np.float64]


def nearest_frame(problem: Problem) -> NDArray[np.float32]:
    """The nearest measured frame, of two at the same distance the earlier one: (T, H, W, C)."""
    at, values = _measured_frames(problem)
    distance = np.abs(np.arange(problem.shape[0])[:, None] - at)
    estimate: NDArray[np.float32] = values[distance.argmin(axis=1)].astype(np.float32)
    return estimate


def linear_in_time(problem: Problem) -> NDArray[np.float32]:
    """Linear interpolation between the measured frames, pixel by pixel: (T, H, W, C)."""
    at, values = _measured_frames(problem)
    estimate: Floats = scipy.interpolate.make_interp_spline(at, values, k=1, axis=0)(np.arange(problem.shape[0]))
    return estimate.astype(np.float32)


def static(problem: Problem, group: int) -> NDArray[np.float32]:
    """One picture for all frames of a readout, the coded exposure itself: (T, H, W, C)."""
    with torch.no_grad():
        spread = problem.grid(problem.operator.adjoint(problem.measured))
    frames = spread.shape[0]
    readouts = spread.reshape(frames // group, group, *spread.shape[1:]).sum(axis=1)
    estimate: NDArray[np.float32] = readouts.repeat(group, axis=0)
    return estimate


def tv(problem: Problem, weight: float, group: int) -> NDArray[np.float32]:
    """Total variation over time and both axes of the picture from `static` on: (T, H, W, C)."""
    operator = problem.operator
    norm = operator.square_norm if isinstance(operator, CodedExposure) else 1.0
    return total_variation.tv(problem, weight, static(problem, group), square_norm=norm, iterations=100)


def _measured_frames(problem: Problem) -> tuple[NDArray[np.int64], Floats]:
    """Indices of the measured frames, (F,), and their values, (F, H, W, C)."""
    measured = ~problem.unseen().reshape(problem.shape)
    at = np.flatnonzero(measured.all(axis=(1, 2)))
    values = problem.measured.cpu().double().numpy().reshape(len(at), *problem.shape[1:], -1)
    return at, values
