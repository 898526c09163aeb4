"""Table of methods by tasks: final values, mean ranks and the classical methods, as a paper prints it."""

from __future__ import annotations

from collections.abc import Mapping

from inrbench.report.data.matrix import Entry, Matrix, Row
from inrbench.report.data.model import TaskResults
from inrbench.report.labels import baseline, number
from inrbench.report.tables import budget
from inrbench.report.tables.build import DASH, PARTIAL, PARTIAL_NOTE
from inrbench.report.tables.table import Cell, Column, Table, tabulate

NAME = "overview"


def tables(found: Matrix) -> list[Table]:
    """The table, where there are several tasks."""
    return [table(found)] if len(found.tasks) > 1 else []


def table(found: Matrix) -> Table:
    """The table."""
    ranked = len(found.tasks) > 1 and any(row.rank is not None for row in found.rows)
    marked = budget.labels(found.tasks)
    columns: list[Column[Row]] = [
        Column("method", lambda row: _label(row, marked),
               lambda row: {"method": row.key, "label": row.label, "classical": row.classical}),
        *(_column(task, place) for place, task in enumerate(found.tasks)),
        Column("mean rank" * ranked, _rank if ranked else None, lambda row: {"mean_rank": row.rank}),
    ]  # fmt: skip
    networks, classical = ([row for row in found.rows if row.classical is kind] for kind in (False, True))
    off = any(marked[row.key] != row.label for row in networks)
    partial = any(entry and entry.partial for row in found.rows for entry in row.entries)
    return tabulate(
        NAME,
        "Methods by tasks",
        columns,
        networks,
        classical,
        notes=[*[PARTIAL_NOTE] * partial, *[budget.OFF] * off],
        caption="Final value of each task’s headline metric, mean over signals and repeats.",
        emphasis="Bold: the best network of each task.",
    )


def text(entry: Entry, spec: str) -> str:
    """The text of a method's cell, its value in a format."""
    return "failed" if entry.value is None else number(entry.value.mean, spec) + f" {PARTIAL}" * entry.partial


def _column(task: TaskResults, place: int) -> Column[Row]:
    def cell(row: Row) -> Cell:
        entry = row.entries[place]
        return Cell(DASH) if entry is None else Cell(text(entry, task.headline.spec), entry.best)

    def values(row: Row) -> dict[str, object]:
        entry = row.entries[place]
        item, name = entry.value if entry else None, f"{task.key} {task.headline.name}"
        return {name: item.mean if item else None, f"{name} ci95": item.half if item else None}

    return Column(f"{task.key}: {task.headline.label}", cell, values)


def _rank(row: Row) -> str:
    return DASH if row.rank is None else f"{row.rank:.1f}"


def _label(row: Row, marked: Mapping[str, str]) -> Cell:
    if row.classical:
        return Cell(baseline(row.label))
    return Cell(marked[row.key], method="" if marked[row.key] == row.label else row.label)
