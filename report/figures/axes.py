"""Parts that the charts share: mean curves over steps, axes, lines of classical methods, the legend."""

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

from inrbench.report.data.model import Method, TaskResults, Timing
from inrbench.report.data.stats import Estimate, average, estimate
from inrbench.report.data.sweeps import Line
from inrbench.report.figures.style import BASELINE_COLOR, BASELINE_LINES, MethodStyle
from inrbench.report.labels import MetricLabel, baseline

WIDTH = 7.0  # inches: the text width of a two-column page
Styles = Mapping[str, MethodStyle]
Series = list[tuple[int, float | None, Estimate]]


def series(method: Method, metric: str, timing: Timing | None = None, *, log: bool = False) -> Series:
    """Step, seconds and mean of a metric at each step that all runs scored: else a curve jumps where runs are missing.

    Args:
        timing: only the runs that were timed under these conditions; all runs by default.
        log: estimate log10 of the values; those that are not positive are left out.
    """
    runs = [run for run in method.ok if timing is None or run.timing == timing]
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


def repeated(task: TaskResults) -> bool:
    """Whether there are repeats to take an interval over."""
    items = [estimate(method.final(task.headline.name)) for method in task.activations]
    return any(item is not None and item.half is not None for item in items)


def bands(task: TaskResults) -> str:
    """A sentence of a caption on the bands around curves."""
    return " Bands are 95 % intervals over repeats." * repeated(task)


# -- curves and axes ---------------------------------------------------------------------------------------------------


def curve(
    axis: Axes,
    x: Sequence[float],
    items: Sequence[Estimate],
    style: MethodStyle,
    *,
    log: bool = False,
    every: bool = False,
    hollow: bool = False,
) -> None:
    """Draw a line through the means and a band of their intervals.

    Args:
        log: the estimates are of log10 of the values, and 10 to their power is drawn.
        every: put a marker at every point.
        hollow: draw hollow markers.
    """
    if not x:
        return

    def shown(value: float) -> float:
        return float(10.0**value) if log else value

    # Markers at even distances along the line: at every eval step they would overlap on the axis of seconds.
    axis.plot(
        x, [shown(item.mean) for item in items], color=style.color, ls=style.line, ms=4,
        markevery=1 if every else 0.12, zorder=3, **marker(style, hollow=hollow),
    )  # fmt: skip
    if all(item.half is not None for item in items):
        low, high = ([shown(item.mean + sign * (item.half or 0.0)) for item in items] for sign in (-1, 1))
        band = FillBetweenPolyCollection(
            "x", *map(np.asarray, (x, low, high)), color=style.color, alpha=0.15, lw=0, zorder=2
        )
        # An interval of two or three repeats can span fifty decades of a logarithmic axis; the lines set its limits.
        axis.add_collection(band, autolim=not log)


def marker(style: MethodStyle, *, hollow: bool = False) -> dict[str, Any]:
    """Keyword arguments of a method's marker: filled with a white edge, or hollow for a point that does not compare."""
    face, edge, width = ("white", style.color, 1.1) if hollow else (style.color, "white", 0.6)
    return {"marker": style.marker, "mfc": face, "mec": edge, "mew": width}


def log_axis(axis: Axes, which: Literal["x", "y"] = "x") -> None:
    """Make an axis logarithmic, with enough ticks, and without exponents where plain digits are short."""
    line = axis.xaxis if which == "x" else axis.yaxis
    axis.set_xscale("log") if which == "x" else axis.set_yscale("log")
    low, high = axis.get_xlim() if which == "x" else axis.get_ylim()
    decades = math.log10(high / low)
    # With less than two decades the powers of ten alone would leave one or two ticks.
    subs: Sequence[float] = (1.0,) if decades > 2.2 else (1.0, 3.0) if decades > 1.3 else (1.0, 2.0, 5.0)
    subs = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0) if decades < 0.9 else subs
    if decades < 0.35:  # within a factor of about two the round numbers of a linear axis
        line.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 5, 10]))
    else:
        line.set_major_locator(LogLocator(subs=subs, numticks=8 if decades > 2.2 else 12))
    plain = low > 9e-4 and high < 1.1e5  # else powers of ten for all ticks
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


def time_label(task: TaskResults, hardware: str) -> str:
    """The label of an axis of training seconds."""
    runs = [run for method in task.activations for run in method.ok if run.hardware == hardware]
    return "training time (s)" + (", indicative only" if any(not run.timing_valid for run in runs) else "")


def value_axis(axis: Axes, metric: MetricLabel) -> None:
    """Make the y axis logarithmic for an error that falls by more than a decade and a half."""
    values = [float(value) for line in axis.get_lines() for value in np.asarray(line.get_ydata())]
    if metric.direction < 0 and values and min(values) > 0 and max(values) > 30 * min(values):
        log_axis(axis, "y")


# -- classical methods and legend --------------------------------------------------------------------------------------


def baselines(axes: Sequence[Axes], task: TaskResults) -> None:
    """Draw classical methods as dashed lines, labelled at the right of the last panel, where no curve is."""
    lines = [(baseline(m.label), item.mean) for m in task.baselines if (item := estimate(m.final(task.headline.name)))]
    for index, (_, value) in enumerate(lines):
        for axis in axes:
            style = BASELINE_LINES[index % len(BASELINE_LINES)]
            axis.axhline(value, color=BASELINE_COLOR, ls=style, lw=1, zorder=1.5)
    if not lines:
        return
    last = axes[-1]
    last.autoscale_view()
    to_axes = last.transData + last.transAxes.inverted()
    x = last.get_xlim()[1]
    places = spread([float(to_axes.transform((x, value))[1]) for _, value in lines], gap=0.07)
    for (label, value), place in zip(lines, places, strict=True):
        last.annotate(
            label, (1.0, value), (1.03, place), last.get_yaxis_transform(), last.transAxes, va="center", fontsize=7,
            color=BASELINE_COLOR, annotation_clip=False,
            arrowprops={
                "arrowstyle": "-", "color": BASELINE_COLOR, "lw": 0.6, "shrinkA": 1, "shrinkB": 0, "relpos": (0, 0.5),
            },
        )  # fmt: skip


def spread(places: Sequence[float], gap: float) -> list[float]:
    """``places`` moved as little as needed for a distance of ``gap`` between neighbours, in the same order.

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
    figure: Figure | SubFigure, width: float, methods: Sequence[Method | Line], styles: Styles, *, lines: bool = True
) -> None:
    """Draw one legend above all panels, in rows of equal length; ``width`` is that of the figure in inches."""
    handles = [
        Line2D([], [], color=style.color, ls=style.line if lines else "", ms=5, **marker(style))
        for style in (styles[method.key] for method in methods)
    ]
    labels = [method.label for method in methods]
    entry = 0.07 * max(len(label) for label in labels) + (0.55 if lines else 0.4)  # inches
    columns = max(1, min(len(labels), int(width / entry)))
    columns = math.ceil(len(labels) / math.ceil(len(labels) / columns))
    figure.legend(
        handles, labels, loc="outside upper center", ncols=columns, handlelength=2.2 if lines else 1, columnspacing=1.4
    )
