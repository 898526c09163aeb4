"""Compressive sensing: fewer random mixtures of all pixels than there are pixels are measured."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Self

import torch
from pydantic import Field

from inrbench.tasks.baselines.least_squares import adjoint
from inrbench.tasks.baselines.total_variation import tv
from inrbench.tasks.core.base import Baseline, Problem, Size, Task, draw, grid_coords, noise_like, picture
from inrbench.tasks.core.fourier import RandomCosine
from inrbench.tasks.signals.signal import PICTURES, Signal


class Compressive(Task):
    """Recover a picture from some coefficients of a randomised cosine transform, the model of a one-pixel camera.

    Every measurement weighs all pixels alike, so that nothing but the prior of the method, here the network's, can tell
    the picture from the others with the same measurements. The pixels' signs and the rows are random, and all channels
    share them.

    Attributes:
        size: of the picture: its longer side, [height, width], or None for the size it has.
        keep: number of measurements over number of pixels.
        noise: standard deviation of Gaussian noise on the measurements. The rows are orthonormal.
        tv_weight: of the baseline ``tv``. Of 3e-4, 1e-3, 3e-3, 1e-2 and 3e-2 the best, or within 0.1 dB of it, for
            `coffee`, `camera` and `coins` at 128 pixels, with a quarter and with a tenth of the measurements.
    """

    name, label, version = "compressive", "Compressive sensing", 2
    kinds = PICTURES
    classical = {"tv": {"tv_weight": (1e-4, 1e-1)}}

    size: Size = None
    keep: float = Field(0.25, gt=0, lt=1)
    noise: float = Field(0.01, ge=0)
    tv_weight: float = Field(3e-3, gt=0)

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=32), cls(size=32, keep=0.5, noise=0.0))

    def signals(self) -> tuple[str, ...]:
        return ("chelsea",)

    @property
    def random(self) -> bool:
        return True

    def problem(self, signal: Signal, seed: int) -> Problem:
        truth, shape = picture(signal, self.size)
        n = len(truth)
        signs = 2 * torch.randint(2, (n,), generator=torch.Generator().manual_seed(seed)) - 1
        operator = RandomCosine(shape, draw(n, max(round(self.keep * n), 1), seed), signs)
        measured = operator.forward(truth)
        if self.noise:
            # other random numbers than those of the rows
            measured = measured + noise_like(measured, self.noise, seed ^ 1)
        return Problem(grid_coords(shape), operator, measured, truth, shape, noise_std=self.noise or None)

    def baselines(self) -> Mapping[str, Baseline]:
        return {"tv": partial(tv, weight=self.tv_weight), "least-norm": adjoint}
