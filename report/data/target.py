"""Training time to a level of the headline metric that at least half of the methods reach.

The level of a case (a task and one of its signals) is the median over the methods of their mean final value, rounded
away from better to three significant digits. The time of a run is that of the first eval step at the level or better,
moved back along the straight line from the eval step before it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from inrbench.report.data.model import CurvePoint, Method, TaskResults, Timing
from inrbench.report.data.stats import average


@dataclass(frozen=True)
class Reached:
    """The runs of one method under one timing.

    Attributes:
        seconds: mean over the runs; None where one of them did not reach the level or has no clock.
        runs: number of runs.
        reached: number of runs that reached the level.
        valid: whether nothing else used the device during the runs.
    """

    timing: Timing
    seconds: float | None
    runs: int
    reached: int
    valid: bool


def levels(task: TaskResults) -> dict[str, float]:
    """The level of each signal of a task; without the signals on which no method has a finite final value."""
    result = {}
    for signal in task.signals:
        means = []
        for method in task.activations:
            values = [value for (name, _), value in method.final(task.headline.name).items() if name == signal]
            means += [mean] if (mean := average(values)) is not None else []
        if means and task.headline.direction:
            result[signal] = rounded(median(means), task.headline.direction)
    return result


def rounded(value: float, direction: int) -> float:
    """``value`` at three significant digits, never better than it was.

    Example:
        >>> rounded(24.58, 1), rounded(0.012345, -1)
        (24.5, 0.0124)
    """
    if value == 0:
        return 0.0
    digits = 2 - math.floor(math.log10(abs(value)))
    cut = math.floor if direction > 0 else math.ceil
    return round(cut(round(value * 10.0**digits, 6)) / 10.0**digits, digits)


def time_to(points: Sequence[CurvePoint], level: float, direction: int) -> float | None:
    """Seconds until a curve is at ``level`` or better; None where it never is or the clock is missing."""
    before: CurvePoint | None = None
    for point in points:
        if direction * (point.value - level) >= 0:
            if point.seconds is None or before is None or before.seconds is None or before.value == point.value:
                return point.seconds
            share = (level - before.value) / (point.value - before.value)
            return before.seconds + share * (point.seconds - before.seconds)
        before = point if math.isfinite(point.value) else None
    return None


def reached(task: TaskResults, method: Method) -> list[Reached]:
    """How long a method takes to the level of each signal, mean over signals and repeats, for each of its timings."""
    wanted = levels(task)
    results = []
    for timing in method.timings:
        runs = [run for run in method.ok if run.timing == timing and run.cell[0] in wanted]
        times = [
            time_to(run.curves.get(task.headline.name, ()), wanted[run.cell[0]], task.headline.direction)
            for run in runs
        ]
        finite = [time for time in times if time is not None]
        mean = average(finite) if len(finite) == len(runs) else None
        results.append(Reached(timing, mean, len(runs), len(finite), all(run.timing_valid for run in runs)))
    return results
