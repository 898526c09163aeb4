"""Parallel-beam Radon transform of a picture of square pixels, as a sparse matrix of exact weights.

A pixel is a unit square of constant density. Its projection at the angle θ is a trapezoid on the detector, the
convolution of two boxes of widths abs(cos θ) and abs(sin θ). A detector bin of unit width measures the mean of the line
integrals over its width, so the weight of a pixel in a bin is the difference of the trapezoid's antiderivative at the
two edges of the bin. No rays are sampled and nothing is interpolated, so mass is preserved at every angle.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.sparse
import torch
from numpy.typing import NDArray
from torch import Tensor

from inrbench.tasks.core.operators import Operator
from inrbench.tasks.core.sparse import csr_tensor, multiply
from inrbench.tasks.signals.phantoms import Ellipse

Floats = NDArray[np.float64]


def half_turn(n: int) -> Floats:
    """Angles k·180/n in degrees for k = 0 … n - 1: (n,). 180° is left out because it is 0° mirrored."""
    angles: Floats = np.arange(n, dtype=np.float64) * (180.0 / n)
    return angles


class Radon(Operator):
    """Parallel-beam projections: (H·W, C) -> (angles · detectors, C), one angle after the other.

    The point x to the right of the picture's centre and y below it projects to s = x cos θ - y sin θ, which is the
    orientation of `skimage.transform.radon`. The detector has bins of one pixel, is centred on the picture's centre and
    covers the diagonal, so that the corners are measured at every angle. The unit of length is the longer side: the
    line integral of ones along it is 1, whatever the resolution.

    Args:
        shape: (H, W), the grid.
        angles: (n,) in degrees.

    Attributes:
        detectors: number of bins of one projection; even if and only if W is, so that at 0° a bin is a pixel column.
        length: max(H, W), the number of pixels in the unit of length.

    Raises:
        ValueError: if there are no angles, or one is not finite.
    """

    def __init__(self, shape: tuple[int, int], angles: NDArray[Any]) -> None:
        self.shape = shape
        self.angles: Floats = np.asarray(angles, dtype=np.float64)
        if self.angles.ndim != 1 or not self.angles.size or not np.isfinite(self.angles).all():
            raise ValueError("angles must be a non-empty vector of finite degrees")
        self.length = max(shape)
        self.detectors = count_bins(shape)
        self.in_rows = shape[0] * shape[1]
        self.out_rows = self.angles.size * self.detectors
        self.group = self.detectors  # a batch is of whole angles
        self._matrix, self._transpose = _tensors(shape, tuple(self.angles.tolist()))

    def forward(self, x: Tensor) -> Tensor:
        return multiply(x, self._matrix, self._transpose)

    def adjoint(self, y: Tensor) -> Tensor:
        return multiply(y, self._transpose, self._matrix)

    def sinogram(self, y: Tensor) -> Tensor:
        """Measurements (M, C) as a sinogram (angles, detectors, C)."""
        return y.reshape(self.angles.size, self.detectors, -1)


def count_bins(shape: tuple[int, int]) -> int:
    """Smallest number of unit bins that covers the diagonal and is even if and only if the width is."""
    bins = math.ceil(math.hypot(*shape))
    return bins + (bins - shape[1]) % 2


def radon_matrix(shape: tuple[int, int], angles: tuple[float, ...]) -> scipy.sparse.csr_array:
    """Matrix of `Radon`: (angles · detectors, H·W), CSR, float32 with 32-bit indices, computed in float64.

    It is built angle by angle, so that beside the result only a few arrays of the size of the picture are in memory.

    Args:
        shape: (H, W), the grid.
        angles: in degrees.
    """
    height, width = shape
    bins = count_bins(shape)
    right = np.arange(width) - (width - 1) / 2
    down = np.arange(height)[:, None] - (height - 1) / 2
    pixels = np.arange(height * width, dtype=np.int32)
    values, columns, counts = [], [], []
    for angle in np.deg2rad(angles):
        cos, sin = math.cos(angle), math.sin(angle)
        centre = (right * cos - down * sin).ravel() + bins / 2  # in bins from the detector's left end
        first = np.floor(centre - (abs(cos) + abs(sin)) / 2)
        # the support is at most √2 wide and therefore overlaps at most three bins, which have four edges
        below = [_antiderivative(first + edge - centre, abs(cos), abs(sin)) for edge in range(4)]
        weight = np.stack([below[k + 1] - below[k] for k in range(3)]) / max(shape)
        keep = weight > 1e-9  # without the rounding errors where a trapezoid ends at an edge
        rows = (first[None, :].astype(np.int32) + np.arange(3, dtype=np.int32)[:, None])[keep]
        order = np.argsort(rows, kind="stable")
        values.append(weight[keep][order].astype(np.float32))
        columns.append(np.broadcast_to(pixels, keep.shape)[keep][order])
        counts.append(np.bincount(rows, minlength=bins))
    ends = np.concatenate([[0], np.cumsum(np.concatenate(counts))])
    matrix = scipy.sparse.csr_array(
        (np.concatenate(values), np.concatenate(columns), ends.astype(np.int32)),
        shape=(len(angles) * bins, height * width),
    )
    matrix.sort_indices()
    return matrix


def ellipses_sinogram(ellipses: Sequence[Ellipse], operator: Radon) -> Tensor:
    """The exact measurements of a sum of ellipses on [-1, 1]², which `Radon.forward` approximates with pixels.

    At the angle θ an ellipse of semi-axes a and b, turned by φ, has the line integrals 2 ρ a b √(r² - u²) / r², where
    r² = a² cos²(θ - φ) + b² sin²(θ - φ) and u is the distance on the detector from its centre's projection. A bin
    measures their mean over its width, by the antiderivative ρ a b (u √(r² - u²) / r² + arcsin(u / r)).

    Args:
        ellipses: in the convention of `inrbench.tasks.signals.phantoms.Ellipse`.
        operator: on a square grid.

    Returns:
        (angles · detectors, 1).
    """
    bins, pixel = operator.detectors, 2 / operator.length
    edges = (np.arange(bins + 1) - bins / 2) * pixel
    theta = np.deg2rad(operator.angles)[:, None]
    total = np.zeros((len(theta), bins + 1))
    for intensity, a, b, x0, y0, degrees in ellipses:
        turn = theta - math.radians(degrees)
        r = np.hypot(a * np.cos(turn), b * np.sin(turn))
        u = np.clip(edges - (x0 * np.cos(theta) + y0 * np.sin(theta)), -r, r)
        total += intensity * a * b * (u * np.sqrt(np.maximum(r**2 - u**2, 0)) / r**2 + np.arcsin(u / r))
    means = np.diff(total, axis=1) / pixel / 2  # the unit of length is the side, which is 2 here
    return torch.from_numpy(means.astype(np.float32).reshape(-1, 1))


def _antiderivative(t: Floats, a: float, b: float) -> Floats:
    """Antiderivative at ``t`` of the convolution of two centred boxes of unit mass and widths ``a`` and ``b``."""
    wide, narrow = max(a, b), min(a, b)
    if narrow < 1e-6:  # the trapezoid is a box, and the formula below would divide by nearly zero
        return np.clip(t / wide + 0.5, 0, 1)
    outer, inner = (wide + narrow) / 2, (wide - narrow) / 2
    ramps = [np.square(np.maximum(t + shift, 0)) for shift in (outer, inner, -inner, -outer)]
    return np.clip((ramps[0] - ramps[1] - ramps[2] + ramps[3]) / (2 * wide * narrow), 0, 1)


@lru_cache(maxsize=2)
def _tensors(shape: tuple[int, int], angles: tuple[float, ...]) -> tuple[Tensor, Tensor]:
    """The matrix and its transpose, both as CSR, because products by rows run in parallel without atomic additions."""
    matrix = radon_matrix(shape, angles)
    return csr_tensor(matrix), csr_tensor(matrix.T.tocsr())
