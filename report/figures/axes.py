"""What the charts share: a metric over the steps, axes, marks of the classical methods, one legend."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from report.data.model import Method, Task
from report.data.stats import Estimate, average, estimate
from report.figures.style import BASELINE_COLOR, BASELINE_LINES, Look
from report.labels import baseline

WIDTH = 7.0  # inches: the text width of a two-column page
Looks = Mapping[str, Look]
Series = list[tuple[int, float | None, Estimate]]


def series(method: Method, metric: str, machine: str | None = None, *, log: bool = False) -> Series:
    """Step, seconds and mean over runs at each step that all of them scored: a mean whose members change would jump.

    Args:
        machine: only the runs made there.
        log: estimate log10 of the values; those that are not positive are left out.
    """
    runs = [run for run in method.ok if machine is None or run.hardware == machine]
    values: dict[int, dict[tuple[str, int], float]] = defaultdict(dict)
    times: dict[int, list[float | None]] = defaultdict(list)
    for run in runs:
        for point in run.curves.get(metric, ()):
            if point.step > 0 and math.isfinite(point.value) and (point.value > 0 or not log):
                values[point.step][run.cell] = math.log10(point.value) if log else point.value
                times[point.step].append(point.seconds)
    most = max((len(cells) for cells in values.values()), default=0)
    return [
        (step, average(times[step]), item)
        for step, cells in sorted(values.items())
        if len(cells) == most and (item := estimate(cells))
    ]


def repeated(task: Task) -> bool:
    """Whether there are repeats to take an interval over."""
    return len({run.cell[1] for method in task.activations for run in method.ok}) > 1


# -- curves and axes ---------------------------------------------------------------------------------------------------


def curve(
    axis: Axes, x: Sequence[float], items: Sequence[Estimate], look: Look, *, log: bool = False, every: bool = False
) -> None:
    """A line with a band; ``log`` for estimates of log10, which are drawn as the values; ``every`` marks every one."""
    if not x:
        return

    def shown(value: float) -> float:
        return float(10.0**value) if log else value

    # Marks stand evenly along the line: at every checkpoint they would clump where a clock hardly moved.
    axis.plot(
        x, [shown(item.mean) for item in items], color=look.color, ls=look.line, marker=look.marker, ms=4,
        mec="white", mew=0.5, markevery=1 if every else 0.12, zorder=3,
    )  # fmt: skip
    if all(item.half is not None for item in items):
        low, high = ([shown(item.mean + sign * (item.half or 0.0)) for item in items] for sign in (-1, 1))
        band = FillBetweenPolyCollection(
            "x", *map(np.asarray, (x, low, high)), color=look.color, alpha=0.15, lw=0, zorder=2
        )
        # An interval of two or three repeats can span fifty decades of a logarithmic axis; the lines set its limits.
        axis.add_collection(band, autolim=not log)


def log_axis(axis: Axes, which: Literal["x", "y"] = "x") -> None:
    """A logarithmic axis with enough ticks and no exponent where plain digits do."""
    line = axis.xaxis if which == "x" else axis.yaxis
    axis.set_xscale("log") if which == "x" else axis.set_yscale("log")
    low, high = axis.get_xlim() if which == "x" else axis.get_ylim()
    decades = math.log10(high / low)
    # With less than two decades the powers of ten alone would leave one or two ticks.
    subs: Sequence[float] = (1.0,) if decades > 2.2 else (1.0, 3.0) if decades > 1.3 else (1.0, 2.0, 5.0)
    subs = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0) if decades < 0.9 else subs
    if decades < 0.35:  # within a factor of about two the round numbers of a plain axis are the better ones
        line.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    else:
        line.set_major_locator(LogLocator(subs=subs, numticks=8 if decades > 2.2 else 12))
    plain = low > 9e-4 and high < 1.1e5  # else powers throughout: a mixture reads badly
    line.set_major_formatter(FuncFormatter(tick if plain else power))
    line.set_minor_formatter(NullFormatter())
    sns.despine(ax=axis)


def tick(value: float, _: Any = None) -> str:
    """Plain digits: ``0.05``, ``20000``."""
    return f"{value:g}"


def power(value: float, _: Any = None) -> str:
    """A power of ten, with its factor where that is not 1; for positive values."""
    exponent = math.floor(math.log10(value) + 1e-9)
    factor = f"{value / 10.0**exponent:g}"
    return rf"$10^{{{exponent}}}$" if factor == "1" else rf"${factor}{{\cdot}}10^{{{exponent}}}$"


def value_axis(axis: Axes, task: Task) -> None:
    """A logarithmic axis for an error that falls by more than a decade and a half."""
    values = [float(value) for line in axis.get_lines() for value in np.asarray(line.get_ydata())]
    if task.direction < 0 and values and min(values) > 0 and max(values) > 30 * min(values):
        log_axis(axis, "y")


# -- classical methods and legend --------------------------------------------------------------------------------------


def baselines(axes: Sequence[Axes], task: Task) -> None:
    """Dashed lines, named at the right edge of the last panel, where no curve runs."""
    found = [(baseline(m.label), item.mean) for m in task.baselines if (item := estimate(m.final(task.metric)))]
    for index, (_, value) in enumerate(found):
        for axis in axes:
            style = BASELINE_LINES[index % len(BASELINE_LINES)]
            axis.axhline(value, color=BASELINE_COLOR, ls=style, lw=1, zorder=1.5)
    if not found:
        return
    last = axes[-1]
    last.autoscale_view()
    to_axes = last.transData + last.transAxes.inverted()
    x = last.get_xlim()[1]
    places = spread([float(to_axes.transform((x, value))[1]) for _, value in found], gap=0.07)
    for (label, value), place in zip(found, places, strict=True):
        last.annotate(
            label, (1.0, value), (1.03, place), last.get_yaxis_transform(), last.transAxes, va="center", fontsize=7,
            color=BASELINE_COLOR, annotation_clip=False,
            arrowprops={
                "arrowstyle": "-", "color": BASELINE_COLOR, "lw": 0.6, "shrinkA": 1, "shrinkB": 0, "relpos": (0, 0.5),
            },
        )  # fmt: skip


def spread(places: Sequence[float], gap: float) -> list[float]:
    """``places`` moved as little as needed for neighbours to stand ``gap`` apart, in the same order.

    Example:
        >>> spread([0.5, 0.5], gap=0.2)
        [0.4, 0.6]
    """
    groups: list[tuple[list[int], float]] = []
    for index in sorted(range(len(places)), key=lambda i: places[i]):
        members, centre = [index], places[index]
        # A group that touches the one below joins it: the union is centred on the mean of its members.
        while groups and centre - gap * (len(members) - 1) / 2 < groups[-1][1] + gap * (len(groups[-1][0]) + 1) / 2:
            members = groups.pop()[0] + members
            centre = sum(places[i] for i in members) / len(members)
        groups.append((members, centre))
    moved = [0.0] * len(places)
    for members, centre in groups:
        for rank, index in enumerate(members):
            moved[index] = centre + gap * (rank - (len(members) - 1) / 2)
    return moved


def legend(
    figure: Figure | SubFigure, width: float, methods: Sequence[Method], looks: Looks, *, lines: bool = True
) -> None:
    """One legend above all panels, in rows of one length; ``width`` is the figure's in inches."""
    handles = [
        Line2D([], [], color=look.color, ls=look.line if lines else "", marker=look.marker, ms=5, mec="white", mew=0.5)
        for look in (looks[method.key] for method in methods)
    ]
    labels = [method.label for method in methods]
    entry = 0.07 * max(len(label) for label in labels) + (0.55 if lines else 0.4)  # inches
    columns = max(1, min(len(labels), int(width / entry)))
    columns = math.ceil(len(labels) / math.ceil(len(labels) / columns))
    figure.legend(
        handles, labels, loc="outside upper center", ncols=columns, handlelength=2.2 if lines else 1, columnspacing=1.4
    )
