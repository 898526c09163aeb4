"""Charts of diagnostics: the error at each frequency, the statistics of the layers, and the spectra of the network."""

from __future__ import annotations

import math
from typing import Any

import matplotlib
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from inrbench.report.data.model import Method, SuiteResults, TaskResults
from inrbench.report.data.reconstructions import first
from inrbench.report.data.stats import Estimate, estimate
from inrbench.report.figures.axes import WIDTH, Series, Styles, bands, curve, legend, log_axis, marker, series
from inrbench.report.figures.registry import Scene, TaskFigure
from inrbench.report.figures.style import MethodStyle

FREQUENCIES = "freq_error"
COLUMNS = 4
STATISTICS = {
    "dead_units": ("dead units (fraction)", False),
    "feature_cond": ("condition number of features", True),
    "feature_std": ("spread of features", True),
    "feature_stable_rank": ("stable rank of features", False),
    "weight_stable_rank": ("stable rank of weights", False),
}
"""The label of each statistic of a layer, and whether its axis is logarithmic."""


def spectral(task: TaskResults, styles: Styles) -> Figure | None:
    """The relative error at each frequency against steps, one panel for each method; None where none was scored.

    A method that learns low frequencies first has lines that fall one after the other, dark before bright. Below, where
    there are such diagnostics, the condition number of the last layer's features and the norm of the gradient.
    """
    names = task.indexed(FREQUENCIES)
    curves = {m.key: {k: series(m, name, log=True) for k, name in names.items()} for m in task.activations}
    methods = [method for method in task.activations if any(len(points) > 1 for points in curves[method.key].values())]
    if not methods:
        return None
    columns = min(COLUMNS, len(methods))
    columns = math.ceil(len(methods) / math.ceil(len(methods) / columns))
    rows = math.ceil(len(methods) / columns)
    lower = {
        label: name for label, name in _lower_panels(task).items() if any(len(series(m, name)) > 1 for m in methods)
    }
    width, heights = max(4.0, min(WIDTH, 1.9 * columns)), [1.45 * rows + 0.75, 2.6]
    figure = Figure(figsize=(width, sum(heights[: 1 + bool(lower)])), layout="constrained")
    parts = figure.subfigures(1 + bool(lower), 1, height_ratios=heights[: 1 + bool(lower)], squeeze=False)[:, 0]
    grid = parts[0].subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    axes: list[Axes] = [axis for line in grid for axis in line]
    shades = matplotlib.colormaps["viridis"]
    colours = {k: shades(0.88 * index / max(len(names) - 1, 1)) for index, k in enumerate(names)}
    for axis, method in zip(axes, methods, strict=False):
        for k, points in curves[method.key].items():
            style = MethodStyle(matplotlib.colors.to_hex(colours[k]), "", "-")
            curve(axis, *_split(points), style, log=True)
        axis.set_title(method.label)
    for index, axis in enumerate(axes):
        axis.set_visible(index < len(methods))
        log_axis(axis)
        if index < len(methods) <= index + columns:
            axis.tick_params(labelbottom=True)
    log_axis(axes[0], "y")
    parts[0].supxlabel("training steps", fontsize=8)
    parts[0].supylabel("relative error at the frequency", fontsize=8)
    handles = [Line2D([], [], color=colour, lw=2) for colour in colours.values()]
    title = "frequency" if len(names) < 7 else ""
    parts[0].legend(handles, [f"{k:g}" for k in names], title=title, loc="outside upper center", ncols=len(names),
                    title_fontsize=7.5)  # fmt: skip
    if lower:
        panels: list[Axes] = list(parts[1].subplots(1, len(lower), squeeze=False)[0])
        for axis, (label, name) in zip(panels, lower.items(), strict=True):
            _against_steps(axis, methods, name, label, styles, log=True)
        legend(parts[1], width, methods, styles)
    return figure


def conditioning(task: TaskResults, styles: Styles) -> Figure | None:
    """Dead units, condition number, spread and stable rank of the features, and stable rank of the matrices: of each
    layer at the end, of the last in training.

    None where no method has such a statistic.
    """
    kinds = {name: task.indexed(name) for name in STATISTICS}
    kinds = {name: layers for name, layers in kinds.items() if layers}
    names = [name for layers in kinds.values() for name in layers.values()]
    methods = [m for m in task.activations if any(run.last(name) is not None for run in m.ok for name in names)]
    if not methods:
        return None
    timed = any(len(series(m, list(layers.values())[-1])) > 1 for layers in kinds.values() for m in methods)
    rows, columns = 1 + timed, len(kinds)
    figure = Figure(figsize=(max(3.6, WIDTH * columns / 3), 2.1 * rows + 0.5), layout="constrained")
    grid: list[list[Axes]] = figure.subplots(rows, columns, squeeze=False).tolist()
    for column, (kind, layers) in enumerate(kinds.items()):
        label, log = STATISTICS[kind]
        axis = grid[0][column]
        for method in reversed(methods):
            items = {number: _estimate(method, name, log=log) for number, name in layers.items()}
            means = {number: item for number, item in items.items() if item is not None}
            curve(axis, list(means), list(means.values()), styles[method.key], log=log, every=True)
        axis.set(xlabel="layer", ylabel=label, xticks=list(layers))
        _finish(axis, log)
        if timed:
            deepest = list(layers.values())[-1]
            _against_steps(grid[1][column], methods, deepest, f"{label},\nlayer {max(layers):g}", styles, log=log)
    legend(figure, figure.get_figwidth(), methods, styles)
    return figure


MOMENTS = {"start": "before training", "end": "after training"}
DEPTH = 1e-13
"""Smallest power shown, by the largest: values in float32 have rounding errors of about 1e-14."""
SUMMARIES = {"ntk_rank": "effective rank", "ntk_decay": "exponent of decay"}


def spectra(suite: SuiteResults, task: TaskResults, styles: Styles) -> Figure | None:
    """Eigenvalues of the tangent kernel and power at each frequency, before and after training; None without any.

    The curves are those of the first signal and of each method's first repeat. Eigenvalues are divided by the largest
    one of their kernel, because learning rates differ. At the right the mean of the two scores of the eigenvalues,
    hollow before and filled after training.
    """
    runs = {method.key: first(method, task.signals[0]) for method in task.activations}
    arrays = {key: suite.store.arrays(run.job_id) or {} for key, run in runs.items() if run is not None}
    methods = [m for m in task.activations if {"ntk_start", "ntk_end"} <= set(arrays.get(m.key, ()))]
    if not methods:
        return None
    height = 4.4 + 0.12 * max(0, len(methods) - 6)
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    grid: list[list[Axes]] = figure.subplots(2, 3, width_ratios=(1, 1, 0.75)).tolist()
    for column, (moment, when) in enumerate(MOMENTS.items()):
        eigen, power = grid[0][column], grid[1][column]
        for method in reversed(methods):
            style, stored = styles[method.key], arrays[method.key]
            values = stored[f"ntk_{moment}"].astype(np.float64)
            values = values[values > 1e-14 * values.max()] / values.max()
            eigen.plot(np.arange(1, len(values) + 1), values, color=style.color, ls=style.line, lw=1.2)
            _powers(power, stored[f"spectrum_{moment}"], color=style.color, ls=style.line, lw=1.2)
        _powers(power, arrays[methods[0].key]["spectrum_truth"], color="black", ls=(0, (1, 1)), lw=1.2, zorder=4)
        eigen.set(title=when, xlabel="index", ylabel="eigenvalue / largest" if column == 0 else "")
        power.set(xlabel="frequency (cycles over the domain)", ylabel="power" if column == 0 else "")
    top = max(float(line.get_ydata().max()) for axis in grid[1][:2] for line in axis.get_lines())  # type: ignore[union-attr]
    for row in grid:
        row[1].sharey(row[0])
        row[0].autoscale_view()
        for axis in row[:2]:
            log_axis(axis)
            log_axis(axis, "y")
    grid[1][0].set_ylim(DEPTH * top, 3 * top)
    for (name, label), axis in zip(SUMMARIES.items(), (grid[0][2], grid[1][2]), strict=True):
        _moments(axis, methods, name, styles)
        axis.set(xlabel=label, yticks=range(len(methods)), yticklabels=[method.label for method in methods])
        axis.set_ylim(len(methods) - 0.5, -0.5)
    legend(figure, WIDTH, methods, styles)
    return figure


def _powers(axis: Axes, values: np.ndarray[Any, Any], **line: Any) -> None:
    """Draw the power at each frequency from 1 on; zeros, which a logarithmic axis lacks, are left out."""
    k = np.arange(len(values))
    shown = (k > 0) & (values > 0)
    axis.plot(k[shown], values[shown].astype(np.float64), **line)


def _moments(axis: Axes, methods: list[Method], name: str, styles: Styles) -> None:
    """Draw the mean of the first and of the last value of a score for each method."""
    for place, method in enumerate(methods):
        pairs = [tuple(point.value for point in run.curves.get(name, ())) for run in method.ok]
        ends = [(values[0], values[-1]) for values in pairs if len(values) > 1 and np.isfinite(values).all()]
        if not ends:
            continue
        before, after = np.mean(ends, axis=0)
        style = styles[method.key]
        axis.plot([before, after], [place, place], color=style.color, lw=1)
        for value, hollow in ((before, True), (after, False)):
            axis.plot([value], [place], ls="", ms=5, zorder=3, **marker(style, hollow=hollow))
    sns.despine(ax=axis)


def _lower_panels(task: TaskResults) -> dict[str, str]:
    """Label and metric of the panels below the frequencies."""
    panels = {}
    if layers := task.indexed("feature_cond"):
        panels[f"condition number, layer {max(layers):g}"] = layers[max(layers)]
    if "grad_norm/total" in task.diagnostics:
        panels["gradient norm"] = "grad_norm/total"
    elif layers := task.indexed("grad_norm"):
        panels[f"gradient norm, layer {max(layers):g}"] = layers[max(layers)]
    return panels


def _split(points: Series) -> tuple[list[float], list[Estimate]]:
    return [float(step) for step, *_ in points], [item for *_, item in points]


def _against_steps(axis: Axes, methods: list[Method], name: str, label: str, styles: Styles, *, log: bool) -> None:
    for method in reversed(methods):
        curve(axis, *_split(series(method, name, log=log)), styles[method.key], log=log)
    axis.set(xlabel="training steps", ylabel=label)
    log_axis(axis)
    _finish(axis, log)


def _finish(axis: Axes, log: bool) -> None:
    if log and axis.get_lines():
        log_axis(axis, "y")
    elif not log:
        axis.set_ylim(-0.03, max(0.1, min(1.03, 1.1 * axis.get_ylim()[1])))
    sns.despine(ax=axis)


def _estimate(method: Method, name: str, *, log: bool) -> Estimate | None:
    """The mean of the last values, or of their log10 where the axis is logarithmic."""
    cells = method.cells(lambda run: run.last(name))
    return estimate({cell: math.log10(value) for cell, value in cells.items() if value > 0} if log else cells)


def _spectra_caption(scene: Scene) -> str:
    return (
        f"Above: eigenvalues of the empirical tangent kernel on points of {scene.task.signals[0]}; below: power of the "
        "network at each frequency, dotted that of the truth (first repeat). Right: effective rank of the "
        "eigenvalues and exponent of their power law, hollow before and filled after training."
    )


FIGURES = (
    TaskFigure(
        "spectral",
        "spectral bias",
        lambda scene: spectral(scene.task, scene.styles),
        lambda scene: (
            "Relative error at each frequency of the truth during training, one panel per method." + bands(scene.task)
        ),
        lambda scene: f"Error of each frequency against training steps on {scene.task.key}",
    ),
    TaskFigure(
        "conditioning",
        "conditioning",
        lambda scene: conditioning(scene.task, scene.styles),
        lambda scene: (
            "The features and matrices of each layer after training and, below, of the last layer during it."
            + bands(scene.task)
        ),
        lambda scene: (
            "Dead units, condition number, spread and stable rank of the features of each layer on " + scene.task.key
        ),
    ),
    TaskFigure(
        "spectra",
        "tangent kernel",
        lambda scene: spectra(scene.suite, scene.task, scene.styles),
        _spectra_caption,
        lambda scene: (
            "Eigenvalues of the tangent kernel and power spectrum before and after training on " + scene.task.key
        ),
    ),
)
