"""Occupancy: a shape is learnt from some points of a grid, each inside or outside, and asked for at the others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from tasks.baselines.interpolation import nearest
from tasks.core.base import Baseline, Problem, Task, draw, grid_coords, require
from tasks.core.metrics import METRICS
from tasks.core.operators import Mask
from tasks.signals.signal import SHAPES, Signal, SignalError

MAX_POINTS = 2**26


class Occupancy(Task):
    """Learn which points of a cube (or a square) lie inside a shape, from a random share of them.

    The setting of L. Mescheder et al., CVPR 2019, with the mean square as the loss. The score is taken over the points
    that were not measured and over nothing else: the intersection over union of what exceeds 1/2, and the mean square
    error. Nothing is thresholded in place: what is stored is what the network says.

    Attributes:
        size: points a side of the grid, which spans [-1, 1] along every axis.
        train_share: the share of grid points that are measured, drawn without replacement.
    """

    name, label, version = "occupancy", "Occupancy", 1
    metrics = ("iou", "mse")

    size: int = Field(64, ge=8, le=4096)
    train_share: float = Field(0.1, gt=0, lt=1)

    def signals(self) -> tuple[str, ...]:
        return ("csg",)

    @property
    def random(self) -> bool:
        return True

    def problem(self, signal: Signal, seed: int) -> Problem:
        require(signal, SHAPES, "choose a shape such as csg or terrain, or the path of a mesh")
        assert signal.sample is not None
        shape = (self.size,) * (2 if signal.kind == "shape-2d" else 3)
        n = self.size ** len(shape)
        if n > MAX_POINTS:
            raise SignalError(
                f"signal {signal.name!r} on a grid of {self.size} points a side has {n:,} points, more than "
                f"{MAX_POINTS:,}; lower size"
            )
        axis = (2 * np.arange(self.size) + 1) / self.size - 1
        inside = signal.sample((axis,) * len(shape)).astype(np.float32)
        truth = torch.from_numpy(inside.reshape(n, 1))
        operator = Mask(n, draw(n, min(max(round(self.train_share * n), 1), n - 1), seed))
        return Problem(grid_coords(shape), operator, operator.forward(truth), truth, shape)

    def baselines(self) -> Mapping[str, Baseline]:
        return {"nearest": nearest}

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        unseen = problem.unseen().reshape(problem.shape)
        estimate, truth = problem.grid(values)[unseen], problem.grid(problem.truth)[unseen]
        return {name: METRICS[name].function(estimate, truth) for name in self.metrics}
