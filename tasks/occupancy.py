"""Occupancy: reconstruction of a shape from the inside/outside values at a part of the points of a grid.

The values are 0 and 1 only, so the task measures how sharply and how smoothly a network places a surface.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from inrbench.tasks.baselines.interpolation import biharmonic_spline, nearest
from inrbench.tasks.core.base import Baseline, Problem, Task, draw, grid_coords, require
from inrbench.tasks.core.operators import Mask
from inrbench.tasks.signals.signal import SHAPES, Signal, SignalError, pixel_centres

MAX_POINTS = 2**26
"""Largest number of grid points: about 400³, for which coords and truth take 1 GiB."""


class Occupancy(Task):
    """Reconstruction of the indicator function of a shape in a cube (or a square) from a random share of grid points.

    The setting is that of L. Mescheder et al., CVPR 2019, with the mean square error as the loss. All scores cover
    only points that were not measured: the intersection over union of the values above 1/2, and the mean square error.
    The stored reconstruction is the output of the network, not thresholded.

    Attributes:
        size: number of grid points along each axis of [-1, 1]³ (or [-1, 1]²).
        train_share: share of grid points that are measured, drawn without replacement.
    """

    name, label, version = "occupancy", "Occupancy", 1
    kinds = SHAPES
    metrics = ("iou", "mse")

    size: int = Field(64, ge=8, le=4096)
    train_share: float = Field(0.1, gt=0, lt=1)

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=16),)

    def signals(self) -> tuple[str, ...]:
        return ("csg",)

    @property
    def random(self) -> bool:
        return True

    def problem(self, signal: Signal, seed: int) -> Problem:
        require(signal, self.kinds, "choose a shape such as csg or terrain, or the path of a mesh")
        assert signal.sample is not None
        shape = (self.size,) * (2 if signal.kind == "shape-2d" else 3)
        n = self.size ** len(shape)
        if n > MAX_POINTS:
            raise SignalError(
                f"signal {signal.name!r} on a grid of {self.size} points along each axis has {n:,} points, more than "
                f"{MAX_POINTS:,}; lower size"
            )
        inside = signal.sample((pixel_centres(self.size),) * len(shape)).astype(np.float32)
        truth = torch.from_numpy(inside.reshape(n, 1))
        operator = Mask(n, draw(n, min(max(round(self.train_share * n), 1), n - 1), seed))
        return Problem(grid_coords(shape), operator, operator.forward(truth), truth, shape)

    def baselines(self) -> Mapping[str, Baseline]:
        return {"biharmonic": biharmonic_spline, "nearest": nearest}

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        return problem.unseen_scores(values, self.metrics)
