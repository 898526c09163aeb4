"""Signed distance functions: a distance is known at some grid points and is recovered at the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from inrbench.tasks.baselines.interpolation import biharmonic_spline, linear
from inrbench.tasks.core.base import Baseline, Problem, Task, draw, grid_coords, require
from inrbench.tasks.core.metrics import BAND, METRICS
from inrbench.tasks.core.operators import Mask
from inrbench.tasks.signals.signal import Signal, pixel_centres


class Sdf(Task):
    """Regression of an exact signed distance function from some of its values.

    The distances are Euclidean, given by formulas. Codes of papers train on pseudo-distances instead, to the tangent
    plane at the nearest points of a mesh, which are wrong away from the surface.

    `mae_surface` is the mean absolute error over the points that were not measured in the narrow band abs(distance) <
    0.1, and `iou` compares the interiors, distance < 0, over all points that were not measured. `normal_angle` needs
    the whole grid, because it differentiates: it is taken over all points in the band.

    Attributes:
        size: number of grid points along each axis of [-1, 1]³.
        train_share: share of grid points that are measured, drawn without replacement.
        near: share of the measured points in the narrow band, or all of its points if there are fewer; the others are
            drawn from the whole grid.
    """

    name, label, version = "sdf", "Signed distances", 1
    kinds = ("distance",)
    metrics = ("mae_surface", "normal_angle", "iou")

    size: int = Field(48, ge=16, le=256)
    train_share: float = Field(0.05, gt=0, lt=1)
    near: float = Field(0.5, ge=0, le=1)

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=20, train_share=0.25),)

    def signals(self) -> tuple[str, ...]:
        return ("sdf-box",)

    @property
    def random(self) -> bool:
        return True

    def problem(self, signal: Signal, seed: int) -> Problem:
        require(signal, self.kinds, "choose a signed distance such as sdf-box or sdf-torus")
        assert signal.sample is not None
        shape = (self.size,) * 3
        field = signal.sample((pixel_centres(self.size),) * 3).astype(np.float32)
        truth = torch.from_numpy(field.reshape(-1, 1))
        operator = Mask(len(truth), self._rows(truth[:, 0], seed))
        return Problem(grid_coords(shape), operator, operator.forward(truth), truth, shape)

    def _rows(self, distance: Tensor, seed: int) -> Tensor:
        """Indices of the measured points: those of the band first, then others from the rest of the grid."""
        n = len(distance)
        count = min(max(round(self.train_share * n), 8), n - 1)
        band = torch.nonzero(distance.abs() < BAND)[:, 0]
        # a tenth of the band stays unmeasured, because the score is taken there
        from_band = band[draw(len(band), min(round(self.near * count), int(0.9 * len(band))), seed)]
        rest = torch.ones(n, dtype=torch.bool)
        rest[from_band] = False
        others = torch.nonzero(rest)[:, 0]
        drawn = others[draw(len(others), count - len(from_band), seed)]
        return torch.cat([from_band, drawn]).sort().values

    def baselines(self) -> Mapping[str, Baseline]:
        return {"biharmonic": biharmonic_spline, "linear": linear}

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        return distance_scores(problem, values)


def distance_scores(problem: Problem, values: Tensor) -> dict[str, float]:
    """Scores of a signed distance (N, 1) as `Sdf` describes them."""
    estimate, truth = problem.grid(values), problem.grid(problem.truth)
    unseen = problem.unseen().reshape(problem.shape)
    band = unseen & (np.abs(truth[..., 0]) < BAND)
    return {
        "mae_surface": METRICS["mae_surface"].function(estimate[band], truth[band]),
        "normal_angle": METRICS["normal_angle"].function(estimate, truth),
        # what exceeds 1/2 counts as inside for this metric
        "iou": METRICS["iou"].function(0.5 - estimate[unseen], 0.5 - truth[unseen]),
    }
