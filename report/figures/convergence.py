"""Charts of the headline metric: its convergence, its final value against training time and over a sweep of tasks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from report.data.model import Method, Run, Task, Timing
from report.data.stats import Estimate, average, estimate
from report.figures.axes import WIDTH, Styles, baselines, curve, legend, log_axis, marker, series, value_axis
from report.figures.heat_map import swept
from report.figures.style import BASELINE_COLOR, BASELINE_LINES
from report.labels import baseline, spaced


def convergence(task: Task, styles: Styles) -> Figure | None:
    """The headline metric against steps and, for each hardware, against training seconds; None without checkpoints.

    Markers are hollow where the engine is not the reference engine, so that the seconds do not compare.
    """
    name = task.headline.name
    curves = {method.key: series(method, name) for method in task.activations}
    drawn = [method for method in task.activations if len(curves[method.key]) > 1]
    if not drawn:
        return None
    timed = {
        hardware: [
            (method, timing, points)
            for method in drawn
            for timing in method.timings
            if timing.hardware == hardware and (points := [p for p in series(method, name, timing) if p[1]])
        ]
        for hardware in task.hardware()
    }
    timed = {hardware: found for hardware, found in timed.items() if found}
    panels = 1 + len(timed)
    figure = Figure(figsize=(max(WIDTH, 3.1 * panels), 3.1), layout="constrained")
    axes: list[Axes] = list(figure.subplots(1, panels, sharey=True, squeeze=False)[0])
    for method in reversed(drawn):  # the best on top
        style, points = styles[method.key], curves[method.key]
        curve(axes[0], [float(step) for step, _, _ in points], [item for _, _, item in points], style)
        chosen = average(run.chosen_step for run in method.ok) if task.chooses else None
        if chosen is not None:
            step, _, item = min(points, key=lambda point: abs(point[0] - chosen))
            axes[0].plot([step], [item.mean], "o", ms=9, mfc="none", mec=style.color, mew=1.2, zorder=4)
    for axis, (hardware, found) in zip(axes[1:], timed.items(), strict=True):
        for method, timing, points in reversed(found):
            x, y = [seconds or 0.0 for _, seconds, _ in points], [item for *_, item in points]
            curve(axis, x, y, styles[method.key], hollow=task.other_engine(timing))
        _time_axis(axis, task, hardware, len(timed))
        axis.tick_params(axis="y", length=0)
    axes[0].set(xlabel="training steps", ylabel=task.headline.label)
    for axis in axes:
        log_axis(axis)
    value_axis(axes[0], task)
    baselines(axes, task)
    legend(figure, figure.get_figwidth(), drawn, styles)
    return figure


def quality_time(task: Task, styles: Styles) -> Figure | None:
    """The final headline metric against training seconds, one panel for each hardware; None below two methods.

    Markers are hollow where the engine is not the reference engine, so that the times do not compare.
    """
    points = {
        hardware: [
            (method, timing, *pair)
            for method in task.activations
            for timing in method.timings
            if timing.hardware == hardware and (pair := _final(method, task, timing))
        ]
        for hardware in task.hardware()
    }
    points = {hardware: found for hardware, found in points.items() if found}
    keys = {method.key for found in points.values() for method, *_ in found}
    drawn = [method for method in task.activations if method.key in keys]
    if len(drawn) < 2:
        return None
    figure = Figure(figsize=(max(4.4, 3.1 * len(points)), 3.2), layout="constrained")
    axes: list[Axes] = list(figure.subplots(1, len(points), sharey=True, squeeze=False)[0])
    for axis, (hardware, found) in zip(axes, points.items(), strict=True):
        for method, timing, time, value in found:
            style = styles[method.key]
            axis.errorbar(
                time.mean, value.mean, xerr=_clipped(time), yerr=value.half, color=style.color, ls="", ms=6.5,
                elinewidth=1.0, capsize=2, zorder=3, **marker(style, hollow=task.other_engine(timing)),
            )  # fmt: skip
        times = [time.mean for _, _, time, _ in found]
        if max(times) > 3 * min(times):
            log_axis(axis)
        else:
            axis.margins(x=0.15)
            axis.xaxis.set_major_locator(MaxNLocator(5))
        _time_axis(axis, task, hardware, len(points))
        sns.despine(ax=axis)
    axes[0].set_ylabel(f"final {task.headline.label}")
    baselines(axes, task)
    legend(figure, figure.get_figwidth(), drawn, styles, lines=False)
    return figure


LEAST = 3
"""The least number of values of a sweep."""

Sweeps = Mapping[tuple[str, str], Mapping[float, Task]]


def sweeps(tasks: Sequence[Task]) -> Sweeps:
    """The tasks that differ in one numeric setting, named like ``bandwidth[cycles=8.0]``: by name and setting, then by
    value in order."""
    found: dict[tuple[str, str], dict[float, Task]] = defaultdict(dict)
    for task in tasks:
        name, values = swept(task.key)
        if len(values) == 1 and task.activations:
            ((setting, value),) = values.items()
            found[name, setting][value] = task
    return {key: dict(sorted(members.items())) for key, members in found.items() if len(members) >= LEAST}


def sweep(setting: str, members: Mapping[float, Task], styles: Styles) -> Figure | None:
    """The final headline metric of each method against the setting that tasks differ in; None without a value."""
    first = next(iter(members.values()))
    name = first.headline.name
    figure = Figure(figsize=(4.6, 3.2), layout="constrained")
    axis = figure.subplots()
    drawn = {method.key: method for task in members.values() for method in task.activations if method.final(name)}
    if not drawn:
        return None
    for key in reversed(drawn):
        points = [(value, item) for value, task in members.items() if (item := _last(task.activations, key, name))]
        curve(axis, [x for x, _ in points], [item for _, item in points], styles[key], every=True)
    for index, key in enumerate(sorted({method.key for task in members.values() for method in task.baselines})):
        line = [(value, item.mean) for value, task in members.items() if (item := _last(task.baselines, key, name))]
        if line:
            axis.plot(*zip(*line, strict=True), color=BASELINE_COLOR, ls=BASELINE_LINES[index % len(BASELINE_LINES)])
            axis.annotate(baseline(key), line[-1], (4, 0), textcoords="offset points", va="center", fontsize=7,
                          color=BASELINE_COLOR, annotation_clip=False)  # fmt: skip
    axis.set(xlabel=spaced(setting), ylabel=f"final {first.headline.label}")
    if min(members) > 0 and max(members) >= 3 * min(members):
        log_axis(axis)
    axis.set_xticks([*members], [f"{value:g}" for value in members])
    axis.set_xticks([], minor=True)
    value_axis(axis, first)
    sns.despine(ax=axis)
    legend(figure, figure.get_figwidth(), [*drawn.values()], styles)
    return figure


def _last(methods: Sequence[Method], key: str, metric: str) -> Estimate | None:
    return next((estimate(method.final(metric)) for method in methods if method.key == key), None)


def _final(method: Method, task: Task, timing: Timing) -> tuple[Estimate, Estimate] | None:
    """Training time and final value of the runs that were timed under these conditions."""

    def timed(run: Run, value: float | None) -> float | None:
        return value if run.timing == timing else None

    time = estimate(method.cells(lambda run: timed(run, run.number("train_s"))))
    value = estimate(method.cells(lambda run: timed(run, run.final(task.headline.name))))
    return (time, value) if time and value and time.mean > 0 else None


def _clipped(time: Estimate) -> list[list[float]] | None:
    """The lengths of the error bar: the left one ends before 0, which a logarithmic axis does not have."""
    return None if time.half is None else [[min(time.half, 0.9 * time.mean)], [time.half]]


def _time_axis(axis: Axes, task: Task, hardware: str, panels: int) -> None:
    runs = [run for method in task.activations for run in method.ok if run.hardware == hardware]
    axis.set_xlabel("training time (s)" + (", indicative only" if any(not run.timing_valid for run in runs) else ""))
    if panels > 1:
        axis.set_title(hardware)
