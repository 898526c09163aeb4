"""Figures of a task that plugins add to reports."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from inrbench.report.data.model import SuiteResults, TaskResults
from inrbench.report.labels import slug

if TYPE_CHECKING:
    from inrbench.report.figures.axes import Styles

Draw = Callable[[TaskResults], Figure | None]
"""A plugin's function that draws a figure of a task's stored results; None where they have nothing for it."""

COST, RECONSTRUCTIONS, TUNING, FOLDED = "cost", "reconstructions", "tuning", "folded"
"""Parts of the page: `FOLDED` are figures of a task that few readers want, the others are sections of their own."""


@dataclass(frozen=True)
class Scene:
    """What a figure of a task is drawn from: the whole suite, the task with its best methods, the styles of methods."""

    suite: SuiteResults
    task: TaskResults
    styles: Styles

    @property
    def best(self) -> str:
        """A clause on the best method, for alternative texts."""
        return f"best: {self.task.activations[0].label}" if self.task.activations else "no activation"


@dataclass(frozen=True)
class TaskFigure:
    """A figure that reports draw for each task, one of ours or a plugin's.

    Attributes:
        name: of its files and of its link on the page.
        link: the text of that link; empty for the task's key.
        draw: draws it; None where the results have nothing for it.
        caption: the text below it.
        alt: its description for readers who cannot see it.
        part: the part of the page; empty for the section of the task.
        source: the file of the plugin that defines it; None for one of ours.
    """

    name: str
    link: str
    draw: Callable[[Scene], Figure | None]
    caption: Callable[[Scene], str]
    alt: Callable[[Scene], str]
    part: str = ""
    source: Path | None = None

    def of(self, scene: Scene) -> Figure | None:
        """The figure of a task; None, with a line on standard error, where drawing a plugin's fails."""
        try:
            return self.draw(scene)
        except Exception as error:  # a plugin's figure is no reason to have no report
            if self.source is None:
                raise
            cause = " ".join(f"{type(error).__name__}: {error}".split())
            print(
                f"inrbench: figure {self.name} of {self.source.name} is left out of {scene.task.key}: {cause}",
                file=sys.stderr,
            )
            return None


FIGURES: dict[str, TaskFigure] = {}
"""Those of plugins, by name. A plugin file that is imported again replaces its own."""


def figure(name: str, *, caption: str, alt: str) -> Callable[[Draw], Draw]:
    """Decorator of a plugin's function that draws a figure for each task of a report, as a `Draw`.

    Example::

        @inrbench.figure("steps", caption="Steps that each run took.", alt="Bars of steps")
        def steps(task):
            figure = Figure(figsize=(7, 2.5), layout="constrained")
            ...
            return figure

    Raises:
        ValueError: if the name is empty, or a figure of another file has it.
    """
    if not name or slug(name) != name:
        raise ValueError(f"figure {name!r}: name it with letters, digits and dashes")

    def register(draw: Draw) -> Draw:
        source = Path(inspect.getfile(draw)).resolve()
        if name in FIGURES and FIGURES[name].source != source:
            raise ValueError(f"two figures are named {name!r}: {FIGURES[name].source} and {source}; rename one")
        FIGURES[name] = TaskFigure(
            name, name, lambda scene: draw(scene.task), lambda _: caption, lambda _: alt, source=source
        )
        return draw

    return register
