"""Sweeps over one numeric setting: the final headline metric against it, and the range of values that are nearly best.

A suite declares a sweep by a list of values, and every value has a task or a method of its own, named like
``bandwidth[cycles=8.0]`` and ``siren[omega0=30]``.

The *good range* of a line is the range of values around the best one in which the metric, interpolated linearly over
the logarithm of the setting, is within 1 dB of the best. It ends where a run failed. Its width in octaves tells how
well a setting has to be chosen.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from inrbench.report.data.model import Method, TaskResults
from inrbench.report.data.stats import Estimate, estimate
from inrbench.report.labels import MetricLabel

LEAST = 3
"""The least number of values of a sweep."""
TOLERANCE = 1.0
"""The largest loss against the best value in the good range, in dB."""
IN_OCTAVES = ("levels",)
"""Settings that are numbers of octaves themselves, so that their logarithm is not taken."""


@dataclass(frozen=True)
class Line:
    """One method, or one family of methods that differ in the setting alone.

    Attributes:
        key: the key of the method or family, such as ``siren``.
        activation: the plugin; empty for a baseline.
        points: the final metric by the value of the setting, in order, where a run ended well.
        failed: the values at which a run failed, in order.
    """

    key: str
    label: str
    activation: str
    points: Mapping[float, Estimate]
    failed: tuple[float, ...] = ()


@dataclass(frozen=True)
class Sweep:
    """The final headline metric on a task over one setting.

    Attributes:
        task: the suite's key of the task, without the sweep's values.
    """

    task: str
    setting: str
    metric: MetricLabel
    lines: Sequence[Line]
    baselines: Sequence[Line] = ()

    @property
    def values(self) -> list[float]:
        """All values of the setting, in order."""
        return sorted({value for line in self.lines for value in (*line.points, *line.failed)})


@dataclass(frozen=True)
class GoodRange:
    """The range of a setting in which the metric is within `TOLERANCE` of the best.

    Attributes:
        best: the swept value with the best metric.
        low, high: the ends, interpolated.
        open_low, open_high: whether the sweep ends before the range does.
        octaves: log2(high / low); for a setting that is a number of octaves itself, high - low.
    """

    best: float
    low: float
    high: float
    open_low: bool
    open_high: bool
    octaves: float


def swept(key: str) -> tuple[str, dict[str, float]]:
    """The name of a task or method without its swept values, and those that are numbers.

    Example:
        >>> swept("wire[omega0=10,s0=5.0]")
        ('wire', {'omega0': 10.0, 's0': 5.0})
    """
    match = re.fullmatch(r"(.*?)\[([^\[\]]*=[^\[\]]*)\]", key)
    if match is None:
        return key, {}
    values = {}
    for part in match[2].split(","):
        name, _, value = part.partition("=")
        try:
            values[name] = float(value)
        except ValueError:
            return key, {}
    return match[1], values


def over_tasks(tasks: Sequence[TaskResults]) -> list[Sweep]:
    """The sweeps over a setting in which tasks differ, such as ``bandwidth[cycles=8.0]``: a line for each method."""
    groups: dict[tuple[str, str], dict[float, TaskResults]] = defaultdict(dict)
    for task in tasks:
        name, values = swept(task.key)
        if len(values) == 1 and task.activations:
            ((setting, value),) = values.items()
            groups[name, setting][value] = task
    sweeps = []
    for (name, setting), members in groups.items():
        metric = next(iter(members.values())).headline
        families: dict[str, dict[float, Method]] = defaultdict(dict)
        for value, task in members.items():
            for method in task.methods:
                families[method.key][value] = method
        lines = [line for key, family in families.items() if (line := _line(key, family, metric.name))]
        trained = [line for line in lines if line.activation]
        if len(members) >= LEAST and trained:
            classical = sorted((line for line in lines if not line.activation), key=lambda line: line.key)
            sweeps.append(Sweep(name, setting, metric, trained, classical))
    return sweeps


def over_methods(task: TaskResults) -> list[Sweep]:
    """The sweeps over a setting in which methods of a task differ, such as ``siren[omega0=30]``: a line for each
    family, the one with the best value first."""
    metric = task.headline
    groups: dict[str, dict[str, dict[float, Method]]] = defaultdict(lambda: defaultdict(dict))
    for method in task.activations:
        family, values = swept(method.key)
        if len(values) == 1:
            ((setting, value),) = values.items()
            groups[setting][family][value] = method
    sweeps = []
    for setting, families in sorted(groups.items()):
        lines = [
            line
            for key, members in families.items()
            if len(members) >= LEAST and (line := _line(key, members, metric.name))
        ]
        lines.sort(key=lambda line: (-max(metric.direction * item.mean for item in line.points.values()), line.key))
        sweep = Sweep(task.key, setting, metric, lines)
        classical = [
            Line(method.key, method.label, "", dict.fromkeys(sweep.values, item))
            for method in task.baselines
            if (item := estimate(method.final(metric.name)))
        ]
        if lines:
            sweeps.append(replace(sweep, baselines=classical))
    return sweeps


def _line(key: str, methods: Mapping[float, Method], metric: str) -> Line | None:
    """The line through methods by the value of the setting; None where no run ended well."""
    methods = dict(sorted(methods.items()))
    points = {value: item for value, method in methods.items() if (item := estimate(method.final(metric)))}
    failed = tuple(value for value, method in methods.items() if method.failed)
    first = next(iter(methods.values()))
    label = first.label.removesuffix(first.key.removeprefix(key))
    return Line(key, label, first.activation, points, failed) if points else None


def good_range(sweep: Sweep, line: Line) -> GoodRange | None:
    """The good range of a line; None where the metric is not in dB, a value is not positive, or every value failed."""
    metric, setting = sweep.metric, sweep.setting
    level = {value: metric.direction * item.mean for value, item in line.points.items() if value not in line.failed}
    values = sorted({*line.points, *line.failed})
    if metric.unit != "dB" or not level or values[0] <= 0:
        return None
    best = max(level, key=lambda value: level[value])

    def end(beyond: Sequence[float]) -> tuple[float, bool]:
        """The end of the range on one side, whose values are given from the best one on; whether it is open."""
        last = best
        for value in beyond:
            if value not in level:
                return last, False
            if (short := level[best] - TOLERANCE - level[value]) > 0:
                share = 1 - short / (level[last] - level[value])
                here, there = _position(setting, last), _position(setting, value)
                position = here + share * (there - here)
                return (position if setting in IN_OCTAVES else 2.0**position), False
            last = value
        return last, True

    place = values.index(best)
    (low, open_low), (high, open_high) = end(values[:place][::-1]), end(values[place + 1 :])
    octaves = _position(setting, high) - _position(setting, low)
    return GoodRange(best, low, high, open_low, open_high, octaves)


def _position(setting: str, value: float) -> float:
    return value if setting in IN_OCTAVES else math.log2(value)
