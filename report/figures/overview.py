"""Overview of the whole suite: dot plots for a few tasks, a matrix for many."""

from __future__ import annotations

import textwrap

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from inrbench.report.data.model import SuiteResults, TaskResults
from inrbench.report.data.stats import Estimate, average, estimate
from inrbench.report.figures.axes import WIDTH, Styles
from inrbench.report.figures.style import BASELINE_COLOR, BASELINE_LINES
from inrbench.report.labels import baseline
from inrbench.report.tables.winners import best_classical

MOST = 4
"""The largest number of tasks with dot plots."""
ROWS = 40
"""The largest number of methods, the best ones."""
RANKS = LinearSegmentedColormap.from_list("ranks", ["#2F6FA7", "#A9CBE4", "#F3F5F7"])
Estimates = dict[str, dict[str, Estimate]]


def draw(suite: SuiteResults, styles: Styles) -> Figure | None:
    """The final headline metric of every method on every task; None without a value."""
    estimates: Estimates = {
        task.key: {m.key: item for m in task.activations if (item := estimate(m.final(task.headline.name)))}
        for task in suite.tasks
    }
    tasks = [task for task in suite.tasks if estimates[task.key]]
    if not tasks:
        return None
    labels = {method.key: method.label for task in tasks for method in task.activations}
    places = [task_ranks(task) for task in tasks]
    ranks = {key: [estimates[key] for estimates in places if key in estimates] for key in labels}
    # Mean ranks compare only over the same tasks: methods that some tasks lack come last and have none.
    most = max(map(len, ranks.values()))
    order = sorted(labels, key=lambda key: (len(ranks[key]) < most, average(ranks[key]) or 0.0, key))[:ROWS]
    if len(tasks) > MOST:
        means = {key: average(ranks[key]) if len(ranks[key]) == most else None for key in order}
        return _matrix(tasks, estimates, labels, means)
    return _dots(tasks, estimates, labels, order[::-1], styles)


def task_ranks(task: TaskResults) -> dict[str, int]:
    """The rank of every method on a task, from 1; all methods without a value share the last rank."""
    valued = [method.key for method in task.activations if method.final(task.headline.name)]
    return {method.key: 1 + (valued.index(method.key) if method.final(task.headline.name) else len(valued))
            for method in task.activations}  # fmt: skip


def _dots(
    tasks: list[TaskResults], estimates: Estimates, labels: dict[str, str], order: list[str], styles: Styles
) -> Figure:
    columns = len(tasks)
    size = max(3.6, min(1.4 + 1.9 * columns, WIDTH)), 0.24 * len(order) + 0.95
    figure = Figure(figsize=size, layout="constrained")
    axes: list[Axes] = list(figure.subplots(1, columns, sharey=True, squeeze=False)[0])
    for axis, task in zip(axes, tasks, strict=True):
        for place, key in enumerate(order):
            if key in estimates[task.key]:
                item, style = estimates[task.key][key], styles[key]
                axis.errorbar(
                    item.mean, place, xerr=item.half, fmt=style.marker, color=style.color, ms=6, mec="white", mew=0.6,
                    elinewidth=1.3, capsize=2, zorder=3,
                )  # fmt: skip
            elif any(method.key == key for method in task.activations):
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
        axis.set_yticks(range(len(order)), [labels[key] for key in order])
        axis.set_ylim(-0.6, len(order) - 0.4)
        axis.tick_params(axis="y", length=0)
        sns.despine(ax=axis, left=True)
    return figure


def _matrix(
    tasks: list[TaskResults], estimates: Estimates, labels: dict[str, str], means: dict[str, float | None]
) -> Figure:
    """Draw methods by tasks: each cell has a value and, as shade, its rank; then mean ranks and classical methods."""
    order, methods = list(means), len(means)
    classical = [best_classical(task) for task in tasks]
    rows = methods + any(classical)
    wide = max(0.62, min(0.8, (WIDTH - 1.9) / len(tasks)))
    figure = Figure(figsize=(1.9 + wide * len(tasks), 0.27 * rows + 1.0), layout="constrained")
    axis = figure.subplots()
    for column, task in enumerate(tasks):
        ranks, spec = task_ranks(task), task.headline.spec
        for row, key in enumerate(order):
            if key not in ranks:
                continue
            share = (ranks[key] - 1) / max(len(set(ranks.values())) - 1, 1)
            item = estimates[task.key].get(key)
            text = "failed" if item is None else format(item.mean, _short(spec))
            _cell(axis, (column, row), text, share, failed=item is None)
        best = classical[column]
        if best is not None:
            text = f"{format(best[1].mean, _short(spec))}\n{baseline(best[0].label)}"
            axis.text(column, methods + 0.15, text, ha="center", va="center", fontsize=6, color=BASELINE_COLOR,
                      linespacing=1.1)  # fmt: skip
    for row, key in enumerate(order):
        text = "—" if (mean := means[key]) is None else f"{mean:.1f}"
        place = len(tasks) + 0.05
        axis.text(place, row, text, ha="center", va="center", fontsize=7, fontweight="bold")
    heads = ["\n".join([task.key, *textwrap.wrap(task.headline.label, 16)]) for task in tasks]
    axis.set_xticks([*range(len(tasks)), len(tasks) + 0.05], [*heads, "mean\nrank"], rotation=40, ha="left",
                    rotation_mode="anchor", fontsize=6.5, linespacing=1.05)  # fmt: skip
    places = [*range(methods), *([methods + 0.15] if any(classical) else [])]
    axis.set_yticks(places, [*(labels[key] for key in order), *(["best classical"] if any(classical) else [])])
    axis.set(xlim=(-0.5, len(tasks) + 0.5), ylim=(rows - 0.5 + 0.3 * any(classical), -0.5))
    axis.tick_params(length=0, top=False, bottom=False, labeltop=True, labelbottom=False)
    axis.grid(False)
    sns.despine(ax=axis, left=True, bottom=True)
    return figure


def _cell(axis: Axes, place: tuple[int, int], text: str, share: float, *, failed: bool) -> None:
    """Draw a cell of a method's row."""
    column, row = place
    colour = "#FFFFFF" if failed else RANKS(share)
    axis.fill_between([column - 0.48, column + 0.48], row - 0.46, row + 0.46, color=colour, lw=0)
    ink = BASELINE_COLOR if failed else "white" if np.mean(RANKS(share)[:3]) < 0.55 else "#1C1E21"
    weight = "bold" if share == 0 else "normal"
    axis.text(column, row, text, ha="center", va="center", fontsize=6.5, fontweight=weight, color=ink)


def _short(spec: str) -> str:
    """A format with one digit less than in the tables."""
    return {".4f": ".3f", ".2f": ".1f", ".2e": ".1e"}.get(spec, spec)
