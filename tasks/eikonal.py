"""Signed distance from points of a surface and their normals, by the eikonal equation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor
from torch.nn import functional as F

from inrbench.tasks.core.base import Baseline, Problem, Task, draw, grid_coords, require
from inrbench.tasks.core.residuals import Derivatives, Residual, Sample, Unmeasured, uniform
from inrbench.tasks.sdf import distance_scores
from inrbench.tasks.signals.signal import Signal, pixel_centres
from inrbench.tasks.signals.volumes.distance_fields import FIELDS, surface_points


@dataclass(frozen=True)
class Cloud:
    """Sampler of a fixed cloud: ``count`` of its points (n, 3), with their normals (n, 3)."""

    points: Tensor
    normals: Tensor
    count: int

    def __call__(self, seed: int) -> Sample:
        chosen = draw(len(self.points), self.count, seed)
        return Sample(self.points[chosen], self.normals[chosen])


class Eikonal(Task):
    """Signed distance function from a cloud of surface points with normals [Sitzmann et al., NeurIPS 2020, sec. 4.2].

    Nothing is known off the surface but that the gradient of a distance has length 1 (the eikonal equation). With f the
    network, x on the surface with normal n, and p anywhere in [-1, 1]³, each as many points in every step, the loss is
    the mean over both of

        on_surface abs(f(x)) + normals (1 - cos(∇f(x), n)) + gradient abs(‖∇f‖ - 1) + off_surface exp(-100 abs(f(p)))

    The defaults of the weights are those of SIREN's code, from which its paper differs. The published settings are Adam
    with a learning rate of 1e-4 and gradients clipped to a norm of 1 (``train: {lr: 1.0e-4, clip: 1.0}``); users report
    unstable training, and that 1e-5 helps. An activation needs one derivative. The scores are those of `sdf`, over the
    whole grid.

    Attributes:
        size: number of grid points along each axis of [-1, 1]³, for the scores.
        cloud: number of points on the surface, exact and uniform, with exact normals.
        points: number of points of a step on the surface, and as many off it.
        on_surface, normals, gradient, off_surface: weights of the terms.
    """

    name, label, version = "eikonal", "Eikonal equation", 1
    kinds = ("distance",)
    metrics = ("mae_surface", "normal_angle", "iou")

    size: int = Field(48, ge=16, le=256)
    cloud: int = Field(20_000, ge=100, le=10_000_000)
    points: int = Field(1000, ge=1, le=1_000_000)
    on_surface: float = Field(3e3, ge=0)
    normals: float = Field(1e2, ge=0)
    gradient: float = Field(5e1, ge=0)
    off_surface: float = Field(1e2, ge=0)

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=16, cloud=2000, points=100),)

    def signals(self) -> tuple[str, ...]:
        return ("sdf-torus",)

    @property
    def random(self) -> bool:
        return True

    @property
    def derivatives(self) -> int:
        return 1

    def problem(self, signal: Signal, seed: int) -> Problem:
        require(signal, self.kinds, "choose a signed distance such as sdf-torus or sdf-box")
        assert signal.sample is not None
        shape = (self.size,) * 3
        field = signal.sample((pixel_centres(self.size),) * 3).astype(np.float32)
        truth = torch.from_numpy(field.reshape(-1, 1))
        points, normals = (
            torch.from_numpy(each.astype(np.float32)) for each in surface_points(FIELDS[signal.name], self.cloud, seed)
        )
        count = min(self.points, self.cloud)
        # The mean over both kinds of points is half of the sum of the means.
        on = (self.on_surface / 2, self.normals / 2, self.gradient / 2)
        off = (self.off_surface / 2, self.gradient / 2)
        residuals = (
            Residual(Cloud(points, normals, count), _on_surface, on, power=1),
            Residual(partial(_anywhere, count), _off_surface, off, power=1),
        )
        measured = truth[:0]
        return Problem(grid_coords(shape), Unmeasured(len(truth)), measured, truth, shape, residuals=residuals)

    def baselines(self) -> Mapping[str, Baseline]:
        return {"tangent-planes": tangent_planes}

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        return distance_scores(problem, values)


def _on_surface(at: Derivatives, normals: Tensor) -> Tensor:
    slope = at.jacobian[:, 0]
    terms = (at.values[:, 0], 1 - F.cosine_similarity(slope, normals, dim=1), slope.norm(dim=1) - 1)
    return torch.stack(terms, dim=1)


def _off_surface(at: Derivatives, given: Tensor) -> Tensor:
    return torch.stack((torch.exp(-100 * at.values[:, 0].abs()), at.jacobian[:, 0].norm(dim=1) - 1), dim=1)


def _anywhere(count: int, seed: int) -> Sample:
    return Sample(uniform(count, 3, seed), torch.zeros(count, 0))


def tangent_planes(problem: Problem) -> NDArray[np.float32]:
    """Signed distance to the tangent plane at the nearest point of the cloud [Hoppe et al., SIGGRAPH 1992]."""
    from scipy.spatial import cKDTree

    cloud = problem.residuals[0].sample
    assert isinstance(cloud, Cloud)
    points, normals = cloud.points.numpy(), cloud.normals.numpy()
    coords = problem.coords.cpu().numpy()
    _, nearest = cKDTree(points).query(coords)
    distance: NDArray[np.float32] = ((coords - points[nearest]) * normals[nearest]).sum(axis=1)
    return distance.reshape(*problem.shape, 1)
