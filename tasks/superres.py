"""Super-resolution: the means over blocks of pixels are measured, and the pixels are asked for."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from tasks.baselines.upsampling import bicubic, nearest
from tasks.core.base import Baseline, Problem, Size, Task, grid_coords, noise_like, picture
from tasks.core.operators import AreaAverage
from tasks.signals.signal import Signal, SignalError


class SuperRes(Task):
    """Recover a picture from its means over blocks of ``factor`` x ``factor`` pixels.

    Pixels are placed by their centres on both grids, so that the two pictures lie exactly upon each other.

    Attributes:
        size: of the picture that is asked for, divisible by ``factor``: its longer side, [height, width], or None for
            the size it has, less the rows at the bottom and the columns at the right that fill no block.
        factor: side of a block.
        noise: standard deviation of Gaussian noise on the means.
    """

    name, label, version = "superres", "Super-resolution", 1

    size: Size = None
    factor: int = Field(4, ge=2)
    noise: float = Field(0.0, ge=0)

    def signals(self) -> tuple[str, ...]:
        return ("coffee",)

    @property
    def random(self) -> bool:
        return self.noise > 0

    def problem(self, signal: Signal, seed: int) -> Problem:
        truth, (height, width) = picture(signal, self.size)
        fits = height - height % self.factor, width - width % self.factor
        if min(fits) == 0:
            raise SignalError(
                f"signal {signal.name!r} of {height} x {width} pixels holds no block of side {self.factor}; "
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
        return {"bicubic": bicubic, "nearest": nearest}
