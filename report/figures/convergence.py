"""Chart of the convergence of the headline metric, against steps and against seconds."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inrbench.report.data.model import TaskResults
from inrbench.report.data.stats import average
from inrbench.report.figures.axes import (
    WIDTH,
    Styles,
    bands,
    baselines,
    curve,
    legend,
    log_axis,
    series,
    time_label,
    value_axis,
)
from inrbench.report.figures.registry import Scene, TaskFigure
from inrbench.report.tables.build import engine_note, rule_text

PASSES = "passes"
"""The score of an optimiser that passes through the network more often than once a step."""


def convergence(task: TaskResults, styles: Styles) -> Figure | None:
    """The headline metric against steps and, for each hardware, against training seconds; None without eval steps.

    Where an optimiser passes through the network more often than once a step, passes are what is on the first axis.
    Markers are hollow where the engine is not the reference engine, so that the seconds do not compare.
    """
    name = task.headline.name
    curves = {method.key: series(method, name) for method in task.activations}
    methods = [method for method in task.activations if len(curves[method.key]) > 1]
    if not methods:
        return None
    timed = {
        hardware: [
            (method, timing, points)
            for method in methods
            for timing in method.timings
            if timing.hardware == hardware and (points := [p for p in series(method, name, timing) if p[1]])
        ]
        for hardware in task.hardware()
    }
    timed = {hardware: panel for hardware, panel in timed.items() if panel}
    panels = 1 + len(timed)
    figure = Figure(figsize=(max(WIDTH, 3.1 * panels), 3.1), layout="constrained")
    axes: list[Axes] = list(figure.subplots(1, panels, sharey=True, squeeze=False)[0])
    for method in reversed(methods):  # the best on top
        style, points = styles[method.key], curves[method.key]
        passes = {step: item.mean for step, _, item in series(method, PASSES)}
        curve(axes[0], [passes.get(step, float(step)) for step, _, _ in points], [item for *_, item in points], style)
        chosen = average(run.chosen_step for run in method.ok) if task.chooses else None
        if chosen is not None:
            step, _, item = min(points, key=lambda point: abs(point[0] - chosen))
            axes[0].plot(
                [passes.get(step, float(step))], [item.mean], "o", ms=9, mfc="none", mec=style.color, mew=1.2, zorder=4
            )
    for axis, (hardware, panel) in zip(axes[1:], timed.items(), strict=True):
        for method, timing, points in reversed(panel):
            x, y = [seconds or 0.0 for _, seconds, _ in points], [item for *_, item in points]
            curve(axis, x, y, styles[method.key], hollow=task.other_engine(timing))
        _time_axis(axis, task, hardware, len(timed))
        axis.tick_params(axis="y", length=0)
    counted = any(series(method, PASSES) for method in methods)
    axes[0].set(xlabel="forward and backward passes" if counted else "training steps", ylabel=task.headline.label)
    for axis in axes:
        log_axis(axis)
    value_axis(axes[0], task.headline)
    baselines(axes, task)
    legend(figure, figure.get_figwidth(), methods, styles)
    return figure


def _time_axis(axis: Axes, task: TaskResults, hardware: str, panels: int) -> None:
    axis.set_xlabel(time_label(task, hardware))
    if panels > 1:
        axis.set_title(hardware)


def _caption(scene: Scene) -> str:
    task = scene.task
    ring = f" Rings: the eval step that {rule_text(task)} chooses, on average." if task.chooses else ""
    text = f"{task.headline.short} during training, against steps and against seconds.{bands(task)}{ring}"
    return text + hollow_markers(task)


def hollow_markers(task: TaskResults) -> str:
    """A sentence of a caption on hollow markers, where there are any."""
    return f" Hollow markers: {engine_note(task)}" if task.other_engines() else ""


FIGURE = TaskFigure(
    "convergence",
    "convergence",
    lambda scene: convergence(scene.task, scene.styles),
    _caption,
    lambda scene: (
        f"Curves of {scene.task.headline.short} against training steps and seconds on {scene.task.key}; {scene.best}"
    ),
)
