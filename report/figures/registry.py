"""Figures of a task that plugins add to reports."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from inrbench.report.data.model import TaskResults
from inrbench.report.labels import slug

Draw = Callable[[TaskResults], Figure | None]
"""Draws a figure of a task's stored results; None where they have nothing for it."""


@dataclass(frozen=True)
class TaskFigure:
    """A figure that reports draw for each task.

    Attributes:
        name: of its files and of its link on the page.
        caption: the text below it.
        alt: its description for readers who cannot see it.
        draw: see `Draw`.
        source: the file that defines it.
    """

    name: str
    caption: str
    alt: str
    draw: Draw
    source: Path

    def of(self, task: TaskResults) -> Figure | None:
        """The figure of a task; None, with a line on standard error, where drawing it fails."""
        try:
            return self.draw(task)
        except Exception as error:  # a plugin's figure is no reason to have no report
            cause = " ".join(f"{type(error).__name__}: {error}".split())
            print(
                f"inrbench: figure {self.name} of {self.source.name} is left out of {task.key}: {cause}",
                file=sys.stderr,
            )
            return None


FIGURES: dict[str, TaskFigure] = {}
"""By name. A plugin file that is imported again replaces its own."""


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
        FIGURES[name] = TaskFigure(name, caption, alt, draw, source)
        return draw

    return register
