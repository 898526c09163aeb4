"""Classical interpolation between measured grid points, for all tasks with a `Mask` operator.

Distances are measured in grid steps, so that they do not depend on the number of points along an axis.
"""

from __future__ import annotations

import numpy as np
import scipy  # its parts load at first use, which saves every start of a process most of a second
import torch
from numpy.typing import NDArray

from inrbench.tasks.core.base import Problem
from inrbench.tasks.core.operators import Mask


def nearest(problem: Problem) -> NDArray[np.float32]:
    """Nearest-neighbour interpolation: (*shape, C), each point with the value of the nearest measured point."""
    at, values, steps = _measured(problem)
    _, index = scipy.spatial.cKDTree(at).query(steps)
    return _grid(problem, values[index])


def linear(problem: Problem) -> NDArray[np.float32]:
    """Linear interpolation: (*shape, C).

    It is between neighbours in one dimension and over the Delaunay triangulation of the measured points in more.
    Outside their convex hull it is the `nearest` value, because nothing is extrapolated; so it is everywhere where too
    few points, or points on one line or plane, have no triangulation.
    """
    at, values, steps = _measured(problem)
    if at.shape[1] == 1:
        columns = [np.interp(steps[:, 0], at[:, 0], column) for column in values.T]
        return _grid(problem, np.stack(columns, axis=1))
    if _flat(at):
        return nearest(problem)
    estimate = scipy.interpolate.LinearNDInterpolator(at, values)(steps)
    outside = np.isnan(estimate).any(axis=1)
    _, index = scipy.spatial.cKDTree(at).query(steps[outside])
    estimate[outside] = values[index]
    return _grid(problem, estimate)


def cubic(problem: Problem) -> NDArray[np.float32]:
    """Cubic spline through measured points in one dimension (not-a-knot): (N, C), constant outside their range."""
    at, values, steps = _measured(problem)
    spline = scipy.interpolate.CubicSpline(at[:, 0], values)
    return _grid(problem, spline(steps[:, 0].clip(at[0, 0], at[-1, 0])))


def bicubic_spline(problem: Problem) -> NDArray[np.float32]:
    """Cubic splines (not-a-knot) through pixels measured where some rows and columns cross: (H, W, C).

    The outermost cubics continue to the border of the picture, which is meant for a few pixels.
    """
    seen = ~problem.unseen().reshape(problem.shape)
    down, right = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    values = problem.measured.cpu().double().numpy().reshape(len(down), len(right), -1)
    for axis, at in enumerate((down, right)):
        values = scipy.interpolate.CubicSpline(at, values, axis=axis)(np.arange(problem.shape[axis]))
    return _grid(problem, values)


def biharmonic_spline(problem: Problem, neighbors: int = 32) -> NDArray[np.float32]:
    """Radial basis functions and a linear polynomial, r in three dimensions and r² log r in two: (*shape, C).

    This is the classical interpolant of signed distances [J. Carr et al., SIGGRAPH 2001], here of the ``neighbors``
    nearest measured points of each grid point instead of all, because the matrix of all would not fit into memory.
    Where the measured points do not determine a linear polynomial, it is the `nearest` value.
    """
    at, values, steps = _measured(problem)
    if _flat(at):
        return nearest(problem)
    kernel = "thin_plate_spline" if at.shape[1] == 2 else "linear"
    spline = scipy.interpolate.RBFInterpolator(at, values, neighbors=min(neighbors, len(at)), kernel=kernel, degree=1)
    return _grid(problem, spline(steps))


def _measured(problem: Problem) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Positions of the measured points (M, d) in grid steps, their values (M, C), and all grid points (N, d)."""
    assert isinstance(problem.operator, Mask)
    steps = np.indices(problem.shape).reshape(len(problem.shape), -1).T.astype(np.float64)
    return steps[problem.operator.rows.cpu().numpy()], problem.measured.cpu().double().numpy(), steps


def _flat(at: NDArray[np.float64]) -> bool:
    """Whether all points (M, d) lie on one line in the plane, or on one plane in space."""
    return bool(np.linalg.matrix_rank(at - at[0]) < at.shape[1])


def _grid(problem: Problem, values: NDArray[np.float64]) -> NDArray[np.float32]:
    return problem.grid(torch.from_numpy(np.ascontiguousarray(values)))
