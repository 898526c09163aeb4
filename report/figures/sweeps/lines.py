"""Charts of a sweep over one numeric setting: the final headline metric against it, and below the good range."""

from __future__ import annotations

from collections.abc import Sequence

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inrbench.report.data.sweeps import IN_OCTAVES, GoodRange, Sweep, good_range
from inrbench.report.figures.axes import WIDTH, Styles, curve, legend, log_axis, value_axis
from inrbench.report.figures.style import BASELINE_COLOR, BASELINE_LINES, method_styles
from inrbench.report.labels import baseline, spaced

TICKS = 7
"""The largest number of values that all have a tick."""


def draw(sweeps: Sequence[Sweep], styles: Styles, *, ranges: bool = False) -> Figure:
    """One panel for each setting, with a line for each method or family of methods.

    Args:
        sweeps: of one task, each over another setting.
        styles: by the keys of the lines; see `family_styles` for families.
        ranges: draw the good range of each line below, where there are some.
    """
    good = [[good_range(sweep, line) for line in sweep.lines] for sweep in sweeps]
    ranges = ranges and any(item for items in good for item in items)
    rows = max(len(sweep.lines) for sweep in sweeps)
    strip = 0.15 * rows + 0.1  # inches
    width = min(max(4.6, 2.6 * len(sweeps)), 1.4 * WIDTH)
    figure = Figure(figsize=(width, 3.2 + ranges * (strip + 0.1)), layout="constrained")
    grid = figure.subplots(
        1 + ranges, len(sweeps), squeeze=False, sharex="col", sharey="row", height_ratios=[2.3, strip][: 1 + ranges]
    )
    for column, sweep in enumerate(sweeps):
        axis: Axes = grid[0][column]
        _panel(axis, sweep, styles, last=column == len(sweeps) - 1)
        if ranges:
            _bars(grid[1][column], sweep, good[column], styles)
            grid[1][column].set(ylim=(max(rows - 0.4, 0.6), -0.6), yticks=[])
        grid[-1][column].set_xlabel(spaced(sweep.setting))
    grid[0][0].set_ylabel(f"final {sweeps[0].metric.label}")
    lines = {line.key: line for sweep in sweeps for line in sweep.lines}
    legend(figure, width, [*lines.values()], styles)
    return figure


def family_styles(sweeps: Sequence[Sweep]) -> Styles:
    """Styles of lines that are families of methods, which have no style of their own."""
    return method_styles((line.key, line.activation) for sweep in sweeps for line in sweep.lines)


def _panel(axis: Axes, sweep: Sweep, styles: Styles, *, last: bool) -> None:
    for line in reversed(sweep.lines):  # the best on top
        curve(axis, [*line.points], [*line.points.values()], styles[line.key], every=True)
    for index, line in enumerate(sweep.baselines):
        points = [(value, item.mean) for value, item in line.points.items()]
        axis.plot(*zip(*points, strict=True), color=BASELINE_COLOR, ls=BASELINE_LINES[index % len(BASELINE_LINES)])
        if last:
            axis.annotate(baseline(line.label), points[-1], (4, 0), textcoords="offset points", va="center", fontsize=7,
                          color=BASELINE_COLOR, annotation_clip=False)  # fmt: skip
    values = sweep.values
    if sweep.setting not in IN_OCTAVES and values[0] > 0 and values[-1] >= 3 * values[0]:
        log_axis(axis)
    if len(values) <= TICKS:
        axis.set_xticks(values, [f"{value:g}" for value in values])
        axis.set_xticks([], minor=True)
    value_axis(axis, sweep.metric)
    sns.despine(ax=axis)


def _bars(axis: Axes, sweep: Sweep, ranges: Sequence[GoodRange | None], styles: Styles) -> None:
    """Draw the good range of each line as a bar with a dot at the best value and its width in octaves behind it."""
    for row, (line, item) in enumerate(zip(sweep.lines, ranges, strict=True)):
        if item is None:
            continue
        color = styles[line.key].color
        axis.plot([item.low, item.high], [row, row], color=color, lw=2.2, solid_capstyle="butt")
        axis.plot([item.best], [row], "o", ms=3.5, color=color)
        for end, is_open, mark in ((item.low, item.open_low, "<"), (item.high, item.open_high, ">")):
            axis.plot([end], [row], mark if is_open else "|", ms=5, color=color)
        text = ("≥ " if item.open_low or item.open_high else "") + f"{item.octaves:.1f}"
        axis.annotate(text, (1.02, row), xycoords=("axes fraction", "data"), va="center", fontsize=6, color=color,
                      annotation_clip=False)  # fmt: skip
    axis.grid(False, axis="y")
    sns.despine(ax=axis, left=True)
