"""Which figures a report has: every one that the stored rows can fill, with its caption.

Of a suite with very many tasks, methods or signals the first or best ones are drawn: two hundred curves in one panel
tell nobody anything, and a page of a thousand figures cannot be opened. Captions say what is left out; tables have all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from matplotlib.figure import Figure

from report.data.model import Suite, Task
from report.data.reconstructions import Stored, stored
from report.figures import activation_curves, overview, volumes
from report.figures import convergence as figures
from report.figures import images as pictures
from report.figures import layer_statistics as layers
from report.figures import path_norm as norms
from report.figures import signals_1d as waves
from report.figures.axes import Looks, repeated
from report.labels import metric as shown
from report.labels import slug
from report.tables.build import rule_said

TASKS = 24
"""Tasks that get figures, the suite's first."""

METHODS = 16
"""Methods of a task that are drawn, the best."""

PICTURES = 24
"""Figures of reconstructions in a report; every drawn task has the same number, and one at least."""


@dataclass(frozen=True)
class Entry:
    """A figure and what is said of it.

    Attributes:
        name: of its files.
        word: what a table of contents calls it.
        task: the suite's key of its task, empty for one of the whole suite.
    """

    name: str
    word: str
    figure: Figure
    caption: str
    alt: str
    task: str = ""


def entries(suite: Suite, looks: Looks) -> Iterator[Entry]:
    """The figures in the order of the page, each drawn when it is asked for."""
    suite = replace(suite, tasks=suite.tasks[:TASKS])
    if figure := overview.overview(suite, looks):
        wide = sum(bool(task.activations) for task in suite.tasks) > overview.MOST
        bars = " Bars are 95 % intervals over repeats." * any(repeated(task) for task in suite.tasks)
        dashed = " Dashed: the best classical method." * any(task.baselines for task in suite.tasks)
        text = (
            "Final value of each task’s headline metric. The darker a cell, the better its rank on that task; bold: "
            "the best. The mean rank counts a method without a value as last. Below: the best classical method."
            if wide
            else f"Final value of each task’s headline metric.{bars}{dashed}"
        )
        methods = {method.key for task in suite.tasks for method in task.activations}
        text += f" The {overview.ROWS} best of {len(methods)} methods." * (len(methods) > overview.ROWS)
        yield Entry("overview", "overview", figure, text, "The final metric of every method on every task")
    for task in suite.tasks:
        yield from _of_task(suite, task, looks)
    if figure := activation_curves.curves(suite, looks):
        text = f"The nonlinearities that were run, {activation_curves.PANELS} at most; dashed: the imaginary part."
        yield Entry("activations", "activations", figure, text, "Curves of each activation function")


def _of_task(suite: Suite, task: Task, looks: Looks) -> Iterator[Entry]:
    name, metric = slug(task.key), shown(task.metric).short
    cut = f" The {METHODS} best of {len(task.activations)} methods; the table has all."
    cut *= len(task.activations) > METHODS
    task = replace(task, activations=task.activations[:METHODS])
    best = f"best: {task.activations[0].label}" if task.activations else "no activation"
    bands = " Bands are 95 % intervals over repeats." * repeated(task)
    if figure := figures.convergence(task, looks):
        ring = f" Rings: the checkpoint that {rule_said(task)} picks, on average." if task.chooses else ""
        text = f"{metric} during training, against steps and against seconds.{bands}{ring}"
        alt = f"Curves of {metric} against training steps and seconds on {task.key}; {best}"
        yield Entry(f"convergence-{name}", "convergence", figure, text + cut, alt, task.key)
    if figure := figures.quality_time(task, looks):
        text = f"Final {metric} against the time that training took."
        text += " Bars are 95 % intervals over repeats." * repeated(task)
        alt = f"{metric} against training time on {task.key}; {best}"
        yield Entry(f"quality-time-{name}", "quality against time", figure, text + cut, alt, task.key)
    if figure := norms.norm(task, looks):
        text = f"Final path norm against final {metric}, one point per run"
        text += ", hollow where the run never reached the data loss that it was to stop at." * norms.unreached(task)
        text += "." * (not norms.unreached(task))
        text += " Then the path norm against c." * norms.has_sweep(task)
        alt = f"Path norm against {metric} on {task.key}"
        yield Entry(f"norm-{name}", "path norm", figure, text + cut, alt, task.key)
    if figure := layers.spectral(task, looks):
        text = f"Relative error at each frequency of the truth during training, one panel per method.{bands}"
        alt = f"Error of each frequency against training steps on {task.key}"
        yield Entry(f"spectral-{name}", "spectral bias", figure, text + cut, alt, task.key)
    if figure := layers.conditioning(task, looks):
        text = f"The features of each layer after training and, below, those of the last layer during it.{bands}"
        alt = f"Dead units, condition number and spread of the features of each layer on {task.key}"
        yield Entry(f"conditioning-{name}", "conditioning", figure, text + cut, alt, task.key)
    kept = max(1, PICTURES // len(suite.tasks))
    left_out = len(task.signals) - kept
    for signal in task.signals[:kept]:
        found = stored(suite, task, signal)
        drawn = _reconstructions(found, looks) if found else None
        if drawn:
            figure, words = drawn
            text = f"Reconstructions of {signal} (first repeat) with their final {metric}. {words}"
            if left_out > 0:
                text += f" Those of {left_out} more signals are stored and not shown."
            alt = f"The truth {signal} beside each method’s reconstruction and its error"
            yield Entry(f"reconstructions-{name}-{slug(signal)}", signal, figure, text + cut, alt, task.key)


def _reconstructions(found: Stored, looks: Looks) -> tuple[Figure, str] | None:
    """The one figure that suits the shape of the truth."""
    if figure := pictures.reconstructions(found):
        return figure, (
            "Below each the framed detail, chosen where the truth’s fine structure varies most, and the error on one "
            "scale for all."
        )
    if figure := waves.reconstructions(found, looks):
        if len(found.truth) > waves.LONG:
            return figure, (
                "From top to bottom: the envelope, the truth’s in grey; the marked excerpt, the truth in black; the "
                "largest error of each stretch."
            )
        return figure, "The truth in black; below each curve its error on one scale for all."
    if figure := volumes.reconstructions(found):
        return figure, "The three central slices; the outline is the truth’s."
    return None
