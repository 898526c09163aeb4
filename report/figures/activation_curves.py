"""Curves of the activation functions over their pre-activation, as stored with the results."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from inrbench.report.data.model import SuiteResults
from inrbench.report.data.reconstructions import Array
from inrbench.report.figures.axes import Styles
from inrbench.report.labels import parameter, setting

PANELS = 40
"""The largest number of nonlinearities in the figure."""


def draw(suite: SuiteResults, styles: Styles) -> Figure | None:
    """One panel for each nonlinearity and its parameters; None where no run stored a curve."""
    panels: list[tuple[str, str, dict[str, Array]]] = []
    seen: set[tuple[str, str]] = set()
    for task in suite.tasks:
        for method in task.activations:
            for run in method.ok:
                settings = run.text("activation_params")
                if (method.key, settings) in seen or len(panels) == PANELS:
                    continue
                curves = suite.store.arrays(run.job_id)
                if curves is None:
                    continue
                seen.add((method.key, settings))
                if "curve" not in curves or curves["curve"].shape != curves.get("curve_z", np.empty(0)).shape:
                    continue
                note = ", ".join(f"{parameter(k)} = {setting(v)}" for k, v in run.settings("activation_params").items())
                panels.append((method.key, f"{method.label}\n{note}" if note else method.label, curves))
    if not panels:
        return None
    panels.sort(key=lambda panel: (list(styles).index(panel[0]), panel[1]))
    panels = [(key, _wrapped(name), curves) for key, name, curves in panels]
    lines = max(name.count("\n") + 1 for _, name, _ in panels)  # titles of equal height align the panels
    rows = math.ceil(len(panels) / 4)
    columns = math.ceil(len(panels) / rows)  # rows of equal length
    figure = Figure(figsize=(max(2.4, 1.75 * columns), 1.5 * rows + 0.2), layout="constrained")
    axes: list[Axes] = [axis for line in figure.subplots(rows, columns, sharex=True, squeeze=False) for axis in line]
    for axis, (key, name, curves) in zip(axes, panels, strict=False):
        plot(axis, curves, styles[key].color)
        axis.set_title(name + "\n " * (lines - name.count("\n") - 1), fontsize=7.5)
    for index, axis in enumerate(axes):
        axis.set_visible(index < len(panels))
        if index + columns >= len(panels):
            axis.tick_params(labelbottom=True)
    figure.supxlabel("pre-activation z", fontsize=8)
    return figure


def plot(axis: Axes, curves: Mapping[str, Array], color: str) -> None:
    """Draw one nonlinearity: ``curve`` over ``curve_z``, and ``curve_imag``, its imaginary part, as a dashed line."""
    z = curves["curve_z"]
    axis.axhline(0, color="#BBBBBB", lw=0.7, zorder=1)
    axis.axvline(0, color="#BBBBBB", lw=0.7, zorder=1)
    axis.plot(z, curves["curve"], color=color, lw=1.4, zorder=3)
    if "curve_imag" in curves and curves["curve_imag"].shape == z.shape:
        axis.plot(z, curves["curve_imag"], color=color, lw=0.9, alpha=0.55, ls=(0, (3, 1.5)), zorder=2)
    for line in (axis.xaxis, axis.yaxis):
        line.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        line.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
    axis.grid(False)
    axis.margins(x=0)
    sns.despine(ax=axis)


def _wrapped(name: str) -> str:
    return "\n".join(textwrap.fill(line, 28) for line in name.split("\n"))
