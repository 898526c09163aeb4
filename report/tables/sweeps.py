"""Tables of the good ranges of swept settings: how well each has to be chosen."""

from __future__ import annotations

from inrbench.report.data.model import SuiteResults, TaskResults
from inrbench.report.data.sweeps import IN_OCTAVES, TOLERANCE, GoodRange, Line, Sweep, good_range, over_methods
from inrbench.report.labels import MetricLabel, spaced
from inrbench.report.tables.build import DASH
from inrbench.report.tables.table import Column, Table, tabulate


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
    octaves = sorted({spaced(sweep.setting) for sweep, *_ in ranges if sweep.setting in IN_OCTAVES})
    plain = f" (of {', '.join(octaves)} itself)" if octaves else ""
    return tabulate(
        f"sweep-{task.key}",
        f"Sensitivity: {task.key}",
        _columns(metric),
        ranges,
        notes=failed,
        caption=f"Good: {metric.short} within {TOLERANCE:g} dB of the best value, interpolated over the logarithm "
        f"of the setting{plain}; ≤ and ≥: the sweep ends before the range does.",
        emphasis="",
    )


Entry = tuple[Sweep, Line, GoodRange]


def _columns(metric: MetricLabel) -> list[Column[Entry]]:
    def wide(item: GoodRange) -> str:
        return "≥ " * (item.open_low or item.open_high)

    def factor(entry: Entry) -> str:
        return DASH if entry[0].setting in IN_OCTAVES else f"{wide(entry[2])}{2 ** entry[2].octaves:.1f}"

    def score(entry: Entry) -> float:
        return entry[1].points[entry[2].best].mean

    return [
        Column("method", lambda e: e[1].label, lambda e: {"task": e[0].task, "method": e[1].key, "label": e[1].label}),
        Column("setting", lambda e: spaced(e[0].setting), lambda e: {"setting": e[0].setting}),
        Column("best value", lambda e: f"{e[2].best:g}", lambda e: {"best": e[2].best}),
        Column(metric.label, lambda e: format(score(e), metric.spec),
               lambda e: {"metric": metric.name, "score": score(e)}),
        Column("good from", lambda e: "≤ " * e[2].open_low + f"{e[2].low:.3g}", lambda e: {"low": e[2].low}),
        Column("to", lambda e: "≥ " * e[2].open_high + f"{e[2].high:.3g}",
               lambda e: {"high": e[2].high, "open_low": e[2].open_low, "open_high": e[2].open_high}),
        Column("octaves", lambda e: f"{wide(e[2])}{e[2].octaves:.1f}", lambda e: {"octaves": e[2].octaves}),
        Column("factor", factor,
               lambda e: {"failed": " ".join(f"{value:g}" for value in e[1].failed)}),
    ]  # fmt: skip
