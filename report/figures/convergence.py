"""Charts of the headline metric: its convergence, and its final value against training time."""

from __future__ import annotations

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from inrbench.report.data.model import Method, Run, Task, Timing
from inrbench.report.data.stats import Estimate, average, estimate
from inrbench.report.figures.axes import WIDTH, Styles, baselines, curve, legend, log_axis, marker, series, value_axis


def convergence(task: Task, styles: Styles) -> Figure | None:
    """The headline metric against steps and, for each hardware, against training seconds; None without eval steps.

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
    value_axis(axes[0], task.headline)
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
