"""Denoising: every pixel is measured, with noise, and the picture without it is asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from tasks.baselines.denoising import nl_means, noisy, tv
from tasks.core.base import Baseline, Problem, Size, Task, grid_coords, noise_like, picture
from tasks.core.operators import Identity
from tasks.signals.signal import Signal


class Denoise(Task):
    """Recover a picture from a noisy one. Nothing but the noisy picture and the strength of its noise is known.

    A network that is trained for long enough fits the noise, so the number of steps is part of the method; the
    headline is the last step's score, never the best one's. `Problem.noise_std` is what the discrepancy principle
    needs for stopping without the truth.

    Attributes:
        size: of the picture: its longer side, [height, width], or None for the size it has.
        noise: ``gaussian``, which adds noise of standard deviation ``sigma``; or ``poisson``, the camera of
            V. Saragadam et al. (WIRE), CVPR 2023: (P(tau · x) + N(0, readout²)) / tau, where P counts photons.
        sigma: for ``gaussian``.
        tau: for ``poisson``, photons that the brightest pixel counts on average.
        readout: for ``poisson``, standard deviation of the noise that reading adds, in photons.
        tv_weight: of the baseline ``tv``, in units of the noise's standard deviation. The best of 0.4, 0.6, 0.8, 1.0,
            1.2 and 1.5 for most of `coffee`, `astronaut`, `rocket` and `camera` at 128 pixels, with sigma of 0.05, 0.1
            and 0.2 and with photons.
    """

    name, label, version = "denoise", "Denoising", 1

    size: Size = None
    noise: Literal["gaussian", "poisson"] = "gaussian"
    sigma: float = Field(0.1, gt=0)
    tau: float = Field(30.0, gt=0)
    readout: float = Field(2.0, ge=0)
    tv_weight: float = Field(0.8, gt=0)

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
        """What a camera counts, in units of the picture, and the strength of its noise as the counts tell it.

        A count has its mean as its variance, so the mean of the counts estimates the photons' part without the truth.
        """
        generator = torch.Generator().manual_seed(seed)
        counts = torch.poisson(self.tau * truth.double(), generator=generator)
        counts += self.readout * torch.randn(truth.shape, generator=generator, dtype=torch.float64)
        variance = max(float(counts.mean()), 0) + self.readout**2
        return (counts / self.tau).float(), math.sqrt(variance) / self.tau

    def baselines(self) -> Mapping[str, Baseline]:
        return {"noisy": noisy, "tv": partial(tv, weight=self.tv_weight), "nl-means": nl_means}
