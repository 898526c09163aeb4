"""Table of the best method of each task, of those that are not separated from it, and of the best classical method."""

from __future__ import annotations

from dataclasses import dataclass

from inrbench.report.data.model import Method, SuiteResults, TaskResults
from inrbench.report.data.stats import ALPHA, Estimate, difference, estimate, leaders
from inrbench.report.labels import baseline, number, with_interval
from inrbench.report.tables import budget
from inrbench.report.tables.build import DASH, Cell, Table

COLUMNS = ("task", "metric", "best", "value", "not separated", "next", "gap to it", "best classical", "value")
CAPTION = (
    f"Not separated: these results do not tell which is better ({ALPHA:.0%} level, Welch’s t-test with Holm’s "
    "correction). Next: the best of the others, with the mean paired difference over repeats and its "
    "95 % interval."
)


@dataclass(frozen=True)
class Winner:
    """The best method of a task.

    Attributes:
        task: the task.
        best: the method with the best mean score.
        value: that mean.
        unseparated: the methods that are not separated from it, see `inrbench.report.data.stats.leaders`.
        after: the best of the others that have all of its signals; None if there is none.
        gap: mean paired difference of ``best`` and ``after`` in the better direction, with the half-width of its 95 %
            interval (None for one repeat).
        classical: the best baseline with its score; None if there is none.
    """

    task: TaskResults
    best: Method
    value: float
    unseparated: tuple[Method, ...]
    after: Method | None
    gap: tuple[float, float | None] | None
    classical: tuple[Method, Estimate] | None


def of(suite: SuiteResults) -> list[Winner]:
    """The best method of each task that has one."""
    return [
        _winner(task)
        for task in suite.tasks
        if task.headline.direction and any(method.ok for method in task.activations)
    ]


def tables(suite: SuiteResults) -> list[Table]:
    """The table, where the suite has several tasks."""
    winners = of(suite)
    if len(winners) < 2:
        return []
    return [
        Table(
            task="winners",
            title="Best method of each task",
            columns=COLUMNS,
            rows=tuple(_row(winner) for winner in winners),
            classical=(),
            notes=tuple(dict.fromkeys(budget.Sizes(winner.task).note() for winner in winners if _off(winner))),
            caption=CAPTION,
            records=tuple(_record(winner) for winner in winners),
            emphasis="",
        )
    ]


def _winner(task: TaskResults) -> Winner:
    metric = task.headline
    cells = {method.key: method.final(metric.name) for method in task.activations}  # the best first
    leading = leaders(cells, metric.direction)
    best, *others = [method for method in task.activations if method.key in leading]
    needed = {signal for signal, _ in cells[best.key]}
    after = next(
        (m for m in task.activations if m.key not in leading and needed <= {signal for signal, _ in cells[m.key]}), None
    )
    gap = difference(cells[best.key], cells[after.key]) if after else None
    value = estimate(cells[best.key])
    assert value is not None
    return Winner(
        task, best, value.mean, tuple(others), after, (abs(gap[0]), gap[1]) if gap else None, best_classical(task)
    )


def _row(winner: Winner) -> tuple[Cell, ...]:
    metric, gap, rival = winner.task.headline, winner.gap, winner.classical
    texts = [
        winner.task.key,
        metric.label,
        winner.best.label + f" {budget.OFF_BUDGET}" * _off(winner),
        number(winner.value, metric.spec),
        ", ".join(method.label for method in winner.unseparated) or "none",
        winner.after.label if winner.after else DASH,
        with_interval(*gap, metric.spec) if gap else DASH,
        *((baseline(rival[0].label), number(rival[1].mean, metric.spec)) if rival else (DASH, DASH)),
    ]
    return tuple(Cell(text) for text in texts)


def _record(winner: Winner) -> dict[str, object]:
    gap, rival = winner.gap, winner.classical
    return {
        "task": winner.task.key,
        "metric": winner.task.headline.name,
        "best": winner.best.key,
        "value": winner.value,
        "unseparated": " ".join(method.key for method in winner.unseparated),
        "next": winner.after.key if winner.after else "",
        "gap": gap[0] if gap else None,
        "gap_ci95": gap[1] if gap else None,
        "classical": rival[0].key if rival else "",
        "classical_value": rival[1].mean if rival else None,
    }


def _off(winner: Winner) -> bool:
    return budget.Sizes(winner.task).off(winner.best)


def best_classical(task: TaskResults) -> tuple[Method, Estimate] | None:
    """The best baseline that has a value."""
    return next(((m, item) for m in task.baselines if (item := estimate(m.final(task.headline.name)))), None)
