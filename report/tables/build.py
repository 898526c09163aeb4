"""The table of a task: one row for each method, as plain cells that `report.tables.formats` writes in each format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from inrbench.report.data.converged import counts
from inrbench.report.data.model import Method, SuiteResults, TaskResults
from inrbench.report.data.stats import ALPHA, Cells, average, estimate, leaders
from inrbench.report.labels import MetricLabel, baseline, engine, seconds, shared_settings, span, with_interval
from inrbench.report.tables import budget, converged

DASH = "—"
INVALID = "†"
PARTIAL = "‡"
OTHER_ENGINE = "§"
ERROR_LENGTH = 110
FEW = 3
"""Below this number of repeats of a signal a note says that they cannot order the methods."""
UNSEPARATED = "≈"
BOLD = "Mean ± half-width of the 95 % interval; bold: the best mean."


@dataclass(frozen=True)
class Cell:
    """One cell; ``bold`` marks the best value of a column.

    ``method`` is the label of the method of a row whose first cell has another text.
    """

    text: str
    bold: bool = False
    method: str = ""


@dataclass(frozen=True)
class Table:
    """A task's table.

    Attributes:
        task: the suite's key of the task; names its files.
        title: the heading.
        columns: the headings, the method first.
        rows: one for each activation, best first.
        classical: one for each baseline.
        notes: the meaning of marks and the causes of failures, one sentence each.
        caption: signals, repeats, settings and device.
        records: the same as raw numbers, for CSV.
        emphasis: a sentence on the meaning of bold.
    """

    task: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    classical: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...]
    caption: str
    records: tuple[dict[str, object], ...]
    emphasis: str = BOLD

    @cached_property
    def words(self) -> frozenset[int]:
        """Indices of the columns of words, which are aligned left; numbers are aligned right."""

        def holds_words(index: int) -> bool:
            letters = "".join(row[index].text[:1] for row in (*self.rows, *self.classical))
            return index == 0 or (any(map(str.isalpha, letters)) and not any(map(str.isdigit, letters)))

        return frozenset(filter(holds_words, range(len(self.columns))))


def build(suite: SuiteResults, task: TaskResults) -> Table:
    """The table of one task."""
    columns = _columns(task)
    letters = _letters(suite)
    frozen = any(run.number("frozen") for method in task.methods for run in method.ok)
    bold = {
        name: leaders({method.key: column.cells(method) for method in task.activations}, column.metric.direction)
        for name, column in columns.items()
        if name != "loss"  # a low loss on the data is a means, not an aim
    }
    sizes = budget.Sizes(task)
    everywhere = {
        kind: {signal for method in methods for signal, _ in method.final(task.headline.name)}
        for kind, methods in (("activation", task.activations), ("baseline", task.methods))
    }

    # An optimiser with a line search computes the loss and its gradient more than once a step.
    several = any((run.number("passes") or 0) > (run.number("steps") or 0) for m in task.activations for run in m.ok)

    def row(method: Method, kind: str) -> tuple[Cell, ...]:
        cells = [Cell(baseline(method.label) if kind == "baseline" else method.label), Cell(_count(method))]
        for name, column in columns.items():
            values = column.cells(method)
            cell = _estimate(values, column.metric.spec)
            if kind == "baseline" and name in (CHOSEN, ORACLE):  # it has no eval steps to choose from
                cell = Cell(DASH)
            elif cell.text != DASH:
                partial = not everywhere[kind] <= {signal for signal, _ in values}
                place = bold.get(name, []).index(method.key) if method.key in bold.get(name, []) else None
                marks = [PARTIAL] * partial + [UNSEPARATED] * bool(place)
                marks += [budget.OFF_BUDGET] * (place is not None and sizes.off(method))
                falling = converged.mark(method) if name == task.headline.name else ""
                cell = Cell(" ".join([cell.text, *marks]) + falling, place == 0)
            cells.append(cell)
        cells.append(Cell(sizes.params(method)))
        if frozen:
            cells.append(Cell(span(run.number("frozen") for run in method.ok)))
        cells += [_time(task, method, column, letters) for column in ("train_s", "step_ms")]
        for count in ("steps", *["passes"] * several):
            cells.append(Cell(span(run.number(count) for run in method.ok) if kind == "activation" else DASH))
        return tuple(cells)

    table = Table(
        task=task.key,
        title=task.key if task.name == task.key else f"{task.key} ({task.name})",
        columns=("method", "n", *(column.label for column in columns.values()), "params", *["frozen"] * frozen,
                 "train (s)", "step (ms)", "steps", *["passes"] * several),
        rows=tuple(row(method, "activation") for method in task.activations),
        classical=tuple(row(method, "baseline") for method in task.baselines),
        notes=(),
        caption=caption(task),
        records=tuple(_record(suite, task, method) for method in task.methods),
    )  # fmt: skip
    return replace(table, notes=tuple(_notes(task, table, letters)))


# -- cells -------------------------------------------------------------------------------------------------------------

CHOSEN = "chosen"
ORACLE = "best (oracle)"


@dataclass(frozen=True)
class Column:
    """One column of values: its heading, its metric, and a function that returns the values of a method."""

    label: str
    metric: MetricLabel
    cells: Callable[[Method], Cells]


def _columns(task: TaskResults) -> dict[str, Column]:
    """The metrics at the last step, the headline also at the oracle's step and at that of a stopping rule, if any."""
    headline = task.headline
    final = {name: Column(metric.label, metric, _final(name)) for name, metric in task.metrics.items()}
    oracle = Column(
        f"best {headline.short} (oracle)",
        headline,
        lambda method: method.cells(lambda run: run.best(headline.name, headline.direction)),
    )
    if not task.chooses:
        return final | {ORACLE: oracle}
    first = replace(final.pop(headline.name), label=f"final {headline.label}")
    chosen = Column(
        f"chosen {headline.label}", headline, lambda method: method.cells(lambda run: run.chosen(headline.name))
    )
    return {headline.name: first, CHOSEN: chosen, ORACLE: oracle, **final}


def _final(metric: str) -> Callable[[Method], Cells]:
    return lambda method: method.final(metric)


def _count(method: Method) -> str:
    return f"{len(method.ok)}/{len(method.runs)}" if method.failed else str(len(method.runs))


def _estimate(cells: Cells, spec: str) -> Cell:
    found = estimate(cells)
    return Cell(DASH if found is None else with_interval(found.mean, found.half, spec))


def _time(task: TaskResults, method: Method, column: str, letters: dict[str, str]) -> Cell:
    """The mean time under each of the method's conditions: times that do not compare are never averaged."""
    parts = []
    for timing in method.timings:
        runs = [run for run in method.ok if run.timing == timing]
        mean = average(run.number(column) for run in runs)
        if mean is None:
            continue
        mark = "" if all(run.timing_valid for run in runs) else INVALID
        mark += OTHER_ENGINE * (bool(method.activation) and task.other_engine(timing))
        letter = letters.get(timing.hardware)
        parts.append(f"{seconds(mean)}{mark}" + (f" [{letter}]" if letter else ""))
    return Cell(" · ".join(parts) or DASH)


def _letters(suite: SuiteResults) -> dict[str, str]:
    """A letter for each hardware; none with a single one."""
    machines = sorted({run.hardware for run in suite.runs if run.ok and run.number("train_s") is not None})
    return {name: _letter(index) for index, name in enumerate(machines)} if len(machines) > 1 else {}


def _letter(index: int) -> str:
    return chr(ord("a") + index) if index < 26 else str(index + 1)


# -- notes -------------------------------------------------------------------------------------------------------------


def shorten(text: str, length: int = ERROR_LENGTH) -> str:
    """The first line that is not blank, cut to ``length`` characters."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "no cause stored")
    return line if len(line) <= length else line[: length - 1] + "…"


def _notes(task: TaskResults, table: Table, letters: dict[str, str]) -> list[str]:
    texts = " ".join(cell.text for row in table.rows + table.classical for cell in row[2:])
    notes = []
    for method in task.methods:
        if method.failed:
            first = method.failed[0]
            where = f"{first.cell[0]}, repeat {first.cell[1]}"
            notes.append(f"{_name(task, method)}: {method.statuses()} ({where}: {shorten(first.text('error'))})")
    if task.chooses:
        notes.append(f"Chosen: at the eval step that {rule_text(task)} chooses without the truth.")
    if PARTIAL in texts:
        notes.append(f"{PARTIAL} Mean over fewer signals than the others: it does not compare and is never bold.")
    if UNSEPARATED in texts:
        notes.append(
            f"{UNSEPARATED} Not separated from the best: {ALPHA:.0%} level, Welch’s t-test with Holm’s correction."
        )
    notes += filter(None, [_few(task)])
    notes += filter(None, [budget.Sizes(task).note(), converged.note(texts)])
    if INVALID in texts:
        notes.append(f"{INVALID} Timed while other work used the device: the time does not compare.")
    if OTHER_ENGINE in texts:
        notes.append(f"{OTHER_ENGINE} marks {engine_note(task)}")
    notes += [f"[{letter}] {name}" for name, letter in letters.items() if f"[{letter}]" in texts]
    return notes


def _few(task: TaskResults) -> str:
    """A sentence where a signal has too few repeats to order the methods; empty otherwise."""
    counts = [Counter(run.cell[0] for run in method.runs) for method in task.activations]
    repeats = {signal: max(count[signal] for count in counts) for count in counts for signal in count}
    few = min(repeats.values(), default=FEW)
    if few >= FEW:
        return ""
    where = f" of {', '.join(sorted(s for s, n in repeats.items() if n == few))}" * (max(repeats.values()) > few)
    if few == 1:
        return f"One repeat{where}: the spread is unknown, and the order may be chance."
    return f"Two repeats{where}: a spread of two values is hardly known, and the order may be chance."


def engine_note(task: TaskResults) -> str:
    """A clause on the methods whose times do not compare, because another engine trained them."""
    methods = sorted({f"{method.label}: {engine(timing.engine)}" for method, timing in task.other_engines()})
    reference = " or ".join(sorted({engine(name) for name in task.engines.values()}))
    return f"times of another engine, which do not compare ({'; '.join(methods)}; other methods: {reference})."


RULES = {"plateau": "the plateau rule", "discrepancy": "the discrepancy principle", "heldout": "held-out measurements"}


def rule_text(task: TaskResults) -> str:
    """The stopping rules of a task in running text."""
    rules = [RULES.get(rule, f"the rule {rule}") for rule in task.rules] or ["the stored rule"]
    return rules[0] if len(rules) == 1 else f"each method’s rule ({', '.join(rules)})"


def _name(task: TaskResults, method: Method) -> str:
    return baseline(method.label) if method in task.baselines else method.label


def caption(task: TaskResults) -> str:
    """Signals, repeats, settings and device of a task."""
    runs = [run for method in task.activations for run in method.runs]
    signals, repeats = task.signals, len({run.cell[1] for run in (runs or task.runs)})
    done = {run.text("signal"): run.text("data_prepared") for run in task.runs}
    shown = [f"{name} ({done[name]})" if "@" in name and done.get(name) else name for name in signals]  # users' files
    parts = [f"Signal{'s' if len(signals) > 1 else ''} {', '.join(shown)}"]
    parts.append(f"{repeats} repeat{'s' if repeats > 1 else ''}")
    parts += shared_settings([run.settings("task_params") for run in task.runs], "per signal")
    for column in ("model", "train"):
        parts += shared_settings([run.settings(column) for run in runs]) if runs else []
    text = ", ".join(parts) + "."
    hardware = task.hardware() or sorted({run.hardware for run in task.runs})
    return f"{text} {'Devices' if len(hardware) > 1 else 'Device'}: {'; '.join(hardware)}."


# -- raw numbers -------------------------------------------------------------------------------------------------------


def _record(suite: SuiteResults, task: TaskResults, method: Method) -> dict[str, object]:
    first = method.runs[0]
    record: dict[str, object] = {
        "suite": suite.name,
        "task": task.key,
        "kind": first.text("kind"),
        "method": method.key,
        "label": method.label,
        "activation": method.activation,
        "activation_params": _json(method, "activation_params"),
        "model": _json(method, "model"),
        "train": _json(method, "train"),
        "ok": len(method.ok),
        "attempted": len(method.runs),
        "failures": method.statuses(),
    }
    headline = task.headline.name
    for name, values in _columns(task).items():
        found = estimate(values.cells(method))
        column = {ORACLE: f"best_oracle_{headline}", CHOSEN: f"chosen_{headline}"}.get(name, name)
        record[f"{column}_mean"] = found.mean if found else None
        record[f"{column}_ci95"] = found.half if found else None
        record[f"{column}_n"] = found.n if found else 0
        record[f"{column}_signals"] = len(found.signals) if found else 0
    if task.chooses:
        record["chosen_step_mean"] = average(run.chosen_step for run in method.ok) if method.activation else None
    record["not_converged"], record["converged_asked"] = counts(method)
    record["params_asked"] = average(map(budget.Sizes(task).asked, method.ok))
    for column in ("params", "frozen"):
        record[f"{column}_mean"] = average(run.number(column) for run in method.ok)
    record["steps_mean"] = average(run.number("steps") for run in method.ok)
    record["passes_mean"] = average(run.number("passes") for run in method.ok)
    hardware = {timing.hardware for other in task.methods for timing in other.timings}
    for timing in method.timings:
        runs = [run for run in method.ok if run.timing == timing]
        engines = {other.engine for other in method.timings if other.hardware == timing.hardware}
        parts = [timing.hardware] * (len(hardware) > 1) + [timing.engine or "unknown"] * (len(engines) > 1)
        suffix = "".join(f"@{part}" for part in parts)
        record[f"train_s_mean{suffix}"] = average(run.number("train_s") for run in runs)
        record[f"step_ms_mean{suffix}"] = average(run.number("step_ms") for run in runs)
    record["hardware"] = "; ".join(sorted({run.hardware for run in method.ok}))
    record["engine"] = "; ".join(sorted({run.engine for run in method.ok} - {""}))
    record["timing_valid"] = all(run.timing_valid for run in method.ok) if method.ok else None
    record["first_error"] = shorten(method.failed[0].text("error"), 1000) if method.failed else ""
    return record


def _json(method: Method, column: str) -> str:
    """The settings as stored: one JSON object, or several where signals have their own."""
    return " ".join(sorted({run.text(column) for run in method.runs} - {""}))
