"""The matrix of methods by tasks as the page shows it: cells with their shade and the number behind their text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inrbench.report.data.matrix import Entry, Matrix
from inrbench.report.data.model import TaskResults
from inrbench.report.labels import baseline, coarse
from inrbench.report.tables import budget
from inrbench.report.tables.overview import text


@dataclass(frozen=True)
class HeatCell:
    """A cell; ``value`` is empty where there is nothing to compare, and ``share`` where only networks compare. ``hint``
    has the interval."""

    text: str
    value: str = ""
    share: str = ""
    hint: str = ""
    bold: bool = False


@dataclass(frozen=True)
class HeatRow:
    """A method's row; ``marked``: the label with ¶ if it is off its budget, ``rank``: the text of its mean rank."""

    key: str
    label: str
    marked: str
    classical: bool
    cells: Sequence[HeatCell]
    rank: str


@dataclass(frozen=True)
class HeatMap:
    """The tasks, and a line for each network, then one for each classical method."""

    tasks: Sequence[TaskResults]
    lines: Sequence[HeatRow]

    @property
    def ranked(self) -> bool:
        """Whether some method has a mean rank."""
        return any(line.rank for line in self.lines)

    @property
    def off(self) -> str:
        """The meaning of the mark of networks off their budget; empty where there is none."""
        return budget.OFF if any(line.marked != line.label for line in self.lines) else ""


def heat_map(found: Matrix) -> HeatMap:
    """The matrix with its texts."""
    marked = budget.labels(found.tasks)
    lines = [
        HeatRow(
            row.key,
            baseline(row.label) if row.classical else row.label,
            baseline(row.label) if row.classical else marked[row.key],
            row.classical,
            [_cell(*pair) for pair in zip(found.tasks, row.entries, strict=True)],
            "" if row.rank is None else f"{row.rank:.1f}",
        )
        for row in found.rows
    ]
    return HeatMap(found.tasks, lines)


def _cell(task: TaskResults, entry: Entry | None) -> HeatCell:
    if entry is None:
        return HeatCell("")
    metric, item = task.headline, entry.value
    short = text(entry, coarse(metric.spec))
    if item is None:
        return HeatCell(short)
    hint = metric.estimate(item.mean, item.half)
    value = f"{item.mean:.6g}" * (entry.ranked or not entry.partial)
    return HeatCell(short, value, f"{entry.share:.3f}" * (not entry.partial), hint, entry.best)
