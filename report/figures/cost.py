"""Charts of quality against cost: the final headline metric against training seconds and against parameters.

Points carry their names, and a line joins the Pareto front: the methods that no other one beats at lower or equal cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from inrbench.report.data.model import Method, Run, TaskResults, Timing
from inrbench.report.data.stats import Estimate, estimate
from inrbench.report.figures.axes import WIDTH, Styles, baselines, log_axis, marker, repeated, time_label
from inrbench.report.figures.convergence import hollow_markers
from inrbench.report.figures.registry import COST, Scene, TaskFigure

SPREAD = 1.2
"""Parameters that differ by less than this factor are one budget, which needs no chart."""

_LETTER = 0.052
"""The mean width of a letter of a name, in inches."""
_LINE = 0.11
"""The height of a name, in inches."""


@dataclass(frozen=True)
class CostPoint:
    """One method: its cost, its final value and whether its marker is hollow, as its cost does not compare."""

    method: Method
    cost: Estimate
    value: Estimate
    hollow: bool = False


def draw(task: TaskResults, styles: Styles) -> Figure | None:
    """A panel for the seconds on each hardware, then one for the parameters; None below two methods."""
    panels = [(timed_label(task, hardware), timed(task, hardware)) for hardware in task.hardware()]
    panels.append(("trainable parameters", sized(task)))
    panels = [(label, points) for label, points in panels if len({point.method.key for point in points}) > 1]
    if not panels:
        return None
    figure = Figure(figsize=(max(4.6, min(3.5 * len(panels), 2 * WIDTH)), 3.2), layout="constrained")
    axes: list[Axes] = list(figure.subplots(1, len(panels), sharey=True, squeeze=False)[0])
    for axis, (label, points) in zip(axes, panels, strict=True):
        _panel(axis, points, task.headline.direction, styles)
        axis.set_xlabel(label)
    axes[0].set_ylabel(f"final {task.headline.label}")
    baselines(axes, task)
    wide = figure.get_figwidth() / len(panels) - 0.8
    for axis, (_, points) in zip(axes, panels, strict=True):
        _names(axis, points, styles, (wide, figure.get_figheight() - 0.7))
    return figure


def timed(task: TaskResults, hardware: str) -> list[CostPoint]:
    """The methods that were timed on one hardware, once for each engine."""
    return [
        CostPoint(method, *pair, hollow=task.other_engine(timing))
        for method in task.activations
        for timing in method.timings
        if timing.hardware == hardware and (pair := _final(method, task, timing))
    ]


def sized(task: TaskResults) -> list[CostPoint]:
    """The methods by their trainable parameters; none where all have one budget."""
    points = [
        CostPoint(method, cost, value)
        for method in task.activations
        if (cost := estimate(method.cells(lambda run: run.number("params")))) is not None
        and (value := estimate(method.final(task.headline.name))) is not None
        and cost.mean > 0
    ]
    sizes = [point.cost.mean for point in points]
    return points if sizes and max(sizes) > SPREAD * min(sizes) else []


def front(costs: Sequence[float], values: Sequence[float], direction: int) -> list[int]:
    """The Pareto front: the indices, cheapest first, of the points that are better than all that cost no more.

    Example:
        >>> front([1.0, 2.0, 3.0], [5.0, 4.0, 6.0], 1)
        [0, 2]
    """
    chosen: list[int] = []
    for index in sorted(range(len(costs)), key=lambda i: (costs[i], -direction * values[i])):
        if not chosen or direction * values[index] > direction * values[chosen[-1]]:
            chosen.append(index)
    return chosen


def _final(method: Method, task: TaskResults, timing: Timing) -> tuple[Estimate, Estimate] | None:
    """Training time and final value of the runs that were timed under these conditions."""

    def of(run: Run, value: float | None) -> float | None:
        return value if run.timing == timing else None

    time = estimate(method.cells(lambda run: of(run, run.number("train_s"))))
    value = estimate(method.cells(lambda run: of(run, run.final(task.headline.name))))
    return (time, value) if time and value and time.mean > 0 else None


def timed_label(task: TaskResults, hardware: str) -> str:
    """The label of the axis of seconds, with the hardware where there are several."""
    return time_label(task, hardware) + (f"\n{hardware}" if len(task.hardware()) > 1 else "")


# -- drawing -----------------------------------------------------------------------------------------------------------


def _panel(axis: Axes, points: Sequence[CostPoint], direction: int, styles: Styles) -> None:
    for point in points:
        style = styles[point.method.key]
        axis.errorbar(
            point.cost.mean, point.value.mean, xerr=_clipped(point.cost), yerr=point.value.half, color=style.color,
            ls="", ms=5.5, elinewidth=0.8, capsize=1.5, zorder=3, **marker(style, hollow=point.hollow),
        )  # fmt: skip
    comparable = [point for point in points if not point.hollow]
    costs, values = [point.cost.mean for point in comparable], [point.value.mean for point in comparable]
    best = front(costs, values, direction) if direction else []
    axis.step([costs[i] for i in best], [values[i] for i in best], where="post", color="#999999", lw=1, zorder=1.4)
    costs = [point.cost.mean for point in points]
    if max(costs) > 3 * min(costs):
        log_axis(axis)
    else:
        axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.margins(x=0.15, y=0.08)
    axis.autoscale_view()
    sns.despine(ax=axis)


def _clipped(cost: Estimate) -> list[list[float]] | None:
    """The lengths of the error bar: the left one ends before 0, which a logarithmic axis does not have."""
    return None if not cost.half else [[min(cost.half, 0.9 * cost.mean)], [cost.half]]


def _names(axis: Axes, points: Sequence[CostPoint], styles: Styles, size: tuple[float, float]) -> None:
    """Write each name beside its point where it covers no other name or point; leave it out where no place is free."""
    to_axes = axis.transData + axis.transAxes.inverted()
    places = [to_axes.transform((point.cost.mean, point.value.mean)) * size for point in points]
    taken = [(x - 0.04, y - 0.04, x + 0.04, y + 0.04) for x, y in places]
    for point, (x, y) in zip(points, places, strict=True):  # the best first
        wide = _LETTER * len(point.method.label)
        for dx, dy in _AROUND:
            left = x + dx * 0.085 - wide * (dx < 0) - wide / 2 * (dx == 0)
            box = (left, y + dy * 0.11 - _LINE / 2, left + wide, y + dy * 0.11 + _LINE / 2)
            inside = box[0] >= -0.1 and box[2] <= size[0] + 0.3
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                axis.annotate(
                    point.method.label, (point.cost.mean, point.value.mean), (dx * 6, dy * 8),
                    textcoords="offset points",
                    ha={1: "left", 0: "center", -1: "right"}[int(np.sign(dx))], va="center", fontsize=6.5,
                    color=styles[point.method.key].color, annotation_clip=False,
                )  # fmt: skip
                break


_AROUND = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
"""Places of a name about its point, in units of its distance."""

Box = tuple[float, float, float, float]
"""Left, bottom, right and top, in inches."""


def _overlap(first: Box, second: Box) -> bool:
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]


def _caption(scene: Scene) -> str:
    task = scene.task
    bars = " Bars are 95 % intervals over repeats." * repeated(task)
    return (
        f"Final {task.headline.short} on {task.key} against training time and, where methods differ in it, the number "
        "of parameters. The grey line is the Pareto front: no other method is as good at that cost or less."
        + bars
        + hollow_markers(task)
    )


FIGURE = TaskFigure(
    "cost",
    "",
    lambda scene: draw(scene.task, scene.styles),
    _caption,
    lambda scene: f"{scene.task.headline.short} against training time and parameters on {scene.task.key}; {scene.best}",
    part=COST,
)
