"""Deblurring: a picture convolved with a known kernel is measured, with noise, and the sharp one is recovered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from torch import Tensor

from inrbench.tasks.baselines.deconvolution import wiener
from inrbench.tasks.baselines.least_squares import least_squares
from inrbench.tasks.baselines.total_variation import tv
from inrbench.tasks.core.base import Baseline, Problem, Size, Task, grid_coords, noise_like, picture
from inrbench.tasks.core.fourier import Convolution
from inrbench.tasks.core.metrics import METRICS
from inrbench.tasks.signals.signal import PICTURES, Signal, SignalError

SIGMA, LENGTH, ANGLE = 1.5, 9.0, 30.0


class Deblur(Task):
    """Recover a picture from its convolution with a known kernel.

    Only the valid region is measured, whose every pixel is a mean of pixels of the picture, so that no condition at the
    border is assumed that a real camera would break. A margin of half a kernel is seen less well than the rest.

    Attributes:
        size: of the picture: its longer side, [height, width], or None for the size it has.
        kernel: ``gaussian`` of standard deviation ``sigma``; or ``motion`` along a line of ``length`` pixels.
        sigma: in pixels.
        length: in pixels.
        angle: of the motion, in degrees from the horizontal, anticlockwise.
        noise: standard deviation of Gaussian noise on the blurred picture.
        scored: ``valid`` scores the pixels in the middle of whose kernel is a measurement; None all of them, also the
            margin of half a kernel, of whose pixels next to nothing is measured. In a picture of 48 pixels the margin
            of the default kernel is 44 % of them.
        tv_weight: of the baseline ``tv``. Of 3e-5, 1e-4, 3e-4 and 1e-3 the best for `coffee`, `camera` and `rocket` at
            128 pixels, with both kernels and the noise 0.01.
        smooth: of the baseline ``tikhonov``, the weight of the forward differences; of 0.01, 0.03, 0.1 and 0.2 the best
            for the same.
        balance: of the baseline ``wiener``; of 0.001, 0.003, 0.01, 0.03 and 0.1 the best on average for the same.
    """

    name, label, version = "deblur", "Deblurring", 1
    kinds = PICTURES
    classical = {
        "tv": {"tv_weight": (1e-5, 1e-2)},
        "tikhonov": {"smooth": (1e-3, 1.0)},
        "wiener": {"balance": (1e-4, 1.0)},
    }

    size: Size = None
    kernel: Literal["gaussian", "motion"] = "gaussian"
    sigma: float = Field(SIGMA, gt=0, le=50)
    length: float = Field(LENGTH, ge=1, le=200)
    angle: float = Field(ANGLE, ge=-180, le=180)
    noise: float = Field(0.01, ge=0)
    scored: Literal["valid"] | None = None
    tv_weight: float = Field(1e-3, gt=0)
    smooth: float = Field(0.1, gt=0)
    balance: float = Field(0.03, gt=0)

    @model_validator(mode="after")
    def _of_this_kernel(self) -> Deblur:
        if self.kernel == "motion" and self.sigma != SIGMA:
            raise ValueError("sigma has no effect on the kernel motion; leave it out")
        if self.kernel == "gaussian" and (self.length, self.angle) != (LENGTH, ANGLE):
            raise ValueError("length and angle have no effect on the kernel gaussian; leave them out")
        return self

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=48), cls(size=48, kernel="motion", noise=0.0), cls(size=48, scored="valid"))

    def signals(self) -> tuple[str, ...]:
        return ("astronaut",)

    def problem(self, signal: Signal, seed: int) -> Problem:
        truth, shape = picture(signal, self.size)
        kernel = gaussian_kernel(self.sigma) if self.kernel == "gaussian" else motion_kernel(self.length, self.angle)
        if 2 * max(kernel.shape) > min(shape):
            raise SignalError(
                f"signal {signal.name!r} of {shape[0]} x {shape[1]} pixels is too small for a kernel of "
                f"{kernel.shape[0]} x {kernel.shape[1]}; raise size, or lower sigma or length"
            )
        operator = Convolution(shape, kernel)
        measured = operator.forward(truth)
        if self.noise:
            measured = measured + noise_like(measured, self.noise, seed)
        return Problem(grid_coords(shape), operator, measured, truth, shape, noise_std=self.noise or None)

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        if self.scored is None:
            return super().score(problem, values)
        assert isinstance(problem.operator, Convolution)
        (top, height), (left, width) = (
            ((n - valid) // 2, valid) for n, valid in zip(problem.shape, problem.operator.valid, strict=True)
        )
        inside = (slice(top, top + height), slice(left, left + width))
        estimate, truth = (problem.grid(each)[inside] for each in (values, problem.truth))
        return {name: METRICS[name].function(estimate, truth) for name in self.metrics}

    def baselines(self) -> Mapping[str, Baseline]:
        return {
            "tv": partial(tv, weight=self.tv_weight),
            "tikhonov": partial(least_squares, smooth=self.smooth),
            "wiener": partial(wiener, balance=self.balance),
        }


def gaussian_kernel(sigma: float) -> NDArray[np.float64]:
    """exp(-r²/2σ²) at whole pixels up to 4σ along each axis, of sum one: (k, k) with odd k."""
    reach = math.ceil(4 * sigma)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel: NDArray[np.float64] = np.outer(weights, weights) / weights.sum() ** 2
    return kernel


def motion_kernel(length: float, angle: float) -> NDArray[np.float64]:
    """A segment of ``length`` pixels through the middle, ``angle`` degrees anticlockwise from the right: odd sides.

    Points along the segment, thirty to a pixel, each share their weight among the four pixels next to them, bilinearly.
    """
    t = (np.arange(math.ceil(30 * length)) + 0.5) / math.ceil(30 * length) - 0.5
    # rounded, so that a segment along an axis stays in one row or column
    direction = round(-math.sin(math.radians(angle)), 12), round(math.cos(math.radians(angle)), 12)
    reach = [math.ceil(length / 2 * abs(d) - 1e-9) for d in direction]
    at = [t * length * d + r for d, r in zip(direction, reach, strict=True)]
    kernel: NDArray[np.float64] = np.zeros([2 * r + 1 for r in reach])
    for (i, down), (j, right) in ((p, q) for p in _hats(at[0]) for q in _hats(at[1])):
        inside = (down > 0) & (right > 0)
        np.add.at(kernel, (i[inside], j[inside]), (down * right)[inside])
    kernel /= kernel.sum()
    return kernel


def _hats(at: NDArray[np.float64]) -> list[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    low = np.floor(at)
    return [((low + step).astype(np.int64), 1 - np.abs(at - low - step)) for step in (0, 1)]
