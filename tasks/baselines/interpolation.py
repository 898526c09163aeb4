"""Classical interpolation between the grid points that were measured, for every task whose operator picks points."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline, LinearNDInterpolator
from scipy.spatial import cKDTree

from tasks.core.base import Problem
from tasks.core.operators import Mask


def nearest(problem: Problem) -> NDArray[np.float32]:
    """Every point the value of the nearest one that was measured: (*shape, C). Distances are counted in grid steps."""
    at, values, steps = _measured(problem)
    _, index = cKDTree(at).query(steps)
    return _grid(problem, values[index])


def linear(problem: Problem) -> NDArray[np.float32]:
    """Linear interpolation: (*shape, C).

    In one dimension between neighbours; in more over the Delaunay triangulation of the measured points. Beyond the
    outermost of them it is `nearest`.
    """
    at, values, steps = _measured(problem)
    if at.shape[1] == 1:
        columns = [np.interp(steps[:, 0], at[:, 0], column) for column in values.T]
        return _grid(problem, np.stack(columns, axis=1))
    found = LinearNDInterpolator(at, values)(steps)
    outside = np.isnan(found).any(axis=1)
    _, index = cKDTree(at).query(steps[outside])
    found[outside] = values[index]
    return _grid(problem, found)


def cubic(problem: Problem) -> NDArray[np.float32]:
    """The cubic spline through the measured points of one dimension (not-a-knot), constant beyond them: (N, C)."""
    at, values, steps = _measured(problem)
    spline = CubicSpline(at[:, 0], values)
    return _grid(problem, spline(steps[:, 0].clip(at[0, 0], at[-1, 0])))


def _measured(problem: Problem) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Where was measured, in grid steps; the values there; and every point of the grid, in grid steps."""
    assert isinstance(problem.operator, Mask)
    steps = np.indices(problem.shape).reshape(len(problem.shape), -1).T.astype(np.float64)
    return steps[problem.operator.rows.cpu().numpy()], problem.measured.cpu().double().numpy(), steps


def _grid(problem: Problem, values: NDArray[np.float64]) -> NDArray[np.float32]:
    return problem.grid(torch.from_numpy(np.ascontiguousarray(values)))
