"""Pictures of coloured solids by emission and absorption: exact ones, and those of values on a grid.

A ray that meets the densities σ and colours c at its points t has the colour ∫ T σ c dt + T(∞) · 1 with the
transmittance T(t) = exp(-∫₀ᵗ σ), before a white background [N. Max, IEEE TVCG 1 (1995)]. In a scene of disjoint solids
of constant density it is a sum over the solids that the ray meets. On a grid the integral is a sum over samples of the
ray, one voxel apart, in the unit ball about the centre, where the scenes lie.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.sparse
import torch
from numpy.typing import NDArray
from torch import Tensor

from inrbench.tasks.core.operators import Operator
from inrbench.tasks.core.ray_sums import hemisphere, ray_origins, view_axes
from inrbench.tasks.core.sparse import csr_tensor, interpolation_matrix, multiply

Floats = NDArray[np.float64]

DISTANCE = 3.0
"""From the camera to the centre of the cube; the plane through the centre is seen within [-1, 1]²."""

DENSEST = 30.0
"""The density, per unit of length, of a value of 1."""

SHARP = 10.0
"""Sharpness of the softplus between values and densities: a value of 0 has 0.07 of the density of 1, and of -1 none."""


def pinhole(directions: Floats, pixels: int) -> tuple[Floats, Floats]:
    """Rays of cameras that look at the centre: their origins (views, 3) and unit directions (views, pixels², 3).

    Args:
        directions: (views, 3), unit vectors from the centre to the cameras.
        pixels: along each side of a picture; row by row.
    """
    origins = DISTANCE * directions
    rays = ray_origins(directions, pixels) - origins[:, None]
    return origins, rays / np.linalg.norm(rays, axis=2, keepdims=True)


def render_exact(solids: NDArray[np.floating], directions: Floats, pixels: int) -> Floats:
    """Exact pictures of disjoint solids: (views · pixels², 3).

    Args:
        solids: (K, 11), as in `inrbench.tasks.signals.volumes.still_lifes`: kind, centre, half sides, density as a
            share of `DENSEST`, colour.
    """
    origins, rays = pinhole(directions, pixels)
    table = solids.astype(np.float64)
    entry, length = np.stack([_chord(row, origins, rays) for row in table]).swapaxes(0, 1)
    order = np.argsort(entry, axis=0)
    depth = np.take_along_axis(length * DENSEST * table[:, 7, None, None], order, axis=0)
    before = np.exp(-np.concatenate([np.zeros_like(depth[:1]), np.cumsum(depth, axis=0)]))
    colours = table[:, 8:][order]
    picture_: Floats = ((before[:-1] - before[1:])[..., None] * colours).sum(axis=0) + before[-1][..., None]
    return picture_.reshape(-1, 3)


def _chord(solid: Floats, origins: Floats, rays: Floats) -> tuple[Floats, Floats]:
    """Where rays enter a solid, and how long they stay in it, 0 for those that miss: (views, pixels²) each."""
    centre, half = solid[1:4], solid[4:7]
    start = (origins - centre)[:, None]
    if solid[0] == 0:
        along = -(start * rays).sum(axis=2)
        square = half[0] ** 2 - (np.square(start).sum(axis=2) - along**2)
        root = np.sqrt(np.maximum(square, 0))
        return along - root, 2 * root
    with np.errstate(divide="ignore"):
        first, second = (-half - start) / rays, (half - start) / rays
    low, high = np.minimum(first, second).max(axis=2), np.maximum(first, second).min(axis=2)
    return low, np.maximum(high - low, 0)


def values_of(solids: NDArray[np.floating], points: Floats, voxel: float) -> Floats:
    """The value for the density, and the colour, of a scene at points: (N, 3) -> (N, 4).

    The value is the negative distance to the surface in quarter voxels, cut at -1 outside and at the solid's density
    inside, so that interpolation finds the surface between voxels; the colour is that of the nearest solid.

    Args:
        voxel: the side of a voxel.
    """
    table = solids.astype(np.float64)
    offset = np.abs(points[:, None] - table[:, 1:4]) - table[:, 4:7]
    ball = np.linalg.norm(points[:, None] - table[:, 1:4], axis=2) - table[:, 4]
    box = np.linalg.norm(np.maximum(offset, 0), axis=2) + np.minimum(offset.max(axis=2), 0)
    distance = np.where(table[:, 0] == 0, ball, box)
    nearest = distance.argmin(axis=1)
    value = np.clip(-distance.min(axis=1) / (voxel / 4), -1, table[nearest, 7])
    return np.column_stack([value, table[nearest, 8:]])


def opacity(value: Tensor, length: float) -> Tensor:
    """The share of the light that a piece of a ray takes, from the values for its density."""
    density = DENSEST / SHARP * torch.nn.functional.softplus(SHARP * value)
    return 1 - torch.exp(-density * length)


class Radiance(Operator):
    """Pictures of values on a grid, by emission and absorption: (n³, 4) -> (views · pixels², 3). Not linear.

    Of the four values of a voxel the first says the density, through a softplus behind the trilinear interpolation, by
    which surfaces are sharper than voxels [C. Sun, M. Sun and H.-T. Chen, CVPR 2022]; the others are its colour.

    Args:
        directions: (views, 3), unit vectors to the cameras.
        n: voxels along each axis of [-1, 1]³.
        pixels: along each side of a picture.
    """

    linear = False
    in_channels = 4

    def __init__(self, directions: Floats, n: int, pixels: int) -> None:
        self.directions, self.n, self.pixels = directions, n, pixels
        self.in_rows, self.out_rows, self.group = n**3, len(directions) * pixels**2, pixels**2
        self.samples = count_samples(n)
        self._matrix, self._transpose = _tensors(directions.tobytes(), n, pixels)

    def forward(self, x: Tensor) -> Tensor:
        empty = x.new_tensor([1.0, 0.0, 0.0, 0.0])  # outside the grid values are -1, and interpolated sums 0
        fields = multiply(x + empty, self._matrix, self._transpose) - empty
        fields = fields.reshape(self.out_rows, self.samples, 4)
        taken = opacity(fields[..., 0], 2 / self.n)
        left = torch.cumprod(torch.cat([torch.ones_like(taken[:, :1]), 1 - taken], dim=1), dim=1)
        weights = left[:, :-1] * taken
        return (weights[..., None] * fields[..., 1:]).sum(dim=1) + left[:, -1:]


def count_samples(n: int) -> int:
    """Samples of a ray: one voxel apart, over as long a way as that through the middle of the unit ball."""
    return n


@lru_cache(maxsize=4)
def _tensors(directions: bytes, n: int, pixels: int) -> tuple[Tensor, Tensor]:
    """The matrix that interpolates a grid at the samples of all rays, and its transpose."""
    views = np.frombuffer(directions).reshape(-1, 3)
    count = count_samples(n)
    along = DISTANCE + (np.arange(count) - (count - 1) / 2) * (2 / n)
    tensors = []
    for origin, rays in zip(*pinhole(views, pixels), strict=True):
        points = origin + along[None, :, None] * rays[:, None]
        tensors.append(interpolation_matrix((points.reshape(-1, 1, 3) + 1) * n / 2 - 0.5, (n,) * 3, 1.0))
    matrix = scipy.sparse.csr_array(scipy.sparse.vstack(tensors)).astype(np.float32)
    return csr_tensor(matrix), csr_tensor(matrix.T.tocsr())


def cameras(seen: int, held_out: int) -> tuple[Floats, Floats]:
    """Directions to the cameras of the pictures that are measured, and of those held out, spread over half a sphere."""
    every = hemisphere(seen + held_out)
    places = np.unique(np.linspace(0, len(every) - 1, held_out + 2).round().astype(int)[1:-1])
    chosen = np.isin(np.arange(len(every)), places)
    return every[~chosen], every[chosen]


def project(points: Floats, directions: Floats, pixels: int) -> NDArray[np.int64]:
    """The pixels in which cameras see points: (views, N) indices into a picture, clipped to its border."""
    first, second = view_axes(directions)
    towards = points[None] - DISTANCE * directions[:, None]
    scale = -DISTANCE / (towards * directions[:, None]).sum(axis=2)
    planes = [(scale * (towards * axis[:, None]).sum(axis=2) + 1) * pixels / 2 - 0.5 for axis in (first, second)]
    down, right = (np.rint(plane).astype(np.int64).clip(0, pixels - 1) for plane in planes)
    places: NDArray[np.int64] = down * pixels + right
    return places
