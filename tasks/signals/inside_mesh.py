"""Point-in-solid test on a regular grid for closed triangle meshes.

It is exact and vectorised over the lines of the grid, so that it needs no tree of triangles and no ray-casting library.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.signal import SignalError

MARGIN = 0.9
"""A solid is centred and scaled so that the longest side of its bounding box is [-MARGIN, MARGIN]."""


class Solid:
    """Indicator function of the solid that closed surfaces enclose, centred in the cube [-1, 1]³ (see `MARGIN`).

    A call with the three axes of a grid returns a boolean array of the grid's shape. A point is inside where the
    winding number of the surfaces is not zero: bodies may overlap, and a surface inside another one is a hollow if it
    is turned the other way. On a grid line parallel to the last axis, the winding number below a point is the number of
    triangles crossed from outside minus the number crossed from inside. The lines are shifted by about 1e-9, so that
    none meets an edge or a corner, where two triangles would be counted.

    Args:
        triangles: (F, 3, 3) corners, in any unit; the triangles of one surface are turned alike.

    Raises:
        SignalError: if all corners are the same point.
    """

    def __init__(self, triangles: NDArray[Any]) -> None:
        low, high = triangles.min(axis=(0, 1)), triangles.max(axis=(0, 1))
        side = float((high - low).max())
        if not side > 0:
            raise SignalError("all corners of the mesh are the same point; choose another mesh")
        self.triangles: NDArray[np.float64] = (triangles - (low + high) / 2) * (2 * MARGIN / side)

    def __call__(self, axes: tuple[NDArray[np.float64], ...]) -> NDArray[np.bool_]:
        inside: NDArray[np.bool_] = winding_number(self.triangles, axes) != 0
        return inside


def winding_number(triangles: NDArray[np.float64], axes: tuple[NDArray[np.float64], ...]) -> NDArray[np.int64]:
    """How often closed surfaces (F, 3, 3) wind around each point of a grid: an array of the grid's shape."""
    x, y = axes[0] + 1.234567e-9, axes[1] + 2.718281e-9
    z, shape = axes[2], tuple(len(axis) for axis in axes)
    a, b, c = (triangles[:, k] for k in range(3))
    flat = triangles[..., :2]
    low, high = flat.min(axis=1), flat.max(axis=1)
    # the lines in the bounding box of each triangle, as an index range of each axis
    x0, x1 = np.searchsorted(x, low[:, 0]), np.searchsorted(x, high[:, 0])
    y0, y1 = np.searchsorted(y, low[:, 1]), np.searchsorted(y, high[:, 1])
    count = (x1 - x0) * (y1 - y0)
    triangle = np.repeat(np.arange(len(count)), count)  # one entry for each pair of a triangle and a line
    nth = np.arange(len(triangle)) - np.repeat(np.cumsum(count) - count, count)
    across = (y1 - y0)[triangle]
    i, j = x0[triangle] + nth // across, y0[triangle] + nth % across
    point = np.stack([x[i], y[j]], axis=1)
    a, b, c = a[triangle], b[triangle], c[triangle]
    parts = [_twice_area(point, p, q) for p, q in ((b, c), (c, a), (a, b))]
    signs = np.stack([part > 0 for part in parts])
    hit = signs.all(axis=0) | ~signs.any(axis=0)
    area = parts[0] + parts[1] + parts[2]
    hit &= area != 0  # without triangles parallel to the lines
    height = sum(part[hit] * corner[hit, 2] for part, corner in zip(parts, (a, b, c), strict=True)) / area[hit]
    k = np.searchsorted(z, height)  # the first point above the crossing
    line = i[hit] * shape[1] + j[hit]
    crossings = np.bincount(
        line * (shape[2] + 1) + k, weights=-np.sign(area[hit]), minlength=shape[0] * shape[1] * (shape[2] + 1)
    )
    below = crossings.reshape(shape[0], shape[1], shape[2] + 1).cumsum(axis=-1)[..., :-1]
    return below.astype(np.int64)


def _twice_area(point: NDArray[np.float64], p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Twice the signed area of the plane triangles (point, p, q): (n,) for (n, 2) arguments."""
    area: NDArray[np.float64] = (p[:, 0] - point[:, 0]) * (q[:, 1] - point[:, 1]) - (p[:, 1] - point[:, 1]) * (
        q[:, 0] - point[:, 0]
    )
    return area
