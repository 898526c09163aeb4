"""Base class of tasks: a task is a family of inverse problems, one for each signal.

All problems have the same parts, so that one training loop serves every task. A network f maps ``coords`` to values on
a grid, an ``operator`` A maps these values to measurements, and training minimises the task's `loss`, a mean over the
measurements, of A f(coords) and ``measured``. The reconstruction f(coords) is scored against the ``truth``. A problem
that is not of this form brings residuals of the network's derivatives instead (`inrbench.tasks.core.residuals`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, field_validator
from torch import Tensor

from inrbench.tasks.core.losses import L2, DataLoss
from inrbench.tasks.core.metrics import METRICS
from inrbench.tasks.core.operators import Operator
from inrbench.tasks.core.residuals import Residual
from inrbench.tasks.signals.resize import resize, target
from inrbench.tasks.signals.signal import MIN_SIDE, PICTURES, Signal, SignalError, pixel_centres

MOST_PHOTONS = 1e15
"""The most photons that a count may expect: of means above 9.2e18 torch.poisson draws negative numbers."""


@dataclass(frozen=True)
class Problem:
    """One inverse problem, with its data loaded: N grid points in d dimensions, M measurements, C channels.

    Attributes:
        coords: (N, d) float32, pixel centres in (-1, 1), in row-major order of the grid.
        operator: map from (N, C) values to (M, C) measurements.
        measured: (M, C) float32, with noise. Complex numbers are two channels, or twice as many rows.
        truth: (N, C) float32, in [0, 1] for pictures and shapes, in [-1, 1] for audio.
        shape: shape of the grid, e.g. (H, W); its product is N.
        noise_std: root mean square of the noise on ``measured``, estimated without the truth, for early stopping by the
            discrepancy principle; None if there is no noise. Where another operator made the data, the truth misses
            them by more than this, and that rule is refused.
        residuals: used in training instead of measurements; then there are no measurements, and ``operator`` is
            `inrbench.tasks.core.residuals.Unmeasured`.
        weights: (M, 1) or (M, C), relative weights of the measurements, of mean 1, for a loss that is ``weighted``;
            None if the task has none.
    """

    coords: Tensor
    operator: Operator
    measured: Tensor
    truth: Tensor
    shape: tuple[int, ...]
    noise_std: float | None = None
    residuals: tuple[Residual, ...] = ()
    weights: Tensor | None = None

    def __post_init__(self) -> None:
        for name in ("measured", "truth"):
            if getattr(self, name).is_complex():
                raise ValueError(
                    f"{name} is complex, and all here is real; give its real and imaginary part as two channels "
                    "(torch.view_as_real), as the task mri does"
                )
            if not bool(torch.isfinite(getattr(self, name)).all()):
                raise ValueError(
                    f"{name} has values that are not finite; lower the task's noise, or choose another signal"
                )
        if self.residuals and len(self.measured):
            raise ValueError("a problem has measurements or residuals; make its measurements one of the residuals")

    @property
    def sampled(self) -> bool:
        """Whether every grid point is measured by itself: the operator is the identity."""
        return isinstance(self.operator.rows, slice)

    def samples(self) -> Tensor:
        """A copy of the measurements as samples on the grid, (*shape, C) on the CPU.

        Raises:
            ValueError: unless every grid point is measured by itself.
        """
        if not self.sampled:
            raise ValueError(f"{type(self.operator).__name__} does not measure each grid point by itself")
        return self.measured.detach().cpu().clone().reshape(*self.shape, -1)

    def unseen(self) -> NDArray[np.bool_]:
        """Boolean mask (N,) of the grid points that were not measured.

        Raises:
            ValueError: if the operator mixes grid points, so that none of them is measured by itself.
        """
        unseen = np.ones(len(self.truth), dtype=np.bool_)
        rows = self.operator.rows
        if rows is None:
            raise ValueError(f"{type(self.operator).__name__} mixes grid points; use an operator that selects them")
        unseen[rows.cpu().numpy() if isinstance(rows, Tensor) else rows] = False
        return unseen

    def unseen_scores(self, values: Tensor, metrics: Iterable[str]) -> dict[str, float]:
        """Metrics over the grid points that were not measured: (N, C) values -> {metric: value}.

        At the measured points a score shows how well known values are fitted, not how well the others are recovered.

        Raises:
            ValueError: as for `unseen`.
        """
        unseen = self.unseen().reshape(self.shape)
        estimate, truth = self.grid(values)[unseen], self.grid(self.truth)[unseen]
        return {name: METRICS[name].function(estimate, truth) for name in metrics}

    def grid(self, values: Tensor) -> NDArray[np.float32]:
        """Values (N, C) as an array (*shape, C) on the CPU."""
        array: NDArray[np.float32] = values.detach().cpu().float().numpy()
        return array.reshape(*self.shape, values.shape[-1])


def _size(value: Any) -> Any:
    """A checked size. pydantic's own check of the union would give one message for each member type."""
    sides = value if isinstance(value, list | tuple) else (value,)
    right = all(isinstance(side, int) and not isinstance(side, bool) and side >= MIN_SIDE for side in sides)
    if value is not None and not (right and (sides is not value or len(sides) == 2)):
        raise ValueError(
            f"a size is the longer side in pixels, or [height, width], of at least {MIN_SIDE}, "
            "or null for the signal's own size"
        )
    return tuple(value) if isinstance(value, list) else value


Size = Annotated[int | tuple[int, int] | None, BeforeValidator(_size)]
"""Type of a parameter for the size of a picture in pixels: longer side, (height, width), or None for its own size.

In YAML the pair is a list. Sides below `MIN_SIDE` are a validation error.
"""

Baseline = Callable[[Problem], NDArray[np.float32]]
"""Classical method without training: problem -> reconstruction (*shape, C)."""


class Task(BaseModel):
    """Base class of tasks: frozen, typed parameters and the methods that make a problem from a signal and score it.

    A parameter that is added later must be None by default and then have no effect, because every other value becomes
    part of the identity of jobs.

    Class attributes:
        name: lower-case name with dashes, as written in suites.
        label: name in reports and in the documentation, as a heading has it: ``Super-resolution``.
        version: number to raise when the same parameters give another problem; it is part of every job's identity.
        classical: parameters of the classical methods, by the method's name, with the lowest and highest value that a
            search tries. A suite may set them for one method (``classical: {tv: {tv_weight: 3.0e-4}}``), which does not
            change the identity of other jobs.
        metrics: names from `inrbench.tasks.core.metrics.METRICS`; the first one is the headline.
        kinds: the kinds of signals that it can use, for `check`; empty if only `problem` knows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    name: ClassVar[str]
    label: ClassVar[str]
    version: ClassVar[int]
    classical: ClassVar[Mapping[str, Mapping[str, tuple[float, float]]]] = {}
    metrics: ClassVar[tuple[str, ...]] = ("psnr", "ssim")
    kinds: ClassVar[tuple[str, ...]] = ()

    @field_validator("tau", "dose", check_fields=False)
    @classmethod
    def _countable(cls, photons: Any) -> Any:
        """Parameters of these names are the expected photons of a full signal."""
        if isinstance(photons, int | float) and photons > MOST_PHOTONS:
            raise ValueError(f"more than {MOST_PHOTONS:g} photons cannot be drawn; lower it")
        return photons

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        """Small variants, one at least for each kind of problem that the parameters choose, for the conformance checks.

        The default is the task with a ``size`` of 32 if it has one, or else with its defaults.
        """
        return (cls.model_validate({"size": 32} if "size" in cls.model_fields else {}),)

    def signals(self) -> tuple[str, ...]:
        """Names of the default signals, for suites that list none."""
        raise NotImplementedError

    def check(self, signal: Signal) -> None:
        """Refuse a user's file that the task cannot use, when a suite is laid out and before any of its jobs runs.

        Raises:
            SignalError: if the signal is of another kind than `kinds`, or a picture smaller than the task's ``size``.
        """
        if self.kinds:
            require(signal, self.kinds, "choose another file" + (" or save it as gray" * (signal.kind == "image-rgb")))
        size = getattr(self, "size", None)
        if signal.kind in PICTURES and size is not None:
            height, width = signal.array.shape[:2]
            target(height, width, size, f"signal {signal.name!r}")

    def problem(self, signal: Signal, seed: int) -> Problem:
        """The inverse problem for a signal. All randomness (noise, masks) must depend on ``seed`` only.

        Raises:
            SignalError: if the signal does not fit the task (kind, size, number of channels).
        """
        raise NotImplementedError

    @property
    def random(self) -> bool:
        """Whether `problem` depends on its seed: by default, whether a parameter ``noise`` is above 0.

        If not, a baseline runs once instead of once for each repeat.
        """
        noise = getattr(self, "noise", 0)
        return isinstance(noise, int | float) and noise > 0

    @property
    def derivatives(self) -> int:
        """How often a network must be differentiable: the highest order of the problem's residuals, 0 without any."""
        return 0

    def baselines(self) -> Mapping[str, Baseline]:
        """Classical methods by name, which appear in the same tables as the networks."""
        return {}

    def loss(self) -> DataLoss:
        """What training minimises, unless the suite names another (``train: {loss: …}``): the mean square."""
        return L2()

    def comparable(self, values: Tensor) -> Tensor:
        """The part of values that is scored and drawn, of a reconstruction and of the truth alike: (N, C) -> (N, c).

        If the measurements leave something open, such as a constant, remove it here. By default nothing is removed.
        """
        return values

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        """Metrics of a reconstruction: (N, C) values -> {metric: value}.

        A task may add metrics of one part, named like ``freq_error/3``. It must not modify ``values``.
        """
        estimate, truth = (problem.grid(self.comparable(signal)) for signal in (values, problem.truth))
        return {name: METRICS[name].function(estimate, truth) for name in self.metrics}


def require(signal: Signal, kinds: tuple[str, ...], remedy: str) -> None:
    """Check of the kind of a signal, at the start of `Task.problem`.

    Args:
        signal: the signal of the problem.
        kinds: the kinds that the task accepts, from `inrbench.tasks.signals.signal.KINDS`.
        remedy: end of the error message: a signal to choose instead.

    Raises:
        SignalError: if the kind is not among them.
    """
    if signal.kind not in kinds:
        raise SignalError(
            f"signal {signal.name!r} is of kind {signal.kind} and this task needs {' or '.join(kinds)}; {remedy}"
        )


def picture(signal: Signal, size: Size = None) -> tuple[Tensor, tuple[int, int]]:
    """A picture reduced to a size: (H·W, C) float32 values in row-major order, and the shape (H, W) of the grid.

    Raises:
        SignalError: if the signal is not a picture, or smaller than the size.
    """
    require(signal, PICTURES, "choose a picture such as camera")
    array = resize(signal.array, size, f"signal {signal.name!r}")
    height, width, channels = array.shape
    return torch.from_numpy(array).reshape(-1, channels), (height, width)


def draw(n: int, count: int, seed: int) -> Tensor:
    """Random sample of ``count`` of the integers 0 … n - 1 without replacement: (count,) int64, ascending."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))[:count].sort().values


def noise_like(values: Tensor, std: float, seed: int) -> Tensor:
    """Gaussian noise of standard deviation ``std`` with the shape and dtype of ``values``.

    It is drawn on the CPU, so that one seed gives the same noise whatever the device.
    """
    return std * torch.randn(values.shape, generator=torch.Generator().manual_seed(seed), dtype=values.dtype)


def grid_coords(shape: tuple[int, ...]) -> Tensor:
    """Coordinates of a grid of pixel centres in (-1, 1)^d: (prod(shape), d) float32, row-major, computed in float64."""
    axes = [torch.from_numpy(pixel_centres(n)) for n in shape]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).reshape(-1, len(shape)).float()
