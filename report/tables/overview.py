"""Table of methods by tasks: final values, mean ranks and the classical methods, as a paper prints it."""

from __future__ import annotations

from inrbench.report.data.matrix import Entry, Matrix, Row
from inrbench.report.data.model import TaskResults
from inrbench.report.labels import baseline, number
from inrbench.report.tables import budget
from inrbench.report.tables.build import DASH, PARTIAL, Cell, Table

NAME = "overview"
OFF = f"{budget.OFF_BUDGET} More than {budget.TOLERANCE:.0%} off its number of parameters, see the task’s table."


def tables(found: Matrix) -> list[Table]:
    """The table, where there are several tasks."""
    return [table(found)] if len(found.tasks) > 1 else []


def table(found: Matrix) -> Table:
    """The table."""
    ranked = len(found.tasks) > 1 and any(row.rank is not None for row in found.rows)
    networks, classical = ([row for row in found.rows if row.classical is kind] for kind in (False, True))
    notes = [f"{PARTIAL} Mean over fewer signals than the others: it does not compare and is never bold."]
    off = any(_off(found, row) for row in networks)
    partial = any(entry and entry.partial for row in found.rows for entry in row.entries)
    return Table(
        task=NAME,
        title="Methods by tasks",
        columns=(
            "method",
            *(f"{task.key}: {task.headline.label}" for task in found.tasks),
            *["mean rank"] * ranked,
        ),
        rows=tuple(_row(found, row, ranked) for row in networks),
        classical=tuple(_row(found, row, ranked) for row in classical),
        notes=(*notes * partial, *[OFF] * off),
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


def _row(found: Matrix, row: Row, ranked: bool) -> tuple[Cell, ...]:
    cells = [
        Cell(text(task, entry), entry is not None and entry.best)
        for task, entry in zip(found.tasks, row.entries, strict=True)
    ]
    rank = Cell(DASH if row.rank is None else f"{row.rank:.1f}")
    label = baseline(row.label) if row.classical else row.label + f" {budget.OFF_BUDGET}" * _off(found, row)
    return (Cell(label), *cells, *[rank] * ranked)


def _off(found: Matrix, row: Row) -> bool:
    """Whether a network is off its budget on one of the tasks."""
    return any(budget.Sizes(task).off(m) for task in found.tasks for m in task.activations if m.key == row.key)


def _record(found: Matrix, row: Row) -> dict[str, object]:
    record: dict[str, object] = {"method": row.key, "label": row.label, "classical": row.classical}
    for task, entry in zip(found.tasks, row.entries, strict=True):
        item = entry.value if entry else None
        record[f"{task.key} {task.headline.name}"] = item.mean if item else None
        record[f"{task.key} {task.headline.name} ci95"] = item.half if item else None
    return record | {"mean_rank": row.rank}
