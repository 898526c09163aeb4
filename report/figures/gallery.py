"""Gallery: all figures that the stored results allow, with their captions.

Of very many tasks, methods or signals only the first or best ones are drawn: two hundred curves in one panel are
unreadable, and a page of a thousand figures cannot be opened. Captions name the rest; tables have everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from matplotlib.figure import Figure

from inrbench.report.data.effects import scales
from inrbench.report.data.leaderboard import Leaderboard
from inrbench.report.data.model import SuiteResults, TaskResults
from inrbench.report.data.reconstructions import Reconstructions, reconstructions
from inrbench.report.data.sweeps import TOLERANCE, over_methods, over_tasks
from inrbench.report.figures import (
    activation_curves,
    convergence,
    cost,
    images,
    layer_statistics,
    leaderboard,
    overview,
    path_norm,
    signals_1d,
    tuning,
    volumes,
)
from inrbench.report.figures.axes import Styles, repeated
from inrbench.report.figures.registry import FIGURES, RECONSTRUCTIONS, Scene
from inrbench.report.figures.sweeps import heat_map, lines
from inrbench.report.labels import counted, slug, spaced
from inrbench.report.tables.leaderboard import labels

TASKS = 24
"""The largest number of tasks with figures, the first ones of the suite."""

METHODS = 16
"""The largest number of methods in a figure of a task, the best ones."""

PICTURES = 24
"""The number of figures of reconstructions in a report; each task with figures has an equal share, at least one."""


BUILT_IN = (convergence.FIGURE, cost.FIGURE, tuning.FIGURE, path_norm.FIGURE, *layer_statistics.FIGURES)
"""Our own figures of a task; those of plugins come after them."""


@dataclass(frozen=True)
class GalleryEntry:
    """A figure with its texts.

    Attributes:
        name: the name of its files.
        link: the text of its link in a table of contents.
        caption: the text below it.
        alt: its description for readers who cannot see it.
        task: the suite's key of its task, empty for a figure of the whole suite.
        part: the part of the page, see `inrbench.report.figures.registry`.
    """

    name: str
    link: str
    figure: Figure
    caption: str
    alt: str
    task: str = ""
    part: str = ""


def entries(suite: SuiteResults, styles: Styles, board: Leaderboard | None = None) -> Iterator[GalleryEntry]:
    """The figures in the order of the page, each drawn on demand so that only one is in memory."""
    if board is not None:
        yield _leaderboard(suite, styles, board)
    sweeps = heat_map.sweeps(suite)
    suite = replace(suite, tasks=suite.tasks[:TASKS])
    if figure := overview.draw(suite, styles):
        wide = sum(bool(task.activations) for task in suite.tasks) > overview.MOST
        bars = " Bars are 95 % intervals over repeats." * any(repeated(task) for task in suite.tasks)
        dashed = " Dashed: the best classical method." * any(task.baselines for task in suite.tasks)
        text = (
            "Final value of each task’s headline metric. The darker a cell, the better its place among all methods of "
            "that task, classical ones too; bold: the best network. ‡: a mean over fewer signals, which does not "
            "compare. The mean rank, among networks, counts one without a value as last. Below: the best classical "
            "method."
            if wide
            else f"Final value of each task’s headline metric.{bars}{dashed}"
        )
        methods = {method.key for task in suite.tasks for method in task.activations}
        text += f" The {overview.ROWS} best of {len(methods)} methods." * (len(methods) > overview.ROWS)
        yield GalleryEntry("overview", "overview", figure, text, "The final metric of every method on every task")
    mapped = {(sweep.task, setting) for sweep in sweeps for setting in sweep.axes}
    best = [replace(task, activations=task.activations[:METHODS]) for task in suite.tasks]
    for over in over_tasks(best):
        if (over.task, over.setting) not in mapped:  # else a heat map shows it for each value of the other setting
            metric, setting = over.metric.short, spaced(over.setting)
            text = f"Final {metric} on {over.task} against {setting}; dashed: classical methods."
            alt = f"{metric} of each method against {setting} on {over.task}"
            name = f"over-{slug(over.task)}-{slug(over.setting)}"
            yield GalleryEntry(name, f"{over.task}: {setting}", lines.draw([over], styles), text, alt)
    for sweep in sweeps:
        x, y = map(spaced, sweep.axes)
        text = f"Final {sweep.metric.short} over {x} and {y}, one panel per activation, the best on average first."
        text += f" The {heat_map.PANELS} best of {len(sweep.panels)}." * (len(sweep.panels) > heat_map.PANELS)
        name = f"sweep-{slug(sweep.task)}-{slug(sweep.axes[0])}-{slug(sweep.axes[1])}"
        alt = f"{sweep.metric.short} of each activation over {x} and {y} on {sweep.task}"
        yield GalleryEntry(name, f"{sweep.task}: {x} × {y}", heat_map.draw(sweep), text, alt)
    for task in suite.tasks:
        yield from _of_task(suite, task, styles)
    if figure := activation_curves.draw(suite, styles):
        text = f"The activation functions, {activation_curves.PANELS} at most; dashed: the imaginary part."
        yield GalleryEntry("activations", "activations", figure, text, "Curves of each activation function")


def _leaderboard(suite: SuiteResults, styles: Styles, board: Leaderboard) -> GalleryEntry:
    names = labels(suite)
    scaled = scales(suite, {task for task, _ in board.cases})
    text = (
        "Mean rank (1 is best) and probability of improvement over a rival (dashed: 1/2) with 95 % intervals. Bars "
        "join methods of which no two are separated at the 5 % level (Holm’s correction over all pairs)."
    )
    if scaled:
        text += (
            " Effect: 0 is the weakest classical method of a task, 1 the best (dashed); small dots are signals, large "
            "ones medians over tasks; what is beyond ±3 is cut off."
        )
    text += f" The {leaderboard.RANKED} best of {len(board.methods)} methods." * (
        len(board.methods) > leaderboard.RANKED
    )
    alt = f"Mean rank, probability of improvement and effects; best: {names[board.methods[0]]}"
    return GalleryEntry("leaderboard", "leaderboard", leaderboard.draw(board, scaled, names, styles), text, alt)


def _sensitivity(task: TaskResults) -> Iterator[GalleryEntry]:
    """The figure of the settings that the methods of a task are swept over, if any."""
    sweeps = [replace(sweep, lines=sweep.lines[:METHODS]) for sweep in over_methods(task)]
    if not sweeps:
        return
    metric, settings = task.headline.short, ", ".join(spaced(sweep.setting) for sweep in sweeps)
    text = f"Final {metric} against {settings}, all else being equal."
    text += " Dashed: classical methods." * any(sweep.baselines for sweep in sweeps)
    if task.headline.unit == "dB":
        text += (
            f" Bars: the range within {TOLERANCE:g} dB of the best value (dot), with its width in octaves; an arrow: "
            "the sweep ends before the range does."
        )
    figure = lines.draw(sweeps, lines.family_styles(sweeps), ranges=True)
    alt = f"{metric} of each family of methods against {settings} on {task.key}"
    yield GalleryEntry(f"sensitivity-{slug(task.key)}", "sensitivity", figure, text, alt, task.key)


def _of_task(suite: SuiteResults, task: TaskResults, styles: Styles) -> Iterator[GalleryEntry]:
    name, metric = slug(task.key), task.headline.short
    yield from _sensitivity(task)
    cut = f" The {METHODS} best of {len(task.activations)} methods; the table has all."
    cut *= len(task.activations) > METHODS
    task = replace(task, activations=task.activations[:METHODS])
    scene = Scene(suite, task, styles)
    for own in (*BUILT_IN, *FIGURES.values()):
        if figure := own.of(scene):
            link, texts = own.link or task.key, (own.caption(scene) + cut, own.alt(scene))
            yield GalleryEntry(f"{own.name}-{name}", link, figure, *texts, task.key, own.part)
    share = max(1, PICTURES // len(suite.tasks))
    left_out = len(task.signals) - share
    for signal in task.signals[:share]:
        restored = reconstructions(suite, task, signal)
        drawing = _reconstructions(restored, styles) if restored else None
        if drawing:
            figure, legend = drawing
            text = f"Reconstructions of {signal} (first repeat) with their final {metric}. {legend}"
            if left_out > 0:
                text += f" Those of {counted(left_out, 'more signal')} are stored but not shown."
            alt = f"The truth {signal} beside each method’s reconstruction and its error"
            file, link = f"reconstructions-{name}-{slug(signal)}", f"{task.key}: {signal}"
            yield GalleryEntry(file, link, figure, text + cut, alt, task.key, part=RECONSTRUCTIONS)


def _reconstructions(restored: Reconstructions, styles: Styles) -> tuple[Figure, str] | None:
    """The figure that suits the shape of the truth, with a sentence on its content."""
    if figure := images.draw(restored):
        return figure, (
            "The static figure (PDF, PNG) adds a zoomed detail, where the fine structure of the truth varies most, and "
            "the error on one scale for all."
        )
    if figure := signals_1d.draw(restored, styles):
        if len(restored.truth) > signals_1d.LONG:
            return figure, (
                "From top to bottom: the envelope, that of the truth in grey; the marked excerpt, the truth in "
                "black; the largest error of each part."
            )
        return figure, "The truth in black; below each curve its error on one scale for all."
    if figure := volumes.draw(restored):
        return figure, "Three central slices; an outline is the surface of the truth."
    return None
