"""Tables over all tasks: the leaderboard, pairwise wins, and final values beside the time to a level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from inrbench.report.data import effects
from inrbench.report.data.leaderboard import CLUSTERS, Leaderboard, Quantity
from inrbench.report.data.model import Method, SuiteResults, TaskResults
from inrbench.report.data.stats import ALPHA, estimate
from inrbench.report.data.target import levels, reached
from inrbench.report.labels import baseline, engine, number, seconds
from inrbench.report.tables import budget, converged, winners
from inrbench.report.tables.build import DASH, INVALID, OTHER_ENGINE, Cell, Table

NONE = (
    "No leaderboard: it takes three cases (a task and one of its signals) and two activations that have run on all of "
    "them in a common repeat. Cases on which networks have more parameters than there are measured values do not count."
)

UNSEPARATED = " ≈"
"""Mark of a value that is not separated from the best one."""


def labels(suite: SuiteResults) -> dict[str, str]:
    """The label of every activation by its key, as the first task has it."""
    found: dict[str, str] = {}
    for task in suite.tasks:
        for method in task.activations:
            found.setdefault(method.key, method.label)
    return found


def tables(suite: SuiteResults, board: Leaderboard | None) -> list[Table]:
    """The leaderboard and the wins where there is a leaderboard, the best of each task, and times to a level."""
    names = labels(suite)
    marked = budget.labels(suite.tasks)
    found = [] if board is None else [_ranking(suite, board, names, marked), _wins(board, names, marked)]
    return [*found, *winners.tables(suite), *_speed(suite, names)]


def _ranking(suite: SuiteResults, board: Leaderboard, names: Mapping[str, str], marked: Mapping[str, str]) -> Table:
    scaled = effects.scales(suite, {task for task, _ in board.cases})
    typical = {key: effects.typical(scaled, key) for key in board.methods}
    quantities = {"mean rank": board.mean_rank, "P(improvement)": board.improvement}
    best = {name: int(np.argmin(q.value) if q is board.mean_rank else np.argmax(q.value)) for name, q in
            quantities.items()}  # fmt: skip
    top = max((value for value in typical.values() if value is not None), default=None)
    rows: list[tuple[Cell, ...]] = []
    records: list[dict[str, object]] = []
    for place, key in enumerate(board.methods):
        cells = [Cell(_interval(item, place), best[name] == place) for name, item in quantities.items()]
        mark = UNSEPARATED if place and key in board.leading else ""
        value = typical[key]
        effect = [Cell(DASH if value is None else _number(value), value == top)] if scaled else []
        rows.append((_method(names[key], marked[key]), Cell(cells[0].text + mark, cells[0].bold), *cells[1:], *effect))
        record: dict[str, object] = {"suite": suite.name, "method": key, "label": names[key]}
        for name, item in (("mean_rank", board.mean_rank), ("improvement", board.improvement)):
            record[name] = float(item.value[place])
            record[f"{name}_low"], record[f"{name}_high"] = float(item.low[place]), float(item.high[place])
        records.append({**record, "separated": key not in board.leading, "effect": value})
    tasks = len({task for task, _ in board.cases})
    least, most = board.repeats
    repeats = _count(most, "repeat") if least == most else f"{least} to {most} repeats"
    notes = [_named(note, names) for note in board.notes]
    if len(board.leading) > 1:
        notes.append(f"{UNSEPARATED} Not separated from the first: {ALPHA:.0%} level, Holm’s correction.")
    notes += _off(board, names, marked)
    if scaled:
        notes.append(_scale_note(suite, scaled))
    return Table(
        task="leaderboard",
        title="Leaderboard",
        columns=("method", *quantities, *["effect"] * bool(scaled)),
        rows=tuple(rows),
        classical=(),
        notes=tuple(notes),
        caption=f"{_count(tasks, 'task')}, {_count(len(board.cases), 'case')} (task and signal), {repeats}. In "
        f"brackets: 95 % intervals over {'tasks' if tasks >= CLUSTERS else 'cases'} (Student’s t).",
        records=tuple(records),
        emphasis="Bold: the best value.",
    )


def _scale_note(suite: SuiteResults, scaled: Sequence[effects.Scale]) -> str:
    ends = "; ".join(
        f"{scale.task.key} {baseline(scale.weakest.label)} to {baseline(scale.best.label)}, "
        f"{number(scale.unit, scale.task.headline.spec)} {scale.task.headline.unit}".rstrip()
        for scale in scaled
    )
    without = [task.key for task in suite.tasks if task.key not in {scale.task.key for scale in scaled}]
    text = f"Effect: 0 is the weakest classical method of a task, 1 the best ({ends}); median over tasks."
    return text + f" Without such a scale: {', '.join(without)}." * bool(without)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _named(note: str, names: Mapping[str, str]) -> str:
    key, _, rest = note.partition(" is left out:")
    return f"{names[key]} is left out:{rest}" if rest and key in names else note


def _interval(item: Quantity, place: int) -> str:
    return f"{_number(item.value[place])} [{_number(item.low[place])}, {_number(item.high[place])}]"


def _number(value: float) -> str:
    return format(value + 0.0, ".2f").replace("-0.00", "0.00").replace("-", "−")


def _method(label: str, marked: str) -> Cell:
    return Cell(marked, method="" if marked == label else label)


def _off(board: Leaderboard, names: Mapping[str, str], marked: Mapping[str, str]) -> list[str]:
    """The meaning of the mark, where a method of the board has it."""
    return [budget.OFF] * any(marked[key] != names[key] for key in board.methods)


def _wins(board: Leaderboard, names: Mapping[str, str], marked: Mapping[str, str]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    records: list[dict[str, object]] = []
    for place, key in enumerate(board.methods):
        shares = board.wins[place]
        rows.append(
            (
                _method(names[key], marked[key]),
                *(Cell(DASH) if np.isnan(x) else Cell(f"{100 * x:.0f} %", x > 0.5) for x in shares),
            )
        )
        found = {
            f"against {rival}": None if np.isnan(x) else float(x)
            for rival, x in zip(board.methods, shares, strict=True)
        }
        records.append({"method": key, "label": names[key], **found})
    return Table(
        task="leaderboard-wins",
        title="Pairwise wins",
        columns=("method", *(names[key] for key in board.methods)),
        rows=tuple(rows),
        classical=(),
        notes=tuple(_off(board, names, marked)),
        caption="The share of repeats that the row’s method wins against the column’s, mean over tasks; equal scores "
        "count one half.",
        records=tuple(records),
        emphasis="Bold: more than half.",
    )


def _speed(suite: SuiteResults, names: Mapping[str, str]) -> list[Table]:
    """Final value and time to the level of each task that has a clock."""
    tasks = [task for task in suite.tasks if levels(task) and any(method.timings for method in task.activations)]
    if not tasks:
        return []
    columns = ["method"]
    for task in tasks:
        columns += [f"{task.key}: {task.headline.label}", f"{task.key}: time to {_level(task)} (s)"]
    rows: list[tuple[Cell, ...]] = []
    records: list[dict[str, object]] = []
    for key, label in names.items():
        cells = [Cell(label)]
        record: dict[str, object] = {"method": key, "label": label}
        for task in tasks:
            method = next((method for method in task.activations if method.key == key), None)
            cells.append(Cell(_final(task, method)))
            cells.append(Cell(_times(task, method) if method else DASH))
            record |= _record(task, method)
        rows.append(tuple(cells))
        records.append(record)
    several = len(tasks) > 1 or len(tasks[0].signals) > 1
    text = " ".join(cell.text for row in rows for cell in row)
    notes = [f"{INVALID} Timed while other work used the device: the time does not compare."] * (INVALID in text)
    notes += filter(None, [converged.note(text)])
    notes += [_engine_note(tasks)] * (OTHER_ENGINE in text)
    notes += ["k/n: only k of n runs reached the level."] * ("/" in text)
    return [
        Table(
            task="time-to-level",
            title="Final value and time to a level",
            columns=tuple(columns),
            rows=tuple(rows),
            classical=(),
            notes=tuple(notes),
            caption="The level is what the median method reaches at the end"
            + " (of each task and signal)" * several
            + ": half of the methods reach it. Seconds on the training clock, mean over runs.",
            records=tuple(records),
            emphasis="",
        )
    ]


def _level(task: TaskResults) -> str:
    found = levels(task)
    if len(found) == 1:
        (level,) = found.values()
        return f"{level:g} {task.headline.unit}".strip()
    return "each signal’s level"


def _final(task: TaskResults, method: Method | None) -> str:
    found = estimate(method.final(task.headline.name)) if method else None
    if method is None or found is None:
        return DASH
    return number(found.mean, task.headline.spec) + converged.mark(method)


def _times(task: TaskResults, method: Method) -> str:
    parts = []
    for item in reached(task, method):
        text = seconds(item.seconds) if item.reached == item.runs else f"{item.reached}/{item.runs}"
        marks = "" if item.valid else INVALID
        parts.append(text + (marks + OTHER_ENGINE * task.other_engine(item.timing)) * (item.seconds is not None))
    return " · ".join(parts) or DASH


def _record(task: TaskResults, method: Method | None) -> dict[str, object]:
    record: dict[str, object] = {f"{task.key} level {signal}": level for signal, level in levels(task).items()}
    for item in reached(task, method) if method else []:
        place = f"{item.timing.hardware}, {item.timing.engine}"
        record[f"{task.key} seconds@{place}"] = item.seconds
        record[f"{task.key} reached@{place}"] = item.reached
    return record


def _engine_note(tasks: Sequence[TaskResults]) -> str:
    others = sorted({f"{m.label}: {engine(t.engine)}" for task in tasks for m, t in task.other_engines()})
    return (
        f"{OTHER_ENGINE} Another engine than that of most methods, so the time does not compare: {'; '.join(others)}."
    )
