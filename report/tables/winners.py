"""Table of the best method of each task, of those that are not separated from it, and of the best classical method."""

from __future__ import annotations

from dataclasses import dataclass

from inrbench.report.data.model import Method, SuiteResults, TaskResults
from inrbench.report.data.stats import ALPHA, Estimate, by_signal, difference, estimate, leaders, signal_means
from inrbench.report.labels import baseline, number, with_interval
from inrbench.report.tables import budget
from inrbench.report.tables.build import DASH
from inrbench.report.tables.table import Column, Table, tabulate

CAPTION = (
    "First on: the signals on which no other network is better. "
    f"Not separated: these results do not tell which is better ({ALPHA:.0%} level, Welch’s t-test with Holm’s "
    "correction). Next: the best of the others, with the mean paired difference over repeats and its "
    "95 % interval."
)

UNTESTED = "Unknown: with one repeat of each signal the spread is unknown, and the order may be chance."


@dataclass(frozen=True)
class Winner:
    """The best method of a task.

    Attributes:
        task: the task.
        best: the method with the best mean score.
        value: that mean.
        first_on: the number of signals on which no other network is better.
        signals: the number of its signals.
        unseparated: the methods that are not separated from it, see `inrbench.report.data.stats.leaders`.
        tested: whether some signal has two repeats; else none is separated, and none is listed.
        after: the best of the others that have all of its signals; None if there is none.
        gap: mean paired difference of ``best`` and ``after`` in the better direction, with the half-width of its 95 %
            interval (None for one repeat).
        classical: the best baseline with its score; None if there is none.
    """

    task: TaskResults
    best: Method
    value: float
    first_on: int
    signals: int
    unseparated: tuple[Method, ...]
    tested: bool
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
        tabulate(
            "winners",
            "Best method of each task",
            COLUMNS,
            winners,
            notes=[
                *dict.fromkeys(budget.Sizes(winner.task).note() for winner in winners if _off(winner)),
                *[UNTESTED] * any(not winner.tested for winner in winners),
            ],
            caption=CAPTION,
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
    means = {
        name: {signal: metric.direction * value for signal, value in signal_means(own).items()}
        for name, own in cells.items()
    }
    tops = {signal: max(own[signal] for own in means.values() if signal in own) for signal in needed}
    return Winner(
        task,
        best,
        value.mean,
        first_on=sum(means[best.key][signal] == tops[signal] for signal in needed),
        signals=len(needed),
        unseparated=tuple(others),
        tested=any(len(values) > 1 for own in cells.values() for values in by_signal(own).values()),
        after=after,
        gap=(metric.direction * gap[0], gap[1]) if gap else None,
        classical=best_classical(task),
    )


def _gap(winner: Winner) -> dict[str, object]:
    gap = winner.gap or (None, None)
    return {"gap": gap[0], "gap_ci95": gap[1]}


def _off(winner: Winner) -> bool:
    return budget.Sizes(winner.task).off(winner.best)


def best_classical(task: TaskResults) -> tuple[Method, Estimate] | None:
    """The best baseline that has a value."""
    return next(((m, item) for m in task.baselines if (item := estimate(m.final(task.headline.name)))), None)


COLUMNS: list[Column[Winner]] = [
    Column("task", lambda w: w.task.key, lambda w: {"task": w.task.key}),
    Column("metric", lambda w: w.task.headline.label, lambda w: {"metric": w.task.headline.name}),
    Column("best", lambda w: w.best.label + f" {budget.OFF_BUDGET}" * _off(w), lambda w: {"best": w.best.key}),
    Column("value", lambda w: number(w.value, w.task.headline.spec), lambda w: {"value": w.value}),
    Column("first on", lambda w: f"{w.first_on} of {w.signals}",
           lambda w: {"first_on": w.first_on, "signals": w.signals}),
    Column("not separated", lambda w: ", ".join(m.label for m in w.unseparated) or ("none" if w.tested else "unknown"),
           lambda w: {"unseparated": " ".join(method.key for method in w.unseparated)}),
    Column("next", lambda w: w.after.label if w.after else DASH, lambda w: {"next": w.after.key if w.after else ""}),
    Column("gap to it", lambda w: with_interval(*w.gap, w.task.headline.spec) if w.gap else DASH, _gap),
    Column("best classical", lambda w: baseline(w.classical[0].label) if w.classical else DASH,
           lambda w: {"classical": w.classical[0].key if w.classical else ""}),
    Column("value", lambda w: number(w.classical[1].mean, w.task.headline.spec) if w.classical else DASH,
           lambda w: {"classical_value": w.classical[1].mean if w.classical else None}),
]  # fmt: skip
