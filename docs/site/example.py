"""A small problem of a task for its picture: the truth, what is measured, and the reconstruction of each baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

from inrbench import Problem, Task
from inrbench.tasks.core.exposure import CodedExposure
from inrbench.tasks.core.fourier import Convolution
from inrbench.tasks.core.magnitude import FourierMagnitude
from inrbench.tasks.core.metrics import METRICS
from inrbench.tasks.core.operators import AreaAverage
from inrbench.tasks.core.radiance import Radiance
from inrbench.tasks.core.radon import Radon
from inrbench.tasks.core.transmission import Transmission
from inrbench.tasks.signals.load import load

Array = NDArray[np.float32]

SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "audio": {"samples": 400, "factor": 4},
    "ct3d": {"size": 32},
    "eikonal": {"size": 32},
    "function": {"samples": 64},
    "views": {"size": 32, "pixels": 32, "views": 10},
    "occupancy": {"size": 32},
    "sdf": {"size": 32},
    "video": {"mode": "coded", "frames": 8, "noise": 0.01},
}
"""Parameters of the problem that is drawn; of any other task a picture of `SIDE` pixels, or the defaults."""

SIDE = 96


@dataclass(frozen=True)
class Example:
    """A solved problem.

    Attributes:
        settings: parameters that differ from the defaults.
        signal: the signal's name.
        problem: the problem.
        truth: (*shape, c), the part that is scored.
        estimates: baseline -> (*shape, c); the best by the headline metric comes first.
        scores: baseline -> its headline score, in the same order.
    """

    settings: Mapping[str, Any]
    signal: str
    problem: Problem
    truth: Array
    estimates: Mapping[str, Array]
    scores: Mapping[str, float]


@dataclass(frozen=True)
class Measured:
    """What a problem gives, as it can be drawn.

    Attributes:
        title: its name in the figure.
        values: (H, W, C) or (N, C), NaN where nothing was measured; None for points.
        points: (P, d) coordinates of the points of one step, instead of measurements.
        same_scale: whether the values have the scale of the truth.
    """

    title: str
    values: Array | None = None
    points: Array | None = None
    same_scale: bool = True


def solve(plugin: type[Task]) -> Example:
    """The task's first default signal, small, with data seed 0."""
    task, settings = _small(plugin)
    signal = task.signals()[0]
    problem = task.problem(load(signal), 0)
    estimates, scores = {}, {}
    for name, baseline in task.baselines().items():
        values = torch.from_numpy(np.ascontiguousarray(baseline(problem))).reshape(len(problem.truth), -1)
        scores[name] = task.score(problem, values)[task.metrics[0]]
        estimates[name] = problem.grid(task.comparable(values))
    direction = METRICS[task.metrics[0]].info.direction
    order = sorted(estimates, key=lambda name: -direction * scores[name])
    return Example(
        settings,
        signal,
        problem,
        problem.grid(task.comparable(problem.truth)),
        {name: estimates[name] for name in order},
        {name: scores[name] for name in order},
    )


def measured(problem: Problem) -> Measured:
    """The measurements on their own grid where they have one, else as Aᵀy; the points of a step for residuals."""
    if problem.residuals:
        return Measured("points of a step", points=problem.residuals[0].sample(0).points.numpy())
    y, operator = problem.measured.numpy(), problem.operator
    if operator.rows is not None:
        seen = ~problem.unseen()
        values = np.full_like(problem.truth.numpy(), np.nan)
        values[seen] = y
        name = "measured: all" if seen.all() else f"measured: {seen.mean():.0%}"
        return Measured(name, values.reshape(*problem.shape, -1))
    match operator:
        case AreaAverage():
            return Measured("measured", y.reshape(*operator.coarse, -1))
        case Convolution():
            return Measured("measured", y.reshape(*operator.valid, -1))
        case CodedExposure():
            return Measured("measured: one readout", y.reshape(-1, *problem.shape[1:], y.shape[1])[0])
        case Radon():
            return Measured("sinogram (angle, bin)", operator.sinogram(problem.measured).numpy(), same_scale=False)
        case Transmission():
            counts = operator.radon.sinogram(problem.measured).numpy()
            return Measured("photons (angle, bin)", counts, same_scale=False)
        case FourierMagnitude():
            spectrum = y.reshape(-1, operator.frame[0], operator.frame[1] // 2 + 1, 1)[0]
            return Measured("magnitudes, logarithmic", np.log(spectrum + 1e-3), same_scale=False)
        case Radiance():
            return Measured("first picture", y[: operator.pixels**2].reshape(operator.pixels, operator.pixels, 3))
    if len(problem.shape) == 3 and y.size % problem.shape[0] ** 2 == 0:  # views of a cube, one after another
        first = y[: problem.shape[0] ** 2].reshape(*problem.shape[:2], -1)
        return Measured("first projection", first, same_scale=False)
    back = problem.grid(operator.adjoint(problem.measured))
    return Measured("measurements y as Aᵀy", back if back.shape[-1] in (1, 3) else back[..., :1], same_scale=False)


def _small(plugin: type[Task]) -> tuple[Task, Mapping[str, Any]]:
    settings = SETTINGS.get(plugin.name, {"size": SIDE} if "size" in plugin.model_fields else {})
    try:
        return plugin(**settings), settings
    except ValidationError:  # a size of another kind
        return plugin(), {}
