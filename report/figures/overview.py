"""Overview of the whole suite: dot plots for a few tasks, a matrix for many."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from inrbench.report.data.matrix import Entry, Row, matrix
from inrbench.report.data.model import SuiteResults, TaskResults
from inrbench.report.figures.axes import WIDTH, Styles
from inrbench.report.figures.style import BASELINE_COLOR, BASELINE_LINES
from inrbench.report.labels import baseline, coarse, number
from inrbench.report.tables.build import DASH
from inrbench.report.tables.overview import text
from inrbench.report.tables.winners import best_classical

MOST = 4
"""The largest number of tasks with dot plots."""
ROWS = 40
"""The largest number of methods, the best ones."""
RANKS = LinearSegmentedColormap.from_list("ranks", ["#2F6FA7", "#A9CBE4", "#F3F5F7"])


def draw(suite: SuiteResults, styles: Styles) -> Figure | None:
    """The final headline metric of every method on every task that networks ran on; None without a value."""
    found = matrix(suite)
    rows = [row for row in found.rows if not row.classical][:ROWS]
    places = [place for place in range(len(found.tasks)) if any(row.entries[place] for row in rows)]
    if not places:
        return None
    tasks = [found.tasks[place] for place in places]
    rows = [replace(row, entries=tuple(row.entries[place] for place in places)) for row in rows]
    return _matrix(tasks, rows) if len(tasks) > MOST else _dots(tasks, rows[::-1], styles)


def _dots(tasks: Sequence[TaskResults], rows: Sequence[Row], styles: Styles) -> Figure:
    columns = len(tasks)
    size = max(3.6, min(1.4 + 1.9 * columns, WIDTH)), 0.24 * len(rows) + 0.95
    figure = Figure(figsize=size, layout="constrained")
    axes: list[Axes] = list(figure.subplots(1, columns, sharey=True, squeeze=False)[0])
    for column, (axis, task) in enumerate(zip(axes, tasks, strict=True)):
        for place, row in enumerate(rows):
            entry, style = row.entries[column], styles[row.key]
            if entry is not None and entry.value is not None:
                axis.errorbar(
                    entry.value.mean, place, xerr=entry.value.half, fmt=style.marker, color=style.color, ms=6,
                    mec="white", mew=0.6, elinewidth=1.3, capsize=2, zorder=3,
                )  # fmt: skip
            elif entry is not None:
                axis.text(0.5, place, "failed", transform=axis.get_yaxis_transform(), ha="center", va="center",
                          fontsize=7, color=BASELINE_COLOR, bbox={"fc": "white", "ec": "none", "pad": 1.5})  # fmt: skip
        best = best_classical(task)
        if best is not None:
            method, item = best
            axis.axvline(item.mean, color=BASELINE_COLOR, ls=BASELINE_LINES[0], lw=1, zorder=1.5)
            axis.autoscale_view()
            low, high = axis.get_xlim()
            right = (item.mean - low) / (high - low) > 0.7  # keeps the name inside its panel
            axis.annotate(
                baseline(method.label), (item.mean, 1), (3 if right else -3, 1.5), axis.get_xaxis_transform(),
                "offset points", ha="right" if right else "left", va="bottom", fontsize=7, color=BASELINE_COLOR,
            )  # fmt: skip
        axis.set_title(task.key, pad=14 if any(task.baselines for task in tasks) else 6, fontweight="bold")
        axis.set_xlabel(f"final {task.headline.label}")
        axis.xaxis.set_major_locator(MaxNLocator(4))
        axis.set_yticks(range(len(rows)), [row.label for row in rows])
        axis.set_ylim(-0.6, len(rows) - 0.4)
        axis.tick_params(axis="y", length=0)
        sns.despine(ax=axis, left=True)
    return figure


def _matrix(tasks: Sequence[TaskResults], lines: Sequence[Row]) -> Figure:
    """Draw methods by tasks: each cell has a value and, as shade, its place; then mean ranks and classical methods."""
    methods = len(lines)
    classical = [best_classical(task) for task in tasks]
    rows = methods + any(classical)
    wide = max(0.62, min(0.8, (WIDTH - 1.9) / len(tasks)))
    figure = Figure(figsize=(1.9 + wide * len(tasks), 0.27 * rows + 1.0), layout="constrained")
    axis = figure.subplots()
    for column, task in enumerate(tasks):
        spec = coarse(task.headline.spec)
        for row, line in enumerate(lines):
            if (entry := line.entries[column]) is not None:
                _cell(axis, (column, row), text(entry, spec), entry)
        best = classical[column]
        if best is not None:
            said = f"{number(best[1].mean, spec)}\n{baseline(best[0].label)}"
            axis.text(column, methods + 0.15, said, ha="center", va="center", fontsize=6, color=BASELINE_COLOR,
                      linespacing=1.1)  # fmt: skip
    for row, line in enumerate(lines):
        rank = DASH if line.rank is None else f"{line.rank:.1f}"
        place = len(tasks) + 0.05
        axis.text(place, row, rank, ha="center", va="center", fontsize=7, fontweight="bold")
    heads = ["\n".join([task.key, *textwrap.wrap(task.headline.label, 16)]) for task in tasks]
    axis.set_xticks([*range(len(tasks)), len(tasks) + 0.05], [*heads, "mean\nrank"], rotation=40, ha="left",
                    rotation_mode="anchor", fontsize=6.5, linespacing=1.05)  # fmt: skip
    places = [*range(methods), *([methods + 0.15] if any(classical) else [])]
    axis.set_yticks(places, [*(line.label for line in lines), *(["best classical"] if any(classical) else [])])
    axis.set(xlim=(-0.5, len(tasks) + 0.5), ylim=(rows - 0.5 + 0.3 * any(classical), -0.5))
    axis.tick_params(length=0, top=False, bottom=False, labeltop=True, labelbottom=False)
    axis.grid(False)
    sns.despine(ax=axis, left=True, bottom=True)
    return figure


def _cell(axis: Axes, place: tuple[int, int], said: str, entry: Entry) -> None:
    """Draw a cell of a method's row; without a shade where its value does not compare."""
    (column, row), none = place, entry.value is None or entry.partial
    shade = RANKS(entry.share)
    axis.fill_between([column - 0.48, column + 0.48], row - 0.46, row + 0.46, color="#FFFFFF" if none else shade, lw=0)
    ink = BASELINE_COLOR if none else "white" if np.mean(shade[:3]) < 0.55 else "#1C1E21"
    weight = "bold" if entry.best else "normal"
    axis.text(column, row, said, ha="center", va="center", fontsize=6.5, fontweight=weight, color=ink)
