"""Table of methods by tasks: final values, mean ranks and the classical methods, as a paper prints it."""

from __future__ import annotations

from collections.abc import Mapping

from inrbench.report.data.matrix import Entry, Matrix, Row
from inrbench.report.data.model import TaskResults
from inrbench.report.labels import baseline, number
from inrbench.report.tables import budget
from inrbench.report.tables.build import DASH, PARTIAL, Cell, Table

NAME = "overview"


def tables(found: Matrix) -> list[Table]:
    """The table, where there are several tasks."""
    return [table(found)] if len(found.tasks) > 1 else []


def table(found: Matrix) -> Table:
    """The table."""
    ranked = len(found.tasks) > 1 and any(row.rank is not None for row in found.rows)
    networks, classical = ([row for row in found.rows if row.classical is kind] for kind in (False, True))
    notes = [f"{PARTIAL} Mean over fewer signals than the others: it does not compare and is never bold."]
    marked = budget.labels(found.tasks)
    off = any(marked[row.key] != row.label for row in networks)
    partial = any(entry and entry.partial for row in found.rows for entry in row.entries)
    return Table(
        task=NAME,
        title="Methods by tasks",
        columns=(
            "method",
            *(f"{task.key}: {task.headline.label}" for task in found.tasks),
            *["mean rank"] * ranked,
        ),
        rows=tuple(_row(found, row, ranked, marked) for row in networks),
        classical=tuple(_row(found, row, ranked, marked) for row in classical),
        notes=(*notes * partial, *[budget.OFF] * off),
        caption="Final value of each task’s headline metric, mean over signals and repeats.",
        records=tuple(_record(found, row) for row in found.rows),
        emphasis="Bold: the best network of each task.",
    )


def text(task: TaskResults, entry: Entry | None) -> str:
    """A cell's text."""
    if entry is None:
        return DASH
    if entry.value is None:
        return "failed"
    return number(entry.value.mean, task.headline.spec) + f" {PARTIAL}" * entry.partial


def _row(found: Matrix, row: Row, ranked: bool, marked: Mapping[str, str]) -> tuple[Cell, ...]:
    cells = [
        Cell(text(task, entry), entry is not None and entry.best)
        for task, entry in zip(found.tasks, row.entries, strict=True)
    ]
    rank = Cell(DASH if row.rank is None else f"{row.rank:.1f}")
    if row.classical:
        return (Cell(baseline(row.label)), *cells, *[rank] * ranked)
    label = marked[row.key]
    return (Cell(label, method="" if label == row.label else row.label), *cells, *[rank] * ranked)


def _record(found: Matrix, row: Row) -> dict[str, object]:
    record: dict[str, object] = {"method": row.key, "label": row.label, "classical": row.classical}
    for task, entry in zip(found.tasks, row.entries, strict=True):
        item = entry.value if entry else None
        record[f"{task.key} {task.headline.name}"] = item.mean if item else None
        record[f"{task.key} {task.headline.name} ci95"] = item.half if item else None
    return record | {"mean_rank": row.rank}
