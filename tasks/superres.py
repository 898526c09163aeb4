"""Super-resolution: recovery of a picture from means over blocks of its pixels.

The low resolution is a linear operator like any other, so the network is trained through it and needs no pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Self

from pydantic import Field

from inrbench.tasks.baselines.least_squares import least_squares
from inrbench.tasks.baselines.total_variation import tv
from inrbench.tasks.baselines.upsampling import bicubic, nearest
from inrbench.tasks.core.base import Baseline, Problem, Size, Task, grid_coords, noise_like, picture
from inrbench.tasks.core.operators import AreaAverage
from inrbench.tasks.signals.signal import PICTURES, Signal, SignalError


class SuperRes(Task):
    """Recovery of a picture from its means over blocks of ``factor`` x ``factor`` pixels.

    Both grids consist of pixel centres, so that the two pictures are aligned exactly.

    Attributes:
        size: size of the high-resolution picture in pixels, divisible by ``factor``: its longer side, [height, width],
            or None for its own size without the rows at the bottom and the columns at the right that fill no block.
        factor: side of a block in pixels.
        noise: standard deviation of Gaussian noise on the means, for pixel values in [0, 1].
        tv_weight: of the baseline ``tv``, which meets the measurements, as the interpolations do not: with the right
            weight it is the best classical method here. None leaves it out.
        smooth: of the baseline ``least-squares``, the weight of the forward differences. None leaves it out.
    """

    name, label, version = "superres", "Super-resolution", 1
    kinds = PICTURES
    classical = {"tv": {"tv_weight": (1e-6, 1e-1)}, "least-squares": {"smooth": (1e-4, 1.0)}}

    size: Size = None
    factor: int = Field(4, ge=2)
    noise: float = Field(0.0, ge=0)
    tv_weight: float | None = Field(None, gt=0)
    smooth: float | None = Field(None, gt=0)

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=(32, 48)), cls(size=(32, 48), noise=0.05, tv_weight=1e-3, smooth=0.01))

    def signals(self) -> tuple[str, ...]:
        return ("coffee",)

    def problem(self, signal: Signal, seed: int) -> Problem:
        truth, (height, width) = picture(signal, self.size)
        fits = height - height % self.factor, width - width % self.factor
        if min(fits) == 0:
            raise SignalError(
                f"signal {signal.name!r} of {height} x {width} pixels is smaller than a block of side {self.factor}; "
                "lower factor"
            )
        if self.size is None:
            truth = truth.reshape(height, width, -1)[: fits[0], : fits[1]].reshape(fits[0] * fits[1], -1)
        elif fits != (height, width):
            raise SignalError(
                f"signal {signal.name!r} of {height} x {width} pixels cannot be cut into blocks of side {self.factor}; "
                f"set size: [{fits[0]}, {fits[1]}]"
            )
        operator = AreaAverage(fits, self.factor)
        measured = operator.forward(truth)
        if self.noise:
            measured = measured + noise_like(measured, self.noise, seed)
        return Problem(grid_coords(fits), operator, measured, truth, fits, noise_std=self.noise or None)

    def baselines(self) -> Mapping[str, Baseline]:
        found: dict[str, Baseline] = {"bicubic": bicubic, "nearest": nearest}
        if self.tv_weight is not None:
            found["tv"] = partial(tv, weight=self.tv_weight, square_norm=1 / self.factor**2)
        if self.smooth is not None:
            found["least-squares"] = partial(least_squares, smooth=self.smooth)
        return found
