"""What a task is: a family of linear inverse problems over named signals.

Every problem has the same parts. A network f maps ``coords`` to values on a grid; a linear ``operator`` A maps those
values to what was ``measured``; training minimises the mean square of A f(coords) - y; the result is scored against
the ``truth``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict
from torch import Tensor

from tasks.core.operators import Operator
from tasks.signals.resize import resize
from tasks.signals.signal import PICTURES, Signal, SignalError

MIN_SIDE = 8
"""Fewer pixels a side make no picture, and SSIM's windows would not fit."""


@dataclass(frozen=True)
class Problem:
    """One loaded case.

    Attributes:
        coords: (N, d) float32, pixel centres in (-1, 1), rows in the grid's row-major order, first axis first.
        operator: maps (N, C) values to (M, C) measurements.
        measured: (M, C) float32, noise included.
        truth: (N, C) float32, in [0, 1] for pictures and shapes, in [-1, 1] for audio.
        shape: the grid, e.g. (H, W); its product is N.
        noise_std: root mean square of the noise on ``measured``, as far as one who measures knows it, which the
            discrepancy principle needs; None where there is no noise.
    """

    coords: Tensor
    operator: Operator
    measured: Tensor
    truth: Tensor
    shape: tuple[int, ...]
    noise_std: float | None = None

    def unseen(self) -> NDArray[np.bool_]:
        """(N,): which grid points were not measured; only where the operator picks points."""
        unseen = np.ones(len(self.truth), dtype=np.bool_)
        rows = self.operator.rows
        assert rows is not None, "the operator mixes grid points"
        unseen[rows.cpu().numpy() if isinstance(rows, Tensor) else rows] = False
        return unseen

    def grid(self, values: Tensor) -> NDArray[np.float32]:
        """(N, C) values as an array of shape (*shape, C), on the CPU."""
        array: NDArray[np.float32] = values.detach().cpu().float().numpy()
        return array.reshape(*self.shape, values.shape[-1])


def _size(value: Any) -> Any:
    """Checks a size here, in one message, where the union of types would complain once for each of its members."""
    sides = value if isinstance(value, list | tuple) else (value,)
    right = all(isinstance(side, int) and not isinstance(side, bool) and side >= MIN_SIDE for side in sides)
    if value is not None and not (right and (sides is not value or len(sides) == 2)):
        raise ValueError(
            f"a size is the longer side in pixels, or [height, width], of at least {MIN_SIDE}, "
            "or null for the signal's own"
        )
    return tuple(value) if isinstance(value, list) else value


Size = Annotated[int | tuple[int, int] | None, BeforeValidator(_size)]
"""A parameter that says how large the truth is: the longer side, (height, width) (a list in YAML), or None."""

Baseline = Callable[[Problem], NDArray[np.float32]]
"""A classical method: takes the problem, returns its reconstruction of shape (*shape, C)."""


class Task(BaseModel):
    """Base of every task: a frozen, typed configuration, and how it turns a signal into a problem.

    Class attributes:
        name, label, version: as for activations; raise ``version`` whenever the same parameters give a different
        problem. metrics: names from `tasks.core.metrics.METRICS`; the first is the headline.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    name: ClassVar[str]
    label: ClassVar[str]
    version: ClassVar[int]
    metrics: ClassVar[tuple[str, ...]] = ("psnr", "ssim")

    def signals(self) -> tuple[str, ...]:
        """The names of the signals a suite gets when it names none."""
        raise NotImplementedError

    def problem(self, signal: Signal, seed: int) -> Problem:
        """The problem that this task poses with a signal. ``seed`` rules whatever is random in it.

        Raises:
            tasks.signals.load.SignalError: if the signal does not fit the task (its size, its number of channels).
        """
        raise NotImplementedError

    @property
    def random(self) -> bool:
        """Whether `problem` depends on its seed. Where it does not, a baseline is computed once, not once a repeat."""
        return False

    def baselines(self) -> Mapping[str, Baseline]:
        """The classical answers shown in the same table, by name."""
        return {}

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        """Every metric of a reconstruction: (N, C) values -> {metric: value}.

        A task may add metrics of one part, named like ``freq_error/3``. It must not change ``values``.
        """
        from tasks.core.metrics import METRICS

        estimate, truth = problem.grid(values), problem.grid(problem.truth)
        return {name: METRICS[name].function(estimate, truth) for name in self.metrics}


def require(signal: Signal, kinds: tuple[str, ...], remedy: str) -> None:
    """Refuse a signal of another kind.

    Raises:
        tasks.signals.load.SignalError: naming the signal, its kind, the kinds that fit and ``remedy``.
    """
    if signal.kind not in kinds:
        raise SignalError(
            f"signal {signal.name!r} is of kind {signal.kind} and this task needs {' or '.join(kinds)}; {remedy}"
        )


def picture(signal: Signal, size: int | tuple[int, int] | None = None) -> tuple[Tensor, tuple[int, int]]:
    """A signal at a size as (H·W, C) float32 values in grid order, and the grid (H, W).

    Raises:
        tasks.signals.load.SignalError: if the signal is no picture or smaller than the size.
    """
    require(signal, PICTURES, "choose a picture such as camera")
    array = resize(signal.array, size, f"signal {signal.name!r}")
    height, width, channels = array.shape
    return torch.from_numpy(array).reshape(-1, channels), (height, width)


def draw(n: int, count: int, seed: int) -> Tensor:
    """``count`` of the first ``n`` integers, each at most once, ascending; the same for the same seed."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))[:count].sort().values


def noise_like(values: Tensor, std: float, seed: int) -> Tensor:
    """Gaussian noise of a standard deviation, the same for the same seed on every device: drawn on the CPU."""
    return std * torch.randn(values.shape, generator=torch.Generator().manual_seed(seed), dtype=values.dtype)


def grid_coords(shape: tuple[int, ...]) -> Tensor:
    """Pixel centres (2i+1)/N - 1 along each axis: (prod(shape), len(shape)) float32, row-major."""
    axes = [(2 * torch.arange(n, dtype=torch.float64) + 1) / n - 1 for n in shape]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).reshape(-1, len(shape)).float()
