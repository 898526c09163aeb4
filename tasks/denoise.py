"""Denoising: recovery of a picture from a noisy measurement of every pixel.

It measures the implicit prior of a network, because fitting the measurements exactly reproduces the noise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Literal, Self

import torch
from pydantic import Field
from torch import Tensor

from inrbench.tasks.baselines.denoising import nl_means, noisy, tv
from inrbench.tasks.core.base import Baseline, Problem, Size, Task, grid_coords, noise_like, picture
from inrbench.tasks.core.operators import Identity
from inrbench.tasks.signals.signal import PICTURES, Signal


class Denoise(Task):
    """Recovery of a picture from a noisy one, given only the noisy picture and the standard deviation of the noise.

    A network that is trained for long enough fits the noise, so the number of steps is part of the method. The
    headline is therefore the score at the last step, never the best one. `Problem.noise_std` allows early stopping by
    the discrepancy principle, without the truth.

    Attributes:
        size: size of the picture in pixels: its longer side, [height, width], or None for its own size.
        noise: ``gaussian`` adds noise of standard deviation ``sigma``; ``poisson`` is the camera model of V. Saragadam
            et al. (WIRE), CVPR 2023: (P(tau · x) + N(0, readout²)) / tau, with P a Poisson count of photons.
        sigma: standard deviation of ``gaussian`` noise, for pixel values in [0, 1].
        tau: for ``poisson``, the expected number of photons at a pixel of value 1.
        readout: for ``poisson``, the standard deviation of the readout noise in photons.
        tv_weight: weight of the baseline ``tv`` in units of the noise's standard deviation. The best of 0.4, 0.6, 0.8,
            1.0, 1.2 and 1.5 for most of `coffee`, `astronaut`, `rocket` and `camera` at 128 pixels, with sigma of 0.05,
            0.1 and 0.2 and with ``poisson`` noise.
    """

    name, label, version = "denoise", "Denoising", 1
    kinds = PICTURES
    classical = {"tv": {"tv_weight": (0.1, 3.0)}}

    size: Size = None
    noise: Literal["gaussian", "poisson"] = "gaussian"
    sigma: float = Field(0.1, gt=0)
    tau: float = Field(30.0, gt=0)
    readout: float = Field(2.0, ge=0)
    tv_weight: float = Field(0.8, gt=0)

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=32), cls(size=32, noise="poisson"))

    def signals(self) -> tuple[str, ...]:
        return ("chelsea",)

    @property
    def random(self) -> bool:
        return True

    def problem(self, signal: Signal, seed: int) -> Problem:
        truth, shape = picture(signal, self.size)
        if self.noise == "gaussian":
            measured, std = truth + noise_like(truth, self.sigma, seed), self.sigma
        else:
            measured, std = self._counted(truth, seed)
        return Problem(grid_coords(shape), Identity(len(truth)), measured, truth, shape, noise_std=std)

    def _counted(self, truth: Tensor, seed: int) -> tuple[Tensor, float]:
        """Poisson measurements divided by tau, and the standard deviation of their noise as estimated from the counts.

        The variance of a Poisson count equals its mean, so the mean count estimates the shot noise without the truth.
        """
        generator = torch.Generator().manual_seed(seed)
        counts = torch.poisson(self.tau * truth.double(), generator=generator)
        counts += self.readout * torch.randn(truth.shape, generator=generator, dtype=torch.float64)
        variance = max(float(counts.mean()), 0) + self.readout**2
        return (counts / self.tau).float(), math.sqrt(variance) / self.tau

    def baselines(self) -> Mapping[str, Baseline]:
        return {"noisy": noisy, "tv": partial(tv, weight=self.tv_weight), "nl-means": nl_means}
