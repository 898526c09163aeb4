"""Tables of the good ranges of swept settings: how well each has to be chosen."""

from __future__ import annotations

from inrbench.report.data.model import SuiteResults, TaskResults
from inrbench.report.data.sweeps import TOLERANCE, GoodRange, Line, Sweep, good_range, over_methods
from inrbench.report.labels import spaced
from inrbench.report.tables.build import Cell, Table


def tables(suite: SuiteResults) -> list[Table]:
    """A table for each task whose methods are swept over a setting, where its headline metric is in dB."""
    return [table for task in suite.tasks if (table := _table(task))]


def _table(task: TaskResults) -> Table | None:
    ranges = [
        (sweep, line, item)
        for sweep in over_methods(task)
        for line in sweep.lines
        if (item := good_range(sweep, line)) is not None
    ]
    if not ranges:
        return None
    metric = task.headline
    failed = [
        f"{line.label}: a run failed at {spaced(sweep.setting)} {', '.join(f'{value:g}' for value in line.failed)}."
        for sweep, line, _ in ranges
        if line.failed
    ]
    return Table(
        task=f"sweep-{task.key}",
        title=f"Sensitivity: {task.key}",
        columns=("method", "setting", "best value", metric.label, "good from", "to", "octaves", "factor"),
        rows=tuple(_row(*entry) for entry in ranges),
        classical=(),
        notes=tuple(failed),
        caption=f"Good: {metric.short} within {TOLERANCE:g} dB of the best value, interpolated over the logarithm "
        "of the setting; ≤ and ≥: the sweep ends before the range does.",
        records=tuple(_record(*entry) for entry in ranges),
        emphasis="",
    )


def _row(sweep: Sweep, line: Line, item: GoodRange) -> tuple[Cell, ...]:
    wide = "≥ " * (item.open_low or item.open_high)
    return (
        Cell(line.label),
        Cell(spaced(sweep.setting)),
        Cell(f"{item.best:g}"),
        Cell(format(line.points[item.best].mean, sweep.metric.spec)),
        Cell("≤ " * item.open_low + f"{item.low:.3g}"),
        Cell("≥ " * item.open_high + f"{item.high:.3g}"),
        Cell(f"{wide}{item.octaves:.1f}"),
        Cell(f"{wide}{2**item.octaves:.1f}"),
    )


def _record(sweep: Sweep, line: Line, item: GoodRange) -> dict[str, object]:
    return {
        "task": sweep.task,
        "method": line.key,
        "label": line.label,
        "setting": sweep.setting,
        "best": item.best,
        "metric": sweep.metric.name,
        "score": line.points[item.best].mean,
        "low": item.low,
        "high": item.high,
        "open_low": item.open_low,
        "open_high": item.open_high,
        "octaves": item.octaves,
        "failed": " ".join(f"{value:g}" for value in line.failed),
    }
