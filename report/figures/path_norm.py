"""Charts of the path norm, a measure of regularity: against the headline metric, the swept parameter, and steps."""

from __future__ import annotations

import math
from collections import defaultdict

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inrbench.report.data.model import Method, Run, TaskResults
from inrbench.report.figures.axes import WIDTH, Styles, curve, legend, log_axis, marker, series, value_axis
from inrbench.report.figures.registry import FOLDED, Scene, TaskFigure
from inrbench.report.labels import parameter
from inrbench.report.tables.selection import NORM, SWEPT, others, reached, swept

Families = dict[tuple[str, str], dict[float, Method]]


def draw(task: TaskResults, styles: Styles) -> Figure | None:
    """Up to three panels, the first with one point for each run; None where no run has a path norm."""
    points = {method.key: _points(method, task.headline.name) for method in task.activations}
    methods = [method for method in task.activations if points[method.key]]
    if not methods:
        return None
    families = _families(methods)
    sweeps = {method.key: c for members in families.values() for c, method in members.items()}
    methods.sort(key=lambda method: (method.activation, sweeps.get(method.key, 0.0)))  # a sweep by its values
    timed = [method for method in methods if len(series(method, NORM, log=True)) > 1]
    panels = 1 + bool(families) + bool(timed)
    figure = Figure(figsize=((4.0, 5.6, WIDTH)[panels - 1], 3.0), layout="constrained")
    axes: list[Axes] = list(figure.subplots(1, panels, squeeze=False)[0])
    _scatter(axes[0], task, methods, points, sweeps, styles)
    if families:
        _sweep(axes[1], families, styles)
    if timed:
        axis = axes[-1]
        for method in reversed(timed):
            norms = series(method, NORM, log=True)
            curve(axis, [float(step) for step, *_ in norms], [item for *_, item in norms], styles[method.key], log=True)
        axis.set(xlabel="training steps", ylabel="path norm")
        log_axis(axis)
        log_axis(axis, "y")
    legend(figure, figure.get_figwidth(), methods, styles, lines=bool(timed))
    return figure


def unreached(task: TaskResults) -> bool:
    """Whether some run with a path norm did not reach the data loss at which it was to stop."""
    return any(not reached(run) for method in task.activations for run in method.ok if _norm(run))


def has_sweep(task: TaskResults) -> bool:
    """Whether there is a panel of the path norm against the swept parameter."""
    return bool(_families(task.activations))


def _norm(run: Run) -> float | None:
    """The path norm, None unless it is positive: the axes are logarithmic."""
    norm = run.last(NORM)
    return norm if norm and norm > 0 else None


def _points(method: Method, metric: str) -> list[tuple[float, float, Run]]:
    """Path norm and metric of each run that has both."""
    runs = [(_norm(run), run.final(metric), run) for run in method.ok]
    return [(norm, value, run) for norm, value, run in runs if norm is not None and value is not None]


def _families(methods: list[Method] | tuple[Method, ...]) -> Families:
    """Groups of methods that differ in the swept parameter alone, by its value, where there are several values."""
    families: Families = defaultdict(dict)
    for method in methods:
        settings = method.runs[0].settings("activation_params")
        value = swept(settings)
        if value is not None and any(_norm(run) for run in method.ok):
            families[method.activation, others(settings)].setdefault(value, method)
    return {key: dict(sorted(members.items())) for key, members in families.items() if len(members) > 1}


def _scatter(
    axis: Axes,
    task: TaskResults,
    methods: list[Method],
    points: dict[str, list[tuple[float, float, Run]]],
    sweeps: dict[str, float],
    styles: Styles,
) -> None:
    for method in reversed(methods):
        style = styles[method.key]
        for x, y, run in points[method.key]:
            # Hollow: these did not reach the data loss at which the others are compared.
            axis.plot([x], [y], ls="", ms=6, zorder=3, **marker(style, hollow=not reached(run)))
        if method.key in sweeps:
            x, y, _ = max(points[method.key], key=lambda point: point[1])
            axis.annotate(f"{parameter(SWEPT)} = {sweeps[method.key]:g}", (x, y), (0, 5), textcoords="offset points",
                          ha="center", va="bottom", fontsize=6.5, color="#3A3D42", zorder=4)  # fmt: skip
    axis.margins(x=0.14, y=0.12)
    axis.set(xlabel="final path norm", ylabel=f"final {task.headline.label}")
    log_axis(axis)
    value_axis(axis, task.headline)


def _sweep(axis: Axes, families: Families, styles: Styles) -> None:
    """Draw the norm of each run, and a line through the means of each family."""
    for members in families.values():
        means = []
        for value, method in members.items():
            style, norms = styles[method.key], [norm for run in method.ok if (norm := _norm(run)) is not None]
            means.append(math.fsum(norms) / len(norms))
            axis.plot([value] * len(norms), norms, ls="", ms=5, zorder=3, **marker(style))
        axis.plot(list(members), means, color="#9A9A9A", lw=1, zorder=2)
    axis.margins(x=0.1)
    axis.set(xlabel=parameter(SWEPT), ylabel="path norm")
    values = [value for members in families.values() for value in members]
    if min(values) > 0 and max(values) > 3 * min(values):
        log_axis(axis)
    axis.set_xticks(sorted(set(values)), [f"{value:g}" for value in sorted(set(values))])
    axis.set_xticks([], minor=True)
    log_axis(axis, "y")
    sns.despine(ax=axis)


def _caption(scene: Scene) -> str:
    text = f"Final path norm against final {scene.task.headline.short}, one point per run."
    text += " Hollow: the run did not reach the data loss at which it was to stop." * unreached(scene.task)
    return text + " Then the path norm against c." * has_sweep(scene.task)


FIGURE = TaskFigure(
    "norm",
    "path norm",
    lambda scene: draw(scene.task, scene.styles),
    _caption,
    lambda scene: f"Path norm against {scene.task.headline.short} on {scene.task.key}",
    part=FOLDED,
)
