"""Computed tomography: reconstruction of a slice from its line integrals at a number of angles.

It is the linear inverse problem with the strongest mixing here: every measurement depends on a whole line of pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Literal, Self

from pydantic import Field

from inrbench.tasks.baselines.tomography import fbp, tv
from inrbench.tasks.core.base import Baseline, Problem, Size, Task, grid_coords, noise_like, picture
from inrbench.tasks.core.radon import Radon, ellipses_sinogram, half_turn
from inrbench.tasks.signals.phantoms import exact_ellipses
from inrbench.tasks.signals.signal import GRAY, Signal, SignalError

MAX_RAYS = 2**31 // 3
"""Limit of pixels × angles: a pixel meets at most three bins, and the sparse matrix has 32-bit indices."""


class CT(Task):
    """Reconstruction of a slice from parallel projections at angles evenly spaced over 180°.

    The same operator generates and inverts the data (the so-called inverse crime), which makes the problem easier for
    every method alike; ``noise`` makes it harder, and ``samples: analytic`` avoids it.

    Attributes:
        size: size of the slice in pixels: its longer side, [height, width], or None for its own size.
        angles: number of projections, at the angles k·180°/angles.
        noise: standard deviation of Gaussian noise on the projections, as a share of their largest value.
        samples: ``analytic`` for the exact line integrals of a phantom of ellipses, such as `shepp-logan` or
            `phantom-1`, so that no operator on pixels made the data; ``mixed`` for these where the signal is such a
            phantom and those of the operator where it is a picture; None for those of the operator.
        tv_weight: weight of the baseline ``tv``. Chosen from 1e-5, 3e-5, 1e-4, … at 128 pixels, 60 angles and no noise,
            on pictures that are no CT slices: the best for `coins` and `brick`, and above 45 dB for `shepp-logan`. For
            a noise of 0.01, use 3e-4 to 1e-3.
    """

    name, label, version = "ct", "CT", 1
    kinds = GRAY
    classical = {"tv": {"tv_weight": (1e-6, 1e-2)}}
    metrics = ("psnr", "ssim", "psnr_circle")

    size: Size = None
    angles: int = Field(60, gt=0)
    noise: float = Field(0.0, ge=0)
    samples: Literal["analytic", "mixed"] | None = None
    tv_weight: float = Field(3e-5, gt=0)

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=32), cls(size=32, noise=0.02, samples="mixed"))

    def signals(self) -> tuple[str, ...]:
        return ("ct-small",)

    def problem(self, signal: Signal, seed: int) -> Problem:
        truth, shape = picture(signal, self.size)
        channels = truth.shape[-1]
        if channels != 1:
            raise SignalError(f"signal {signal.name!r} has {channels} channels and CT needs one; choose a gray picture")
        if len(truth) * self.angles > MAX_RAYS:
            raise SignalError(
                f"signal {signal.name!r} of {shape[0]} x {shape[1]} pixels with {self.angles} angles can need a matrix "
                "of more than 2³¹ entries; lower size or angles"
            )
        operator = Radon(shape, half_turn(self.angles))
        ellipses = exact_ellipses(signal.name, shape, self.samples)
        measured = operator.forward(truth) if ellipses is None else ellipses_sinogram(ellipses, operator)
        std = self.noise * float(measured.max())
        if self.noise:
            measured = measured + noise_like(measured, std, seed)
        return Problem(grid_coords(shape), operator, measured, truth, shape, noise_std=std or None)

    def baselines(self) -> Mapping[str, Baseline]:
        return {"fbp": fbp, "tv": partial(tv, weight=self.tv_weight)}
