"""Tables over all tasks: the leaderboard, pairwise wins, and final values beside the time to a level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from inrbench.report.data import effects
from inrbench.report.data.leaderboard import CLUSTERS, Leaderboard, Quantity
from inrbench.report.data.model import Method, SuiteResults, TaskResults
from inrbench.report.data.stats import ALPHA, estimate
from inrbench.report.data.target import levels, reached
from inrbench.report.labels import baseline, counted, engine, number, seconds
from inrbench.report.tables import budget, converged, winners
from inrbench.report.tables.build import DASH, INVALID, OTHER_ENGINE
from inrbench.report.tables.table import Cell, Column, Table, tabulate

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
    typical = [effects.typical(scaled, key) for key in board.methods]
    top = max((value for value in typical if value is not None), default=None)

    def effect(place: int) -> Cell:
        value = typical[place]
        return Cell(DASH) if value is None else Cell(_number(value), value == top)

    def rank(place: int) -> Cell:
        mark = UNSEPARATED if place and board.methods[place] in board.leading else ""
        return Cell(_interval(board.mean_rank, place) + mark, place == int(np.argmin(board.mean_rank.value)))

    def improvement(place: int) -> Cell:
        return Cell(_interval(board.improvement, place), place == int(np.argmax(board.improvement.value)))

    columns: list[Column[int]] = [
        _methods(board, names, marked, suite=suite.name),
        Column("mean rank", rank, lambda place: _ends("mean_rank", board.mean_rank, place)),
        Column("P(improvement)", improvement, lambda place: _ends("improvement", board.improvement, place)),
        Column(values=lambda place: {"separated": board.methods[place] not in board.leading}),
        Column("effect" * bool(scaled), effect if scaled else None, lambda place: {"effect": typical[place]}),
    ]  # fmt: skip
    tasks = len({task for task, _ in board.cases})
    least, most = board.repeats
    repeats = counted(most, "repeat") if least == most else f"{least} to {most} repeats"
    notes = [_named(note, names) for note in board.notes]
    if len(board.leading) > 1:
        notes.append(f"{UNSEPARATED} Not separated from the first: {ALPHA:.0%} level, Holm’s correction.")
    notes += _off(board, names, marked)
    if scaled:
        notes.append(_scale_note(suite, scaled))
    return tabulate(
        "leaderboard",
        "Leaderboard",
        columns,
        range(len(board.methods)),
        notes=notes,
        caption=f"{counted(tasks, 'task')}, {counted(len(board.cases), 'case')} (task and signal), {repeats}. In "
        f"brackets: 95 % intervals over {'tasks' if tasks >= CLUSTERS else 'cases'} (Student’s t).",
        emphasis="Bold: the best value.",
    )


def _ends(name: str, item: Quantity, place: int) -> dict[str, object]:
    """A quantity of a method with the ends of its interval."""
    return {
        name: float(item.value[place]),
        f"{name}_low": float(item.low[place]),
        f"{name}_high": float(item.high[place]),
    }


def _scale_note(suite: SuiteResults, scaled: Sequence[effects.Scale]) -> str:
    ends = "; ".join(
        f"{scale.task.key} {baseline(scale.weakest.label)} to {baseline(scale.best.label)}, "
        f"{number(scale.unit, scale.task.headline.spec)} {scale.task.headline.unit}".rstrip()
        for scale in scaled
    )
    without = [task.key for task in suite.tasks if task.key not in {scale.task.key for scale in scaled}]
    text = f"Effect: 0 is the weakest classical method of a task, 1 the best ({ends}); median over tasks."
    return text + f" Without such a scale: {', '.join(without)}." * bool(without)


def _named(note: str, names: Mapping[str, str]) -> str:
    key, _, rest = note.partition(" is left out:")
    return f"{names[key]} is left out:{rest}" if rest and key in names else note


def _interval(item: Quantity, place: int) -> str:
    return f"{_number(item.value[place])} [{_number(item.low[place])}, {_number(item.high[place])}]"


def _number(value: float) -> str:
    return format(value + 0.0, ".2f").replace("-0.00", "0.00").replace("-", "−")


def _methods(board: Leaderboard, names: Mapping[str, str], marked: Mapping[str, str], **values: object) -> Column[int]:
    """The column of the methods by their place, with their marks."""

    def text(place: int) -> Cell:
        label, with_mark = names[board.methods[place]], marked[board.methods[place]]
        return Cell(with_mark, method="" if with_mark == label else label)

    def record(place: int) -> dict[str, object]:
        key = board.methods[place]
        return {**values, "method": key, "label": names[key]}

    return Column("method", text, record)


def _off(board: Leaderboard, names: Mapping[str, str], marked: Mapping[str, str]) -> list[str]:
    """The meaning of the mark, where a method of the board has it."""
    return [budget.OFF] * any(marked[key] != names[key] for key in board.methods)


def _wins(board: Leaderboard, names: Mapping[str, str], marked: Mapping[str, str]) -> Table:
    def against(rival: int) -> Column[int]:
        def share(place: int) -> float | None:
            return None if place == rival else float(board.wins[place, rival])

        def text(place: int) -> Cell:
            return Cell(DASH) if (x := share(place)) is None else Cell(f"{100 * x:.0f} %", x > 0.5)

        key = board.methods[rival]
        return Column(names[key], text, lambda place: {f"against {key}": share(place)})

    places = range(len(board.methods))
    return tabulate(
        "leaderboard-wins",
        "Pairwise wins",
        [_methods(board, names, marked), *map(against, places)],
        places,
        notes=_off(board, names, marked),
        caption="The share of repeats that the row’s method wins against the column’s, mean over tasks; equal scores "
        "count one half.",
        emphasis="Bold: more than half.",
    )


def _speed(suite: SuiteResults, names: Mapping[str, str]) -> list[Table]:
    """Final value and time to the level of each task that has a clock."""
    tasks = [task for task in suite.tasks if levels(task) and any(method.timings for method in task.activations)]
    if not tasks:
        return []
    columns: list[Column[str]] = [Column("method", names.__getitem__, lambda key: {"method": key, "label": names[key]})]
    for task in tasks:
        columns += _values_and_times(task)
    several = len(tasks) > 1 or len(tasks[0].signals) > 1
    table = tabulate(
        "time-to-level",
        "Final value and time to a level",
        columns,
        list(names),
        caption="The level is what the median method reaches at the end"
        + " (of each task and signal)" * several
        + ": half of the methods reach it. Seconds on the training clock, mean over runs.",
        emphasis="",
    )
    text = table.all_text
    notes = [f"{INVALID} Timed while other work used the device: the time does not compare."] * (INVALID in text)
    notes += filter(None, [converged.note(text)])
    notes += [_engine_note(tasks)] * (OTHER_ENGINE in text)
    notes += ["k/n: only k of n runs reached the level."] * ("/" in text)
    return [replace(table, notes=tuple(notes))]


def _values_and_times(task: TaskResults) -> list[Column[str]]:
    """The columns of a task by the key of a method: its final value, and its time to the level."""
    methods = {method.key: method for method in task.activations}
    return [
        Column(f"{task.key}: {task.headline.label}", lambda key: _final(task, methods.get(key))),
        Column(
            f"{task.key}: time to {_level(task)} (s)",
            lambda key: _times(task, methods[key]) if key in methods else DASH,
            lambda key: _record(task, methods.get(key)),
        ),
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
