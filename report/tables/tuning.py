"""Tables of the search for settings: the expected best score of a method by the number of its trials."""

from __future__ import annotations

from collections.abc import Sequence

from inrbench.report.data.model import SuiteResults, TaskResults
from inrbench.report.data.sweeps import TOLERANCE
from inrbench.report.data.trials import SearchedMethod, searched
from inrbench.report.labels import number, span
from inrbench.report.tables.build import DASH
from inrbench.report.tables.table import Cell, Column, Table, tabulate

NAME = "trials"


def tables(suite: SuiteResults) -> list[Table]:
    """A table for each task whose search was kept."""
    return [_table(task, found) for task in suite.tasks if (found := searched(suite, task))]


def counts(found: Sequence[SearchedMethod]) -> list[int]:
    """1, 2, 4, … trials, and all of them."""
    most = max(len(method.trials) for method in found)
    return [*(2**power for power in range(most.bit_length()) if 2**power < most), most]


def _table(task: TaskResults, found: Sequence[SearchedMethod]) -> Table:
    metric, decibels = task.headline, task.headline.unit == "dB"
    columns: list[Column[SearchedMethod]] = [
        Column("method", lambda method: method.label,
               lambda method: {"task": task.key, "method": method.key, "label": method.label, "steps": method.steps}),
        *(_expected(task, count, found) for count in counts(found)),
        Column("trials", lambda method: str(len(method.trials)), lambda method: {"trials": len(method.trials)}),
        Column("failed", lambda method: str(method.failed), lambda method: {"failed": method.failed}),
    ]  # fmt: skip
    if decibels:
        columns.append(
            Column("near", lambda method: str(len(method.near)), lambda method: {"near": len(method.near)},
                   f"trials within {TOLERANCE:g} dB of the best one")
        )  # fmt: skip
    near = f" Near: trials within {TOLERANCE:g} dB of the best one." * decibels
    steps = span(method.steps for method in found)
    return tabulate(
        f"{NAME}-{task.key}",
        f"Expected best {metric.label} by the number of trials: {task.key}",
        columns,
        found,
        caption=f"Mean of the best score over all subsets of this number of trials; each trial was trained for {steps} "
        f"steps on the signals of the search.{near}",
        emphasis="Bold: the best method for this number of trials.",
    )


def _expected(task: TaskResults, count: int, found: Sequence[SearchedMethod]) -> Column[SearchedMethod]:
    values = {method.key: method.expected_best(count) for method in found if count <= len(method.trials)}
    best = max(values, key=lambda key: task.headline.direction * values[key])

    def text(method: SearchedMethod) -> Cell:
        value = values.get(method.key)
        return Cell(DASH) if value is None else Cell(number(value, task.headline.spec), method.key == best)

    return Column(str(count), text, lambda method: {f"best_of_{count}": values.get(method.key)})
