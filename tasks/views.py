"""Novel views: a scene is seen from some directions, and its pictures from other directions are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from inrbench.tasks.core.base import Baseline, Problem, Task, grid_coords, noise_like, require
from inrbench.tasks.core.metrics import METRICS
from inrbench.tasks.core.radiance import Radiance, cameras, count_samples, opacity, project, render_exact, values_of
from inrbench.tasks.signals.signal import Signal, SignalError

MAX_ENTRIES = 2**28
"""Largest number of entries of the sparse matrix: 2 GiB, and as many for its transpose."""

BACKGROUND = 0.02
"""A pixel this near to white shows the background alone."""


class HeldOut(Radiance):
    """The pictures that are measured, and with them those that are scored.

    Args:
        seen: (views, 3), directions to the cameras of the former.
        others: those of the latter.
        pictures: (others · pixels², 3), the exact ones.
    """

    def __init__(self, seen: NDArray[np.float64], others: NDArray[np.float64], n: int, pictures: Tensor) -> None:
        pixels = round((len(pictures) / len(others)) ** 0.5)
        super().__init__(seen, n, pixels)
        self.others, self.pictures = Radiance(others, n, pixels), pictures

    def novel(self, values: Tensor) -> NDArray[np.float32]:
        """The pictures of values (n³, 4) that are scored: (others, pixels, pixels, 3)."""
        with torch.no_grad():
            found: NDArray[np.float32] = self.others.forward(values.cpu().float()).numpy()
        return found.reshape(-1, self.pixels, self.pixels, 3)


class Views(Task):
    """Recover density and colour of a scene from pictures, and score pictures from other directions.

    The network gives a density and a colour at each voxel of a grid, and pictures of them are made by emission and
    absorption along rays. The measured pictures are the exact ones of the scene, so that no method inverts the operator
    that made them, and not even the truth on the grid reproduces them: a coarse grid limits what a score can reach.

    Attributes:
        size: number of voxels along each axis of [-1, 1]³.
        views: number of pictures that are measured, from directions spread over half a sphere.
        held_out: number of pictures that are scored, from directions between those.
        pixels: along each side of a picture.
        noise: standard deviation of Gaussian noise on the pictures, for pixel values in [0, 1].
    """

    name, label, version = "views", "Novel views", 1
    kinds = ("solids",)
    metrics = ("psnr", "ssim")

    size: int = Field(48, ge=8, le=128)
    views: int = Field(16, ge=2, le=256)
    held_out: int = Field(4, ge=1, le=64)
    pixels: int = Field(64, ge=8, le=256)
    noise: float = Field(0.0, ge=0)

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=16, views=6, held_out=2, pixels=16), cls(size=16, views=4, held_out=1, pixels=16, noise=0.02))

    def signals(self) -> tuple[str, ...]:
        return ("still-life",)

    def problem(self, signal: Signal, seed: int) -> Problem:
        require(signal, self.kinds, "choose a scene of solids such as still-life or pillars")
        if 8 * self.views * self.pixels**2 * count_samples(self.size) > MAX_ENTRIES:
            raise SignalError(
                f"signal {signal.name!r}: {self.views} pictures of {self.pixels} x {self.pixels} pixels and "
                f"{self.size} voxels along each axis need more than {MAX_ENTRIES:,} entries of a matrix; lower one"
            )
        shape = (self.size,) * 3
        coords = grid_coords(shape)
        truth = torch.from_numpy(values_of(signal.array, coords.double().numpy(), 2 / self.size).astype(np.float32))
        seen, others = cameras(self.views, self.held_out)
        exact, asked = (
            torch.from_numpy(render_exact(signal.array, directions, self.pixels).astype(np.float32))
            for directions in (seen, others)
        )
        measured = exact + noise_like(exact, self.noise, seed) if self.noise else exact
        operator = HeldOut(seen, others, self.size, asked)
        return Problem(coords, operator, measured, truth, shape, noise_std=self.noise or None)

    def baselines(self) -> Mapping[str, Baseline]:
        return {"visual-hull": visual_hull}

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        operator = problem.operator
        assert isinstance(operator, HeldOut)
        found = operator.novel(values)
        exact = operator.pictures.numpy().reshape(found.shape)
        ssim = [METRICS["ssim"].function(one, other) for one, other in zip(found, exact, strict=True)]
        return {"psnr": METRICS["psnr"].function(found, exact), "ssim": float(np.mean(ssim))}

    def comparable(self, values: Tensor) -> Tensor:
        """What is drawn: the colour of each voxel before white, as opaque as a tenth of the cube of it would be."""
        seen = opacity(values[:, :1], 0.2)
        return seen * values[:, 1:] + (1 - seen)


def visual_hull(problem: Problem) -> NDArray[np.float32]:
    """The voxels that no picture shows as background, each of the mean colour of its pixels [A. Laurentini, IEEE TPAMI
    16 (1994)]: (n, n, n, 4). It has no hollows and no translucency."""
    operator = problem.operator
    assert isinstance(operator, HeldOut)
    pictures = problem.measured.cpu().numpy().reshape(len(operator.directions), -1, 3)
    places = project(problem.coords.cpu().double().numpy(), operator.directions, operator.pixels)
    colours = np.stack([picture[place] for picture, place in zip(pictures, places, strict=True)])
    inside = (np.abs(colours - 1).max(axis=2) > BACKGROUND).all(axis=0)
    values = np.column_stack([np.where(inside, 1, -1), colours.mean(axis=0)]).astype(np.float32)
    return problem.grid(torch.from_numpy(values))
