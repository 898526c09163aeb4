"""Effects: final scores on a scale that no entrant moves.

Of each task 0 is the score of its weakest classical method (nearest neighbour, zero-filled, the noisy picture …) and 1
that of its best. Both are means over signals and repeats, so that a difference of 1 is the same number of dB for all
signals of a task; a signal is measured from its own score of the weakest method. A task with one classical method, or
whose classical methods are too much alike, has no such scale.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from statistics import median

from inrbench.report.data.model import Method, SuiteResults, TaskResults
from inrbench.report.data.stats import estimate, signal_means

LEAST_DB = 1.0
"""The difference between the two classical methods below which a task in dB has no scale."""

LEAST_SHARE = 0.1
"""The same in a metric without dB, as a share of the better value."""


@dataclass(frozen=True)
class Scale:
    """The scale of a task.

    Attributes:
        weakest, best: the classical methods at 0 and at 1.
        unit: the difference between them in the metric, in the better direction.
        effects: key of an activation -> signal -> its effect, mean over repeats.
    """

    task: TaskResults
    weakest: Method
    best: Method
    unit: float
    effects: Mapping[str, Mapping[str, float]]

    def mean(self, key: str) -> float | None:
        """The effect of an activation over the signals; None where it lacks one."""
        effects = self.effects.get(key, {})
        return fsum(effects.values()) / len(effects) if effects and len(effects) == len(self.task.signals) else None


def scales(suite: SuiteResults, tasks: Collection[str] | None = None) -> list[Scale]:
    """The scale of each task that has one, or of those of some keys, in the suite's order."""
    chosen = [task for task in suite.tasks if tasks is None or task.key in tasks]
    return [scale for task in chosen if (scale := _scale(task)) is not None]


def typical(scaled: Sequence[Scale], key: str) -> float | None:
    """The median effect of an activation over the tasks with a scale; None where it lacks one of them.

    Not the mean: a task on which all networks fail would outweigh the others.
    """
    means = [mean for scale in scaled if (mean := scale.mean(key)) is not None]
    return median(means) if means and len(means) == len(scaled) else None


def _scale(task: TaskResults) -> Scale | None:
    metric = task.headline
    means = {
        method.key: (metric.direction * mean.mean, method)
        for method in task.baselines
        if (mean := estimate(method.final(metric.name))) is not None and len(mean.signals) == len(task.signals)
    }
    if len(means) < 2 or not metric.direction:
        return None
    (low, weakest), *_, (high, best) = sorted(means.values(), key=lambda item: item[0])
    unit = high - low
    if unit < (LEAST_DB if metric.unit == "dB" else LEAST_SHARE * abs(high)):
        return None
    zero = signal_means(weakest.final(metric.name))
    effects = {
        method.key: {
            signal: metric.direction * (value - zero[signal]) / unit
            for signal, value in signal_means(method.final(metric.name)).items()
        }
        for method in task.activations
    }
    return Scale(task, weakest, best, unit, effects)
