"""Table of the best method of each task, of those that cannot be told from it, and of the best classical method."""

from __future__ import annotations

from report.data.model import Method, Suite, Task
from report.data.stats import Estimate, difference, estimate, leaders
from report.labels import baseline, number, with_interval
from report.tables.build import DASH, Cell, Table


def tables(suite: Suite) -> list[Table]:
    """The table, where the suite has several tasks."""
    tasks = [task for task in suite.tasks if task.headline.direction and any(method.ok for method in task.activations)]
    if len(tasks) < 2:
        return []
    found = [_row(task) for task in tasks]
    return [
        Table(
            task="winners",
            title="Best method of each task",
            columns=("task", "metric", "best", "value", "tied with it", "next", "gap to it", "best classical", "value"),
            rows=tuple(cells for cells, _ in found),
            classical=(),
            notes=(),
            caption="Tied: the 95 % interval of the paired difference over the repeats contains 0, so these results "
            "do not tell which is better. Next: the best of the others, with the mean difference and that interval.",
            records=tuple(record for _, record in found),
            emphasis="",
        )
    ]


def _row(task: Task) -> tuple[tuple[Cell, ...], dict[str, object]]:
    metric = task.headline
    cells = {method.key: method.final(metric.name) for method in task.activations}  # the best first
    tied = leaders(cells, metric.direction)
    best, *others = [method for method in task.activations if method.key in tied]
    needed = {signal for signal, _ in cells[best.key]}
    after = next(
        (m for m in task.activations if m.key not in tied and needed <= {signal for signal, _ in cells[m.key]}), None
    )
    gap = difference(cells[best.key], cells[after.key]) if after else None
    value, rival = estimate(cells[best.key]), best_classical(task)
    assert value is not None
    texts = [
        task.key,
        metric.label,
        best.label,
        number(value.mean, metric.spec),
        ", ".join(method.label for method in others) or "none",
        after.label if after else DASH,
        with_interval(abs(gap[0]), gap[1], metric.spec) if gap else DASH,
        *((baseline(rival[0].label), number(rival[1].mean, metric.spec)) if rival else (DASH, DASH)),
    ]
    record: dict[str, object] = {
        "task": task.key,
        "metric": metric.name,
        "best": best.key,
        "value": value.mean,
        "tied": " ".join(method.key for method in others),
        "next": after.key if after else "",
        "gap": abs(gap[0]) if gap else None,
        "gap_ci95": gap[1] if gap else None,
        "classical": rival[0].key if rival else "",
        "classical_value": rival[1].mean if rival else None,
    }
    return tuple(Cell(text) for text in texts), record


def best_classical(task: Task) -> tuple[Method, Estimate] | None:
    """The best baseline that has a value."""
    return next(((m, item) for m in task.baselines if (item := estimate(m.final(task.headline.name)))), None)
