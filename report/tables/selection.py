"""Selection of a network's parameter without the truth: among networks of equal data loss, the least path norm.

The path quasi-norm makes a choice of its own, which the tables show beside that of the norm.

One choice compares the values of one parameter of one activation on one signal. They compare only at the same data
loss. Jobs that stop at a data loss (``stop_loss``) have it by construction; a value is excluded if one of its runs did
not reach that loss or failed. Without a ``stop_loss`` a value takes part if its loss is at most `COMPARABLE` times the
least one. The cost of the choice is its gap to the oracle: the value with the best metric among all that were run,
excluded or not.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from inrbench.report.data.model import Method, Run, SuiteResults, TaskResults
from inrbench.report.data.stats import average
from inrbench.report.labels import MetricLabel, named_settings, parameter, span
from inrbench.report.tables.build import DASH
from inrbench.report.tables.formats import markdown
from inrbench.report.tables.table import Cell, Column, Table, tabulate

NORM, QUASI_NORM = "path_norm", "path_quasi_norm"
SWEPT = "c"
"""The parameter that is chosen."""
REACHED = 1.01
"""A loss within 1 % of ``stop_loss`` has reached it: the stored loss is that before the last step."""
COMPARABLE = 2.0
PERFECT = 1e-8
"""A loss that is rounding alone: below it, all fits are equally good."""
LEAST = 3
"""The least number of values for a choice."""


def swept(settings: Mapping[str, Any]) -> float | None:
    """The value of the swept parameter, None where it is missing or no number."""
    value = settings.get(SWEPT)
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)


def others(settings: Mapping[str, Any]) -> str:
    """The other parameters as text: networks that differ in them belong to different choices."""
    return ", ".join(named_settings({key: value for key, value in settings.items() if key != SWEPT}))


def reached(run: Run) -> bool:
    """Whether a run reached the data loss at which it was to stop; True where none was set."""
    stop, loss = run.settings("train").get("stop_loss"), run.final("loss")
    return stop is None or (loss is not None and loss <= float(stop) * REACHED)


@dataclass(frozen=True)
class Candidate:
    """One value of the parameter: means over the repeats that ended well, None without any.

    Attributes:
        excluded: the reason why it takes no part in the choice; empty if it does.
    """

    value: float
    method: Method
    runs: tuple[Run, ...]
    step: float | None
    loss: float | None
    path_norm: float | None
    quasi_norm: float | None
    score: float | None
    excluded: str = ""

    @property
    def ok(self) -> list[Run]:
        """The runs that ended well."""
        return [run for run in self.runs if run.ok]

    @property
    def reached(self) -> int:
        """The number of runs that reached the data loss at which they were to stop."""
        return sum(reached(run) for run in self.ok)


@dataclass(frozen=True)
class Choice:
    """The values of one activation on one signal.

    Attributes:
        others: the parameters that all values share.
        candidates: ordered by value.
        chosen: the one of the least path norm, None if fewer than two take part.
        by_quasi_norm: the one of the least path quasi-norm, None if fewer than two have one.
        oracle: the one of the best metric, None without a score.
    """

    signal: str
    activation: str
    others: str
    metric: MetricLabel
    candidates: tuple[Candidate, ...]
    chosen: Candidate | None
    by_quasi_norm: Candidate | None
    oracle: Candidate | None

    @property
    def gap(self) -> float | None:
        """How much better the oracle's metric is than that of the chosen value; None where either is missing."""
        return self.gap_of(self.chosen)

    def gap_of(self, item: Candidate | None) -> float | None:
        """How much better the oracle's metric is than that of a value; None where either is missing."""
        if item is None or self.oracle is None or item.score is None or self.oracle.score is None:
            return None
        return self.metric.direction * (self.oracle.score - item.score)


def choices(task: TaskResults) -> list[Choice]:
    """The choices of a task: one for each signal and activation with at least `LEAST` values and a path norm."""
    groups: dict[tuple[str, str, str], list[Candidate]] = defaultdict(list)
    for method in task.activations:
        members: dict[tuple[str, str, float], list[Run]] = defaultdict(list)
        for run in method.runs:
            settings = run.settings("activation_params")
            if (value := swept(settings)) is not None:
                members[run.cell[0], others(settings), value].append(run)
        for (signal, rest, value), runs in members.items():
            groups[signal, method.activation, rest].append(_candidate(value, method, runs, task.headline.name))
    return [
        _choice(key, candidates, task.headline)
        for key, candidates in sorted(groups.items())
        if len({item.value for item in candidates}) >= LEAST and any(item.path_norm is not None for item in candidates)
    ]


def _candidate(value: float, method: Method, runs: Sequence[Run], metric: str) -> Candidate:
    def mean(of: Callable[[Run], float | None]) -> float | None:
        return average(of(run) for run in runs if run.ok)

    return Candidate(
        value,
        method,
        tuple(runs),
        step=mean(lambda run: run.last_step),
        loss=mean(lambda run: run.final("loss")),
        path_norm=mean(lambda run: run.final(NORM)),
        quasi_norm=mean(lambda run: run.final(QUASI_NORM)),
        score=mean(lambda run: run.final(metric)),
    )


def _choice(key: tuple[str, str, str], candidates: Iterable[Candidate], metric: MetricLabel) -> Choice:
    ordered = sorted(candidates, key=lambda item: (item.value, item.method.key))
    floor = min((item.loss for item in ordered if item.loss is not None), default=math.nan)
    checked = tuple(replace(item, excluded=_excluded(item, floor)) for item in ordered)
    able = [item for item in checked if not item.excluded]
    scored = [(metric.direction * item.score, -item.value, item) for item in checked if item.score is not None]
    return Choice(
        *key,
        metric,
        checked,
        chosen=_least(able, lambda item: item.path_norm),
        by_quasi_norm=_least(able, lambda item: item.quasi_norm),
        oracle=max(scored, key=lambda entry: entry[:2])[2] if scored and metric.direction else None,
    )


def _least(items: Iterable[Candidate], norm: Callable[[Candidate], float | None]) -> Candidate | None:
    """The one of the least norm, None if fewer than two have one."""
    able = [(value, item.value, item) for item in items if (value := norm(item)) is not None]
    return min(able, key=lambda entry: entry[:2])[2] if len(able) > 1 else None


def _excluded(item: Candidate, floor: float) -> str:
    """The reason why a value takes no part in the choice; empty if it does."""
    runs, ok = len(item.runs), len(item.ok)
    if ok < runs:
        return f"{runs - ok} of {runs} failed"
    if item.reached < runs:
        return "loss not reached" if runs == 1 else f"loss reached by {item.reached} of {runs}"
    if item.path_norm is None:
        return "no path norm"
    stops = any(run.settings("train").get("stop_loss") is not None for run in item.runs)
    if not stops and not (item.loss is not None and item.loss <= max(COMPARABLE * floor, PERFECT)):
        return "fits the data worse"
    return ""


# -- tables ------------------------------------------------------------------------------------------------------------


def tables(suite: SuiteResults) -> list[Table]:
    """A table for each task of a suite that has a choice, for `inrbench.report.tables.formats`."""
    return [_table(task, chosen) for task in suite.tasks if (chosen := choices(task))]


def summary(suite: SuiteResults) -> str:
    """The tables of all choices as Markdown, for a terminal."""
    texts = [markdown(table) for table in tables(suite)]
    return "\n\n".join(texts) or f"No choice: no task has path norms at {LEAST} values of {SWEPT} or more."


def _table(task: TaskResults, chosen: Sequence[Choice]) -> Table:
    metric, name = task.headline, parameter(SWEPT)
    varied = len({choice.others for choice in chosen}) > len({choice.activation for choice in chosen})
    many = len(chosen) > 1

    def title(choice: Choice) -> str:
        own = f"{choice.signal}, {choice.activation}" + (f" ({choice.others})" if varied and choice.others else "")
        return f"{own}: " if many else ""

    rows = [(choice, item) for choice in chosen for item in choice.candidates]
    repeats = [len(item.runs) for _, item in rows]
    return tabulate(
        f"choose-{task.key}",
        f"Choosing {name} without the truth: {task.key}"
        + ("" if many else f", {chosen[0].signal}, {chosen[0].activation}"),
        _columns(task, name, title, rows),
        rows,
        notes=[title(choice) + _verdict(choice, name) for choice in chosen],
        caption="Chosen: the least path norm among the values that fit the data equally well. "
        f"Oracle: the best {metric.short}, which needs the truth. "
        f"Means over {span(repeats)} repeat{'s' * (max(repeats) > 1)}.",
        emphasis=f"Bold: the chosen value and the best {metric.short}.",
    )


Entry = tuple[Choice, Candidate]


def _columns(
    task: TaskResults, name: str, title: Callable[[Choice], str], rows: Sequence[Entry]
) -> list[Column[Entry]]:
    metric = task.headline

    def identity(entry: Entry) -> dict[str, object]:
        choice, item = entry
        return {
            "task": task.key,
            "signal": choice.signal,
            "activation": choice.activation,
            "others": choice.others,
            "parameter": SWEPT,
            "value": item.value,
            "method": item.method.key,
            "label": item.method.label,
            "runs": len(item.runs),
            "ok": len(item.ok),
            "reached": item.reached,
            "step": item.step,
        }

    def remark(entry: Entry) -> str:
        choice, item = entry
        remarks = ["chosen"] * (item is choice.chosen) + ["least quasi-norm"] * (item is choice.by_quasi_norm)
        remarks += ["oracle"] * (item is choice.oracle)
        return ", ".join([*remarks, *[item.excluded] * bool(item.excluded)]) or DASH

    def status(entry: Entry) -> dict[str, object]:
        choice, item = entry
        return {
            "comparable": not item.excluded,
            "status": item.excluded,
            "chosen": item is choice.chosen,
            "oracle": item is choice.oracle,
            "gap": choice.gap,
            "chosen_by_quasi_norm": item is choice.by_quasi_norm,
            "gap_by_quasi_norm": choice.gap_of(choice.by_quasi_norm),
        }

    quasi: Column[Entry] = Column(
        "path quasi-norm",
        lambda e: _number(e[1].quasi_norm, ".3e"),
        lambda e: {"path_quasi_norm": e[1].quasi_norm},
    )
    return [
        Column(
            name,
            lambda e: Cell(f"{title(e[0])}{e[1].value:g}", e[1] is e[0].chosen, e[1].method.label),
            identity,
        ),
        Column("data loss reached", lambda e: _number(e[1].loss, ".3e"), lambda e: {"loss": e[1].loss}),
        Column("step reached", lambda e: _number(e[1].step, ",.0f")),
        Column("path norm", lambda e: _number(e[1].path_norm, ",.4g"), lambda e: {"path_norm": e[1].path_norm}),
        *([quasi] if any(item.quasi_norm is not None for _, item in rows) else []),
        Column(
            metric.label,
            lambda e: _number(e[1].score, metric.spec, e[1] is e[0].oracle),
            lambda e: {"metric": metric.name, "direction": metric.direction, "score": e[1].score},
        ),
        Column("remark", remark, status),
    ]


def _number(value: float | None, spec: str, bold: bool = False) -> Cell:
    return Cell(DASH) if value is None else Cell(format(value, spec), bold)


def _verdict(choice: Choice, name: str) -> str:
    """The chosen value and its cost, in one sentence."""
    if choice.chosen is None:
        return f"No choice: fewer than two values of {name} fit the data equally well."
    text = f"The least path norm chooses {name} = {choice.chosen.value:g}"
    if choice.oracle is None or choice.gap is None:
        return f"{text}; its cost is unknown, because a score is missing."
    text += f", the oracle {name} = {choice.oracle.value:g}: a gap of {choice.metric.value(choice.gap)}."
    if choice.by_quasi_norm is None or (gap := choice.gap_of(choice.by_quasi_norm)) is None:
        return text
    return (
        f"{text} The least path quasi-norm chooses {choice.by_quasi_norm.value:g}: a gap of {choice.metric.value(gap)}."
    )
