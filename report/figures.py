"""Charts of scores: convergence, quality against time, and an overview of the suite."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from report.load import Method, Run, Suite, Task
from report.stats import Estimate, average, estimate
from report.style import BASELINE_COLOR, BASELINE_LINES, Look
from report.style import metric as shown

WIDTH = 7.0  # inches: the text width of a two-column page
Looks = Mapping[str, Look]
Series = list[tuple[int, float | None, Estimate]]


def convergence(task: Task, looks: Looks) -> Figure | None:
    """The headline metric against steps and, for each machine, against training seconds; None without checkpoints."""
    curves = {method.key: _series(method, task.metric) for method in task.activations}
    drawn = [method for method in task.activations if len(curves[method.key]) > 1]
    if not drawn:
        return None
    timed = {
        machine: {m.key: [p for p in _series(m, task.metric, machine) if p[1]] for m in drawn}
        for machine in task.hardware()
    }
    machines = [machine for machine, series in timed.items() if any(series.values())]
    panels = 1 + len(machines)
    figure = Figure(figsize=(max(WIDTH, 3.1 * panels), 3.1), layout="constrained")
    axes: list[Axes] = list(figure.subplots(1, panels, sharey=True, squeeze=False)[0])
    for method in reversed(drawn):  # the best on top
        points = curves[method.key]
        _curve(axes[0], [float(step) for step, _, _ in points], [item for _, _, item in points], looks[method.key])
        for axis, machine in zip(axes[1:], machines, strict=True):
            points = timed[machine][method.key]
            _curve(axis, [seconds or 0.0 for _, seconds, _ in points], [item for *_, item in points], looks[method.key])
    axes[0].set(xlabel="training steps", ylabel=shown(task.metric).label)
    for axis, machine in zip(axes[1:], machines, strict=True):
        axis.set_xlabel("training time (s)" + _doubt(task, machine))
        axis.tick_params(axis="y", length=0)
        if len(machines) > 1:
            axis.set_title(machine)
    for axis in axes:
        _log_x(axis)
    _value_axis(axes[0], task)
    _baselines(axes, task)
    _legend(figure, drawn, looks)
    return figure


def quality_time(task: Task, looks: Looks) -> Figure | None:
    """The final headline metric against training seconds, a panel for each machine; None below two methods."""
    machines = task.hardware()
    points = {
        machine: [(method, *pair) for method in task.activations if (pair := _final(method, task, machine))]
        for machine in machines
    }
    machines = [machine for machine in machines if points[machine]]
    drawn = [method for method in task.activations if any(method is item[0] for m in machines for item in points[m])]
    if len(drawn) < 2:
        return None
    figure = Figure(figsize=(max(4.4, 3.1 * len(machines)), 3.2), layout="constrained")
    axes: list[Axes] = list(figure.subplots(1, len(machines), sharey=True, squeeze=False)[0])
    for axis, machine in zip(axes, machines, strict=True):
        for method, time, value in points[machine]:
            look = looks[method.key]
            axis.errorbar(
                time.mean, value.mean, xerr=_clipped(time), yerr=value.half, fmt=look.marker, color=look.color, ms=6.5,
                mec="white", mew=0.6, elinewidth=1.0, capsize=2, zorder=3,
            )  # fmt: skip
        times = [time.mean for _, time, _ in points[machine]]
        if max(times) > 3 * min(times):
            _log_x(axis)
        else:
            axis.margins(x=0.15)
            axis.xaxis.set_major_locator(MaxNLocator(5))
        axis.set_xlabel("training time (s)" + _doubt(task, machine))
        if len(machines) > 1:
            axis.set_title(machine)
        sns.despine(ax=axis)
    axes[0].set_ylabel(f"final {shown(task.metric).label}")
    _baselines(axes, task)
    _legend(figure, drawn, looks, lines=False)
    return figure


def overview(suite: Suite, looks: Looks) -> Figure | None:
    """The final headline metric of every method on every task, as dots with intervals; None without a value."""
    found = {
        task.key: {m.key: item for m in task.activations if (item := estimate(m.final(task.metric)))}
        for task in suite.tasks
    }
    tasks = [task for task in suite.tasks if found[task.key]]
    if not tasks:
        return None
    labels = {method.key: method.label for task in tasks for method in task.activations}
    ranks: dict[str, list[float]] = defaultdict(list)
    for task in tasks:
        for rank, method in enumerate(task.activations):
            ranks[method.key].append(float(rank))
    order = sorted(labels, key=lambda key: (average(ranks[key]), key), reverse=True)
    columns = min(4, len(tasks))
    rows = math.ceil(len(tasks) / columns)
    height = 0.24 * len(order) + 0.95
    figure = Figure(figsize=(max(3.6, min(1.4 + 1.9 * columns, WIDTH)), height * rows), layout="constrained")
    grid: list[list[Axes]] = figure.subplots(rows, columns, sharey=True, squeeze=False).tolist()
    axes = [axis for line in grid for axis in line]
    for axis, task in zip(axes, tasks, strict=False):
        for place, key in enumerate(order):
            if key in found[task.key]:
                item, look = found[task.key][key], looks[key]
                axis.errorbar(
                    item.mean, place, xerr=item.half, fmt=look.marker, color=look.color, ms=6, mec="white", mew=0.6,
                    elinewidth=1.3, capsize=2, zorder=3,
                )  # fmt: skip
            elif any(method.key == key for method in task.activations):
                axis.text(0.5, place, "failed", transform=axis.get_yaxis_transform(), ha="center", va="center",
                          fontsize=7, color=BASELINE_COLOR, bbox={"fc": "white", "ec": "none", "pad": 1.5})  # fmt: skip
        best = next((item for m in task.baselines if (item := estimate(m.final(task.metric)))), None)
        if best is not None:
            axis.axvline(best.mean, color=BASELINE_COLOR, ls=BASELINE_LINES[0], lw=1, zorder=1.5)
            axis.annotate(
                task.baselines[0].label, (best.mean, 1), (0, 1.5), axis.get_xaxis_transform(), "offset points",
                ha="center", va="bottom", fontsize=7, color=BASELINE_COLOR,
            )  # fmt: skip
        axis.set_title(task.key, pad=14 if any(task.baselines for task in tasks) else 6, fontweight="bold")
        axis.set_xlabel(f"final {shown(task.metric).label}")
        axis.xaxis.set_major_locator(MaxNLocator(4))
        axis.set_yticks(range(len(order)), [labels[key] for key in order])
        axis.set_ylim(-0.6, len(order) - 0.4)
        axis.tick_params(axis="y", length=0)
        sns.despine(ax=axis, left=True)
    for axis in axes[len(tasks) :]:
        axis.set_visible(False)
    return figure


# -- numbers -----------------------------------------------------------------------------------------------------------


def _series(method: Method, metric: str, machine: str | None = None) -> Series:
    """Mean over runs at each step that all of them scored: a mean whose members change would jump."""
    runs = [run for run in method.ok if machine is None or run.hardware == machine]
    values: dict[int, dict[tuple[str, int], float]] = defaultdict(dict)
    times: dict[int, list[float | None]] = defaultdict(list)
    for run in runs:
        for point in run.curves.get(metric, ()):
            if point.step > 0 and math.isfinite(point.value):
                values[point.step][run.cell] = point.value
                times[point.step].append(point.seconds)
    most = max((len(cells) for cells in values.values()), default=0)
    return [
        (step, average(times[step]), item)
        for step, cells in sorted(values.items())
        if len(cells) == most and (item := estimate(cells))
    ]


def _final(method: Method, task: Task, machine: str) -> tuple[Estimate, Estimate] | None:
    """Training time and final value on one machine."""

    def here(run: Run, value: float | None) -> float | None:
        return value if run.hardware == machine else None

    time = estimate(method.cells(lambda run: here(run, run.number("train_s"))))
    value = estimate(method.cells(lambda run: here(run, run.final(task.metric))))
    return (time, value) if time and value and time.mean > 0 else None


def _clipped(time: Estimate) -> list[list[float]] | None:
    """The bar to the left stops short of 0, which a logarithmic axis does not have."""
    return None if time.half is None else [[min(time.half, 0.9 * time.mean)], [time.half]]


def _doubt(task: Task, machine: str) -> str:
    runs = [run for method in task.activations for run in method.ok if run.hardware == machine]
    return "" if all(run.timing_valid for run in runs) else ", indicative only"


# -- drawing -----------------------------------------------------------------------------------------------------------


def _curve(axis: Axes, x: Sequence[float], items: Sequence[Estimate], look: Look) -> None:
    if not x:
        return
    means = [item.mean for item in items]
    axis.plot(
        x, means, color=look.color, ls=look.line, marker=look.marker, ms=4, mec="white", mew=0.5,
        markevery=max(1, len(means) // 8), zorder=3,
    )  # fmt: skip
    if all(item.half is not None for item in items):
        halves = [item.half or 0.0 for item in items]
        low, high = ([mean + sign * half for mean, half in zip(means, halves, strict=True)] for sign in (-1, 1))
        axis.fill_between(x, low, high, color=look.color, alpha=0.15, lw=0, zorder=2)


def _log_x(axis: Axes) -> None:
    axis.set_xscale("log")
    low, high = axis.get_xlim()
    decades = math.log10(high / low)
    # With less than two decades the powers of ten alone would leave one or two ticks.
    subs: Sequence[float] = (1.0,) if decades > 2.2 else (1.0, 3.0) if decades > 1.3 else (1.0, 2.0, 5.0)
    subs = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0) if decades < 0.9 else subs
    axis.xaxis.set_major_locator(LogLocator(subs=subs, numticks=12))
    axis.xaxis.set_major_formatter(FuncFormatter(_tick))
    axis.xaxis.set_minor_formatter(NullFormatter())
    sns.despine(ax=axis)


def _tick(value: float, _: Any) -> str:
    return f"{value:g}" if 1e-3 <= value < 1e5 else f"{value:.0e}"


def _value_axis(axis: Axes, task: Task) -> None:
    """A logarithmic axis for an error that falls by more than a decade and a half."""
    values = [float(value) for line in axis.get_lines() for value in np.asarray(line.get_ydata())]
    if task.direction < 0 and min(values) > 0 and max(values) > 30 * min(values):
        axis.set_yscale("log")


def _baselines(axes: Sequence[Axes], task: Task) -> None:
    """Dashed lines, named at the right edge of the last panel, where no curve runs."""
    found = [(m.label, item.mean) for m in task.baselines if (item := estimate(m.final(task.metric)))]
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


def _legend(figure: Figure, methods: Sequence[Method], looks: Looks, *, lines: bool = True) -> None:
    handles = [
        Line2D([], [], color=look.color, ls=look.line if lines else "", marker=look.marker, ms=5, mec="white", mew=0.5)
        for look in (looks[method.key] for method in methods)
    ]
    labels = [method.label for method in methods]
    entry = 0.07 * max(len(label) for label in labels) + (0.55 if lines else 0.4)  # inches
    columns = max(1, min(len(labels), int(figure.get_figwidth() / entry)))
    columns = math.ceil(len(labels) / math.ceil(len(labels) / columns))  # rows of one length
    figure.legend(
        handles, labels, loc="outside upper center", ncols=columns, handlelength=2.2 if lines else 1, columnspacing=1.4
    )
