"""Multi-image super-resolution: several coarse frames, shifted and rotated, are measured, and the pixels recovered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Self

import numpy as np
import scipy.sparse
import torch
from numpy.typing import NDArray
from pydantic import Field

from inrbench.tasks.baselines.least_squares import least_squares
from inrbench.tasks.baselines.upsampling import bicubic_of_first, shift_and_add
from inrbench.tasks.core.base import Baseline, Problem, Size, Task, grid_coords, noise_like, picture
from inrbench.tasks.core.sparse import SparseMatrix, interpolation_matrix
from inrbench.tasks.signals.signal import PICTURES, Signal, SignalError

FINER = 2
"""The frames are taken of a picture with this many times the pixels along each axis, of which the truth is the mean."""

Motion = NDArray[np.float64]


class MultiSuperRes(Task):
    """Recover a picture from frames of ``factor`` times fewer pixels along each axis, each moved against the first.

    Oracle registration: the motions are known exactly, as in the codes of papers. A frame is the picture, rotated about
    its centre and shifted, averaged over blocks; blocks that leave the picture are not measured. The data are made from
    a finer grid than the one that is recovered, so that the operator fits them only nearly, as that of a real camera.

    Attributes:
        size: of the picture that is recovered, divisible by ``factor``: its longer side, [height, width], or None for
            half of the signal's own, less rows and columns that do not fill a block.
        factor: side of a block in pixels.
        frames: number of frames; the first is not moved.
        shift: largest shift along each axis, in pixels of the recovered picture.
        rotation: largest angle in degrees.
        noise: standard deviation of Gaussian noise on the frames.
        smooth: of the baseline ``tikhonov``, the weight of the forward differences. Of 0.03, 0.1 and 0.2 the best for
            `coffee`, `chelsea` and `astronaut` at 96 x 144 pixels, with 4 and 8 frames and the noise 0.01.
    """

    name, label, version = "multi-superres", "Multi-image super-resolution", 1
    kinds = PICTURES
    classical = {"tikhonov": {"smooth": (1e-3, 1.0)}}

    size: Size = None
    factor: int = Field(4, ge=2)
    frames: int = Field(4, ge=1, le=64)
    shift: float = Field(4.0, ge=0)
    rotation: float = Field(5.0, ge=0, le=45)
    noise: float = Field(0.01, ge=0)
    smooth: float = Field(0.1, gt=0)

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=(48, 48), noise=0.02),)

    def signals(self) -> tuple[str, ...]:
        return ("coffee",)

    @property
    def random(self) -> bool:
        return True

    def problem(self, signal: Signal, seed: int) -> Problem:
        size = self.size
        finer = size if size is None else FINER * size if isinstance(size, int) else (FINER * size[0], FINER * size[1])
        fine, (height, width) = picture(signal, finer)
        shape = (height // FINER // self.factor * self.factor, width // FINER // self.factor * self.factor)
        if min(shape) == 0:
            raise SignalError(
                f"signal {signal.name!r} of {height} x {width} pixels holds no block of side {self.factor * FINER}; "
                "lower factor"
            )
        if size is not None and (height, width) != (FINER * shape[0], FINER * shape[1]):
            raise SignalError(
                f"signal {signal.name!r} of {height // FINER} x {width // FINER} pixels cannot be cut into blocks of "
                f"side {self.factor}; set size: [{shape[0]}, {shape[1]}]"
            )
        fine = fine.reshape(height, width, -1)[: FINER * shape[0], : FINER * shape[1]]
        truth = fine.reshape(shape[0], FINER, shape[1], FINER, -1).mean(dim=(1, 3)).reshape(shape[0] * shape[1], -1)
        motions = random_motions(self.frames, self.shift, self.rotation, seed)
        operator = SparseMatrix(frames_matrix(shape, self.factor, motions).astype(np.float32))
        camera = SparseMatrix(frames_matrix(shape, self.factor, motions, FINER).astype(np.float32))
        measured = camera.forward(fine.reshape(-1, fine.shape[2]))
        if self.noise:
            measured = measured + noise_like(measured, self.noise, seed + 1)  # another draw than that of the motions
        return Problem(grid_coords(shape), operator, measured, truth, shape, noise_std=self.noise or None)

    def baselines(self) -> Mapping[str, Baseline]:
        return {
            "tikhonov": partial(least_squares, smooth=self.smooth),
            "shift-and-add": shift_and_add,
            "bicubic": partial(bicubic_of_first, factor=self.factor),
        }


def random_motions(frames: int, shift: float, rotation: float, seed: int) -> Motion:
    """Shift down and right in pixels and rotation in degrees, each uniform: (frames, 3); the first frame is at rest."""
    generator = torch.Generator().manual_seed(seed)
    uniform = 2 * torch.rand(frames, 3, generator=generator, dtype=torch.float64).numpy() - 1
    motions: Motion = uniform * (shift, shift, rotation)
    motions[0] = 0
    return motions


def frames_matrix(shape: tuple[int, int], factor: int, motions: Motion, finer: int = 1) -> scipy.sparse.csr_array:
    """Decimation ∘ box blur ∘ warp of every frame: (M, finer² · H · W), the frames one after the other.

    A pixel of a frame is the mean of the picture at the centres of the (finer · factor)² grid cells of its block,
    moved by p -> R(p - centre) + centre + shift with bilinear interpolation. R turns from the first axis (down) towards
    the second (right). Blocks whose corners leave the picture are left out.

    Args:
        shape: (H, W), the grid that is recovered, divisible by ``factor``.
        factor: side of a block in pixels of that grid.
        motions: (frames, 3), shifts in pixels of that grid and degrees, see `random_motions`.
        finer: pixels of the picture along each axis for one of that grid.
    """
    grid, block = (finer * shape[0], finer * shape[1]), finer * factor
    half = np.array(grid) / 2
    cells = np.indices(grid).reshape(2, grid[0] // block, block, grid[1] // block, block)
    points = cells.transpose(1, 3, 2, 4, 0).reshape(-1, block**2, 2) + 0.5 - half  # from the centre of the picture
    corners = points.mean(axis=1, keepdims=True) + block / 2 * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    found = []
    for down, right, degrees in motions:
        cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        turn, shift = np.array([[cos, sin], [-sin, cos]]), finer * np.array([down, right])
        inside = (np.abs(corners @ turn + shift) <= half + 1e-9).all(axis=(1, 2))
        # the outer half of a border pixel has the value of its centre
        at = (points[inside] @ turn + shift + half - 0.5).clip(0, np.array(grid) - 1)
        found.append(interpolation_matrix(at, grid, 1 / block**2))
    return scipy.sparse.csr_array(scipy.sparse.vstack(found))
