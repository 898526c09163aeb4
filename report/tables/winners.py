"""Table of the best method of each task, of those that cannot be told from it, and of the best classical method."""

from __future__ import annotations

from report.data.model import Method, Suite, Task
from report.data.stats import difference, estimate, leaders
from report.labels import Metric, baseline
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
    cells = {method.key: method.final(metric.name) for method in task.activations}
    tied = leaders(cells, metric.direction)
    ranked = sorted((m for m in task.activations if m.key in tied), key=lambda m: -metric.direction * _mean(m, metric))
    best, others = ranked[0], ranked[1:]
    needed = {signal for signal, _ in cells[best.key]}
    rest = [m for m in task.activations if m.key not in tied and needed <= {signal for signal, _ in cells[m.key]}]
    after = max(rest, key=lambda m: metric.direction * _mean(m, metric), default=None)
    gap = difference(cells[best.key], cells[after.key]) if after else None
    classical = max(
        (m for m in task.baselines if m.final(metric.name)),
        key=lambda m: metric.direction * _mean(m, metric),
        default=None,
    )
    texts = [
        task.key,
        metric.label,
        best.label,
        _value(metric, _mean(best, metric)),
        ", ".join(method.label for method in others) or "none",
        after.label if after else DASH,
        _gap(metric, gap) if gap else DASH,
        baseline(classical.label) if classical else DASH,
        _value(metric, _mean(classical, metric)) if classical else DASH,
    ]
    record: dict[str, object] = {
        "task": task.key,
        "metric": metric.name,
        "best": best.key,
        "value": _mean(best, metric),
        "tied": " ".join(method.key for method in others),
        "next": after.key if after else "",
        "gap": abs(gap[0]) if gap else None,
        "gap_ci95": gap[1] if gap else None,
        "classical": classical.key if classical else "",
        "classical_value": _mean(classical, metric) if classical else None,
    }
    return tuple(Cell(text) for text in texts), record


def _mean(method: Method, metric: Metric) -> float:
    found = estimate(method.final(metric.name))
    assert found is not None
    return found.mean


def _value(metric: Metric, value: float) -> str:
    return format(value, metric.spec).replace("-", "−", int(value < 0))


def _gap(metric: Metric, gap: tuple[float, float | None]) -> str:
    size = format(abs(gap[0]), metric.spec)
    return size if gap[1] is None else f"{size} ± {format(gap[1], '.0e' if metric.spec.endswith('e') else metric.spec)}"
