"""Low-dose CT: a slice from counts of photons, which are few where the body is thick.

The counts follow Poisson's law. A method may maximise their likelihood, or take logarithms and fit line integrals,
whose noise then depends on the path and is biased where hardly a photon arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from inrbench.tasks.baselines.tomography import fbp, pwls, tv
from inrbench.tasks.core.base import Baseline, Problem, Size, Task, grid_coords, picture
from inrbench.tasks.core.losses import L2, DataLoss, PoissonDeviance
from inrbench.tasks.core.radon import Radon, half_turn
from inrbench.tasks.core.transmission import Transmission
from inrbench.tasks.ct import MAX_RAYS
from inrbench.tasks.signals.signal import GRAY, Signal, SignalError


class LowDoseCT(Task):
    """Reconstruction of a slice from photon counts of parallel projections at angles evenly spaced over 180°.

    A bin expects dose · exp(-attenuation · p) photons, p being the line integral of `ct`, and counts a Poisson number
    of them. The classical methods work on the logarithms of the counts, in either case.

    Attributes:
        size: size of the slice in pixels: its longer side, [height, width], or None for its own size.
        angles: number of projections, at the angles k·180°/angles.
        dose: photons of a bin that nothing attenuates.
        attenuation: of a path through ones along the longer side. With 4 a bin behind it gets 1.8 % of the photons.
        data: ``counts`` trains on the counts by their likelihood, through the exponential; ``logs`` on the line
            integrals that the logarithms of the counts give, by least squares. Their weights, for a loss with
            ``weighted: true``, are the counts, as the variance of a logarithm is about one over its count.
        tv_weight: weight of the baselines ``tv`` and ``pwls``. Of 1e-5, 3e-5, … 1e-2 the best for `ct-head` at 64
            pixels with 40 angles and the default dose.
    """

    name, label, version = "low-dose-ct", "Low-dose CT", 1
    kinds = GRAY
    classical = {"tv": {"tv_weight": (1e-5, 1e-1)}, "pwls": {"tv_weight": (1e-5, 1e-1)}}
    metrics = ("psnr", "ssim", "psnr_circle")

    size: Size = None
    angles: int = Field(60, gt=0)
    dose: float = Field(1e3, gt=0)
    attenuation: float = Field(4.0, gt=0)
    data: Literal["counts", "logs"] = "counts"
    tv_weight: float = Field(1e-3, gt=0)

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=32), cls(size=32, data="logs"))

    def signals(self) -> tuple[str, ...]:
        return ("ct-small",)

    @property
    def random(self) -> bool:
        return True

    def problem(self, signal: Signal, seed: int) -> Problem:
        truth, shape = picture(signal, self.size)
        if truth.shape[1] != 1:
            raise SignalError(
                f"signal {signal.name!r} has {truth.shape[1]} channels and CT needs one; choose a gray picture"
            )
        if len(truth) * self.angles > MAX_RAYS:
            raise SignalError(f"signal {signal.name!r} with {self.angles} angles is too large; lower size or angles")
        operator = Transmission(Radon(shape, half_turn(self.angles)), self.dose, self.attenuation)
        generator = torch.Generator().manual_seed(seed)
        counts = torch.poisson(operator.forward(truth).double(), generator=generator).float()
        problem = Problem(grid_coords(shape), operator, counts, truth, shape)
        return problem if self.data == "counts" else of_logs(problem)

    def loss(self) -> DataLoss:
        return PoissonDeviance() if self.data == "counts" else L2()

    def baselines(self) -> Mapping[str, Baseline]:
        methods: dict[str, Baseline] = {
            "fbp": fbp,
            "tv": partial(tv, weight=self.tv_weight),
            "pwls": partial(pwls, weight=self.tv_weight),
        }
        return {name: partial(_from_logs, method) for name, method in methods.items()}


def of_logs(problem: Problem) -> Problem:
    """The linear problem of the line integrals that the counts stand for, with the counts as weights.

    Its noise is estimated from the counts alone: a logarithm of a count n has a variance of about 1/n.
    """
    operator = problem.operator
    assert isinstance(operator, Transmission)
    counts: Tensor = problem.measured.clamp(min=0.5)
    std = float((1 / counts).mean().sqrt()) / operator.attenuation
    return replace(
        problem,
        operator=operator.radon,
        measured=operator.logs(problem.measured),
        noise_std=std,
        weights=counts / counts.mean(),
    )


def _from_logs(method: Callable[[Problem], NDArray[np.float32]], problem: Problem) -> NDArray[np.float32]:
    return method(of_logs(problem) if isinstance(problem.operator, Transmission) else problem)
