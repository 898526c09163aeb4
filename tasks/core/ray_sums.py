"""Parallel rays through a volume: directions, sums along rays over a grid, exact line integrals of Gaussian blobs.

Lengths are in units of the side of the cube [-1, 1]³: the integral of ones from face to face is 1.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from inrbench.tasks.core.sparse import interpolation_matrix
from inrbench.tasks.signals.signal import pixel_centres

Floats = NDArray[np.float64]


def orbit(views: int) -> Floats:
    """Unit directions spread evenly over half a turn about the first axis: (views, 3), from the last axis on."""
    angles = np.pi * np.arange(views) / views
    return np.stack([np.zeros(views), np.sin(angles), np.cos(angles)], axis=1)


def hemisphere(views: int) -> Floats:
    """Unit directions spread over half a sphere, on a Fibonacci lattice: (views, 3).

    The opposite half is left out because parallel rays that run backwards have the same integrals.
    """
    k = np.arange(views)
    height = (k + 0.5) / views
    ring, turn = np.sqrt(1 - height**2), np.pi * (1 + np.sqrt(5)) * k
    return np.stack([height, ring * np.sin(turn), ring * np.cos(turn)], axis=1)


def view_axes(directions: Floats) -> tuple[Floats, Floats]:
    """Unit vectors along the rows and the columns of the detectors of views: (views, 3) and (views, 3)."""
    first = np.eye(3)[0] - directions * directions[:, :1]
    steep = np.linalg.norm(first, axis=1) < 1e-6  # the ray runs along the first axis
    first[steep] = np.eye(3)[1]
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    return first, np.cross(first, directions)


def ray_origins(directions: Floats, n: int) -> Floats:
    """Points of n x n parallel rays of each view, in the plane through the centre: (views, n², 3).

    The detector spans [-1, 1]² with rays at its pixel centres. Its rows run along the first axis as far as the
    direction allows; its columns are at right angles to rows and direction.
    """
    first, second = view_axes(directions)
    down, right = (axis.reshape(-1, 1) for axis in np.meshgrid(*[pixel_centres(n)] * 2, indexing="ij"))
    origins: Floats = down * first[:, None] + right * second[:, None]
    return origins


def ray_matrix(directions: Floats, n: int) -> scipy.sparse.csr_array:
    """Sums along rays through an n x n x n grid: (views · n², n³), view by view.

    The volume is interpolated trilinearly at points one voxel apart, symmetric about the middle of the ray, and is zero
    outside the grid.
    """
    count = int(np.ceil(np.sqrt(3) * n)) + 1
    along = (np.arange(count) - (count - 1) / 2) * (2 / n)
    blocks = []
    for direction, origins in zip(directions, ray_origins(directions, n), strict=True):
        points = origins[:, None] + along[:, None] * direction
        blocks.append(interpolation_matrix((points + 1) * n / 2 - 0.5, (n,) * 3, 1 / n))
    return scipy.sparse.csr_array(scipy.sparse.vstack(blocks))


def blob_values(blobs: NDArray[np.floating], points: Floats) -> Floats:
    """Sum of Gaussian blobs at points: (..., 3) -> (...).

    Args:
        blobs: (K, 5), centre, standard deviation and peak value of each.
        points: (..., 3).
    """
    total = np.zeros(points.shape[:-1])
    for *centre, sigma, peak in blobs.astype(np.float64):
        total += peak * np.exp(-np.square(points - centre).sum(axis=-1) / (2 * sigma**2))
    return total


def blob_integrals(blobs: NDArray[np.floating], directions: Floats, n: int) -> Floats:
    """Exact integrals of Gaussian blobs along the rays of `ray_matrix`, over whole lines: (views · n²,).

    A line at the distance r from the centre gives peak · σ √(2π) exp(-r² / 2σ²), here divided by the side 2.
    """
    origins = ray_origins(directions, n)
    total = np.zeros(origins.shape[:2])
    for *centre, sigma, peak in blobs.astype(np.float64):
        offset = origins - centre
        along = (offset * directions[:, None]).sum(axis=2)
        square = np.square(offset).sum(axis=2) - along**2
        total += peak * sigma * np.sqrt(2 * np.pi) / 2 * np.exp(-square / (2 * sigma**2))
    return total.reshape(-1)
