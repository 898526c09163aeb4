"""Heat maps of a sweep over two numeric settings: the headline metric of each activation over both.

A suite declares a sweep by a list of values, and every value has a task or a method of its own, named like
``bandwidth[cycles=8.0]`` and ``siren[params=3000]``. Which of the two has a setting, and which setting that is, makes
no difference here.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inrbench.report.data.model import SuiteResults
from inrbench.report.data.stats import estimate
from inrbench.report.data.sweeps import swept
from inrbench.report.figures.axes import WIDTH
from inrbench.report.labels import MetricLabel, spaced

PANELS = 16
"""The largest number of panels, the best activations."""
COLUMNS = 3
Point = tuple[float, float]


@dataclass(frozen=True)
class Sweep2d:
    """The final headline metric over two swept settings.

    Attributes:
        task: the suite's key of the task without the sweep's values, such as ``bandwidth``.
        axes: the names of the settings, horizontal and vertical.
        panels: for each activation, the best on average first, its values by the values of the two settings.
    """

    task: str
    metric: MetricLabel
    axes: tuple[str, str]
    panels: Mapping[str, Mapping[Point, float]]


def sweeps(suite: SuiteResults) -> list[Sweep2d]:
    """The sweeps of a suite over exactly two numeric settings, with two values of each at least, in the order of tasks.

    A setting of the task is horizontal; otherwise the one that is named first.
    """
    groups: dict[tuple[str, tuple[str, str]], dict[str, dict[Point, float]]] = defaultdict(lambda: defaultdict(dict))
    metrics: dict[str, MetricLabel] = {}
    for task in suite.tasks:
        base, of_task = swept(task.key)
        for method in task.activations:
            name, of_method = swept(method.key)
            values = {**of_task, **of_method}
            item = estimate(method.final(task.headline.name))
            if len(values) != 2 or len(of_task) + len(of_method) != 2 or item is None:
                continue
            (x, first), (y, second) = values.items()
            suffix = method.key.removeprefix(name)
            groups[base, (x, y)][method.label.removesuffix(suffix)][first, second] = item.mean
            metrics.setdefault(base, task.headline)
    return [
        Sweep2d(task, metrics[task], axes, _ranked(panels, metrics[task].direction))
        for (task, axes), panels in groups.items()
        if all(len({point[side] for values in panels.values() for point in values}) > 1 for side in (0, 1))
    ]


def _ranked(panels: Mapping[str, Mapping[Point, float]], direction: int) -> dict[str, Mapping[Point, float]]:
    def order(name: str) -> tuple[int, float, str]:
        values = panels[name].values()
        return -len(values), -(direction or 1) * math.fsum(values) / len(values), name

    return {name: panels[name] for name in sorted(panels, key=order)}


def draw(sweep: Sweep2d) -> Figure:
    """One panel for each activation, all on one scale of colours; a value that is missing leaves its cell empty."""
    panels = dict(list(sweep.panels.items())[:PANELS])
    x, y = ([*sorted({point[side] for values in panels.values() for point in values})] for side in (0, 1))
    columns = min(COLUMNS, len(panels))
    rows = math.ceil(len(panels) / columns)
    cell = min(0.45, (WIDTH - 1.4) / columns / len(x))  # inches
    figure = Figure(
        figsize=(columns * (len(x) * cell + 0.15) + 1.4, rows * (len(y) * 0.26 + 0.35) + 0.5), layout="constrained"
    )
    grid: list[Axes] = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel().tolist()
    values = [value for panel in panels.values() for value in panel.values()]
    scale: dict[str, Any] = {"vmin": min(values), "vmax": max(values)}
    scale["cmap"] = "viridis" if sweep.metric.direction >= 0 else "viridis_r"  # bright is good
    for axis, (label, panel) in zip(grid, panels.items(), strict=False):
        table = pd.DataFrame([[panel.get((a, b), np.nan) for a in x] for b in y[::-1]], index=y[::-1], columns=x)
        sns.heatmap(
            table, ax=axis, cbar=False, annot=True, fmt=_short(sweep.metric.spec), annot_kws={"size": 6},
            linewidths=0.5, xticklabels=_ticks(x), yticklabels=_ticks(y[::-1]), **scale,
        )  # fmt: skip
        axis.set_title(label)
        axis.tick_params(length=0)
        axis.set(xlabel="", ylabel="")
        axis.tick_params(axis="y", rotation=0)
        axis.tick_params(axis="x", rotation=0)
        axis.grid(False)
    for index, axis in enumerate(grid):
        axis.set_visible(index < len(panels))
        axis.tick_params(labelbottom=index + columns >= len(panels))
    figure.supxlabel(spaced(sweep.axes[0]), fontsize=8)
    figure.supylabel(spaced(sweep.axes[1]), fontsize=8)
    bar = figure.colorbar(grid[0].collections[0], ax=grid, aspect=30, pad=0.02)
    bar.set_label(f"final {sweep.metric.label}")
    bar.outline.set_visible(False)
    return figure


def _ticks(values: Iterable[float]) -> list[str]:
    return [f"{value:,.0f}" if value == round(value) else f"{value:g}" for value in values]


def _short(spec: str) -> str:
    """A format with fewer digits than in tables: cells are small."""
    return {".4f": ".2f", ".2f": ".1f", ".2e": ".0e"}.get(spec, spec)
