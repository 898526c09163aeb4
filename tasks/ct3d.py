"""Tomography of a volume: line integrals are measured from a few directions, and the volume is recovered."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Literal, Self

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from inrbench.tasks.baselines.volumes import cgls, tv
from inrbench.tasks.core.base import Baseline, Problem, Task, grid_coords, noise_like, require
from inrbench.tasks.core.metrics import METRICS
from inrbench.tasks.core.ray_sums import blob_integrals, blob_values, hemisphere, orbit, ray_matrix
from inrbench.tasks.core.sparse import SparseMatrix
from inrbench.tasks.signals.signal import Signal, SignalError

MAX_ENTRIES = 2**28
"""Largest number of entries of the sparse matrix: 2 GiB, and as many for its transpose. A ray has up to 5 · size."""


class CT3D(Task):
    """Recover a volume from parallel projections in a few directions.

    This is the linear counterpart of novel views: rays from all around, but no opacity. The data are exact line
    integrals of the scene, while the operator sums a grid, so that no method can invert the operator that made them.

    Scores are taken over the ball inscribed in the cube, which every view covers.

    Attributes:
        size: number of voxels along each axis of [-1, 1]³, and of rays along both axes of a view.
        views: number of directions.
        geometry: ``hemisphere``, directions from all around; or ``orbit``, half a turn about the first axis, where each
            slice is a problem of two dimensions.
        noise: standard deviation of Gaussian noise on the projections, as a share of their largest value.
        tv_weight: of the baseline ``tv``. Of 3e-5, 1e-4, 3e-4 and 1e-3 the best for `blobs` with 32 voxels a
            side, 12 views and the noise 0.01; for `helix` 1e-3 is better by up to 2 dB.
        iterations: of the baseline ``cgls``. Of 5, 10, 20 and 40 the best for both, or within 0.1 dB of it.
    """

    name, label, version = "ct3d", "3-D CT", 1
    kinds = ("scene",)
    classical = {"tv": {"tv_weight": (1e-5, 1e-2)}}
    metrics = ("psnr", "mae")

    size: int = Field(48, ge=8, le=128)
    views: int = Field(12, ge=1, le=720)
    geometry: Literal["hemisphere", "orbit"] = "hemisphere"
    noise: float = Field(0.01, ge=0)
    tv_weight: float = Field(3e-4, gt=0)
    iterations: int = Field(5, ge=1)

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=16, noise=0.1), cls(size=16, noise=0.1, geometry="orbit"))

    def signals(self) -> tuple[str, ...]:
        return ("blobs",)

    def problem(self, signal: Signal, seed: int) -> Problem:
        require(signal, self.kinds, "choose a scene such as blobs or helix")
        if 5 * self.views * self.size**3 > MAX_ENTRIES:
            raise SignalError(
                f"signal {signal.name!r} with {self.size} voxels along each axis and {self.views} views needs a matrix "
                f"of more than {MAX_ENTRIES:,} entries; lower size or views"
            )
        shape = (self.size,) * 3
        directions = hemisphere(self.views) if self.geometry == "hemisphere" else orbit(self.views)
        coords = grid_coords(shape)
        truth = torch.from_numpy(blob_values(signal.array, coords.double().numpy()).astype(np.float32)[:, None])
        exact = blob_integrals(signal.array, directions, self.size).astype(np.float32)
        measured = torch.from_numpy(exact[:, None])
        std = self.noise * float(measured.max())
        if self.noise:
            measured = measured + noise_like(measured, std, seed)
        operator = SparseMatrix(ray_matrix(directions, self.size).astype(np.float32))
        operator.group = self.size**2  # a batch is of whole views
        return Problem(coords, operator, measured, truth, shape, noise_std=std or None)

    def baselines(self) -> Mapping[str, Baseline]:
        return {
            "tv": partial(tv, weight=self.tv_weight),
            "cgls": partial(cgls, iterations=self.iterations),
        }

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        inside = (problem.coords.square().sum(dim=1) <= 1).cpu().numpy().reshape(problem.shape)
        estimate, truth = problem.grid(values)[inside], problem.grid(problem.truth)[inside]
        return {name: METRICS[name].function(estimate, truth) for name in self.metrics}
