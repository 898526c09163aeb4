"""Poisson reconstruction: the gradients of a picture are measured, and the picture is recovered up to a constant."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Self

from pydantic import Field
from torch import Tensor

from inrbench.tasks.baselines.integration import dct, tikhonov, tv
from inrbench.tasks.core.base import Baseline, Problem, Size, Task, draw, grid_coords, noise_like, picture
from inrbench.tasks.core.gradient import SCALE, Gradient, count_differences
from inrbench.tasks.signals.signal import PICTURES, Signal


class Poisson(Task):
    """Recover a picture from forward differences of neighbouring pixels, with noise or incomplete.

    Exact and complete differences are inverted by a cosine transform, so that there would be nothing to compare.
    A constant added to the picture changes no measurement: each channel of the reconstruction and of the truth is
    shifted to the mean 1/2 before it is scored and drawn.

    Attributes:
        size: of the picture: its longer side, [height, width], or None for the size it has.
        keep: the share of differences that are measured, drawn at random. Near 1/2 the measured ones no longer connect
            all pixels.
        noise: standard deviation of Gaussian noise on the differences, in units of the picture. The measurements are
            differences and noise divided by √8, which bounds the operator's norm by one.
        tv_weight: of the baseline ``tv``. Of 1e-4, 3e-4, 1e-3, 3e-3 and 1e-2 the best for most of `coffee`,
            `astronaut` and `coins` at 128 pixels, with all and with half of the differences. Without noise, 1e-4.
        smooth: of the baseline ``tikhonov``, the weight of all forward differences; of 0.01, 0.03, 0.1 and 0.3 the best
            for most of the same. Without noise, 0.01.
    """

    name, label, version = "poisson", "Pictures from gradients", 1
    kinds = PICTURES
    classical = {"tv": {"tv_weight": (1e-6, 1e-2)}, "tikhonov": {"smooth": (1e-4, 1.0)}}

    size: Size = None
    keep: float = Field(1.0, gt=0, le=1)
    noise: float = Field(0.05, ge=0)
    tv_weight: float = Field(1e-3, gt=0)
    smooth: float = Field(0.1, gt=0)

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=32), cls(size=32, keep=0.7, noise=0.0))

    def signals(self) -> tuple[str, ...]:
        return ("camera",)

    @property
    def random(self) -> bool:
        return super().random or self.keep < 1

    def problem(self, signal: Signal, seed: int) -> Problem:
        truth, shape = picture(signal, self.size)
        count = count_differences(shape)
        wanted = max(round(self.keep * count), 1)
        operator = Gradient(shape, draw(count, wanted, seed) if wanted < count else None)
        measured = operator.forward(truth)
        std = self.noise * SCALE
        if self.noise:
            # other random numbers than those of the rows
            measured = measured + noise_like(measured, std, seed ^ 1)
        return Problem(grid_coords(shape), operator, measured, truth, shape, noise_std=std or None)

    def baselines(self) -> Mapping[str, Baseline]:
        found: dict[str, Baseline] = {
            "tv": partial(tv, weight=self.tv_weight),
            "tikhonov": partial(tikhonov, smooth=self.smooth),
        }
        if self.keep < 1:
            return found | {"least-squares": partial(tikhonov, smooth=0.0)}
        return found | {"dct": dct}

    def comparable(self, values: Tensor) -> Tensor:
        return values - values.mean(dim=0) + 0.5
