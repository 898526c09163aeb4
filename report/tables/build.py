"""What a task's table says: one row a method, as plain cells that `report.tables.formats` writes in each format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from report.data.model import Method, Suite, Task
from report.data.stats import Cells, average, estimate, leaders
from report.labels import baseline, seconds, shared, span
from report.labels import metric as shown

DASH = "—"
INVALID = "†"
PARTIAL = "‡"
ERROR_LENGTH = 110
BOLD = "Mean and half-width of the 95 % interval; best, and what cannot be told from it, in bold."


@dataclass(frozen=True)
class Cell:
    """One cell; ``bold`` marks the best and those that cannot be told from it."""

    text: str
    bold: bool = False


@dataclass(frozen=True)
class Table:
    """A task's table.

    Attributes:
        task: the suite's key of the task; names its files.
        title: the heading.
        columns: the headings, the method first.
        rows: one for each activation, best first.
        classical: one for each baseline.
        notes: what marks mean and how runs failed, one sentence each.
        caption: signals, repeats, settings and device.
        records: the same as raw numbers, for CSV.
        emphasis: a sentence on what bold means.
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


def build(suite: Suite, task: Task) -> Table:
    """The table of one task."""
    columns = _columns(task)
    letters = _letters(suite)
    found = {name: [column.cells(method) for method in task.activations] for name, column in columns.items()}
    bold = {
        name: leaders({method.key: cells for method, cells in zip(task.activations, found[name], strict=True)},
                      column.direction)
        if name != "loss"  # a low loss on the data is a means, not a merit
        else set()
        for name, column in columns.items()
    }  # fmt: skip
    everywhere = {
        kind: {signal for method in methods for signal, _ in method.final(task.metric)}
        for kind, methods in (("activation", task.activations), ("baseline", task.methods))
    }

    def row(method: Method, kind: str) -> tuple[Cell, ...]:
        cells = [Cell(baseline(method.label) if kind == "baseline" else method.label), Cell(_count(method))]
        for name, column in columns.items():
            values = column.cells(method)
            cell = _estimate(values, column.spec)
            if kind == "baseline" and name in (CHOSEN, ORACLE):  # it has no checkpoints to choose from
                cell = Cell(DASH)
            elif cell.text != DASH:
                partial = not everywhere[kind] <= {signal for signal, _ in values}
                best = kind == "activation" and method.key in bold[name]
                cell = Cell(cell.text + (f" {PARTIAL}" if partial else ""), best)
            cells.append(cell)
        cells.append(Cell(span(run.number("params") for run in method.ok)))
        cells += [_time(method, column, letters) for column in ("train_s", "step_ms")]
        cells.append(Cell(span(run.number("steps") for run in method.ok) if kind == "activation" else DASH))
        return tuple(cells)

    table = Table(
        task=task.key,
        title=task.key if task.name == task.key else f"{task.key} ({task.name})",
        columns=("method", "n", *(column.label for column in columns.values()), "params", "train (s)", "step (ms)",
                 "steps"),
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
    """One column of values: its heading, how they are formatted, which way is better, and those of a method."""

    label: str
    spec: str
    direction: int
    cells: Callable[[Method], Cells]


def _columns(task: Task) -> dict[str, Column]:
    """The metrics at the last step and the headline at the oracle's; where a rule stops, its step stands between."""

    def final(name: str) -> Column:
        metric = shown(name)
        return Column(metric.label, metric.spec, task.directions[name], lambda method: method.final(name))

    headline = final(task.metric)
    short = shown(task.metric).short
    others = {name: final(name) for name in task.directions if name != task.metric}
    oracle = replace(
        headline,
        label=f"best {short} (oracle)",
        cells=lambda method: method.cells(lambda run: run.best(task.metric, task.direction)),
    )
    if not task.chooses:
        return {task.metric: headline, **others, ORACLE: oracle}
    chosen = replace(
        headline,
        label=f"chosen {headline.label}",
        cells=lambda method: method.cells(lambda run: run.chosen(task.metric)),
    )
    return {task.metric: replace(headline, label=f"final {headline.label}"), CHOSEN: chosen, ORACLE: oracle, **others}


def _count(method: Method) -> str:
    return f"{len(method.ok)}/{len(method.runs)}" if method.failed else str(len(method.runs))


def _estimate(cells: Cells, spec: str) -> Cell:
    found = estimate(cells)
    if found is None:
        return Cell(DASH)
    mean = format(found.mean, spec).replace("-", "−", int(found.mean < 0))
    half_spec = ".0e" if spec.endswith("e") else spec
    return Cell(mean if found.half is None else f"{mean} ± {format(found.half, half_spec)}")


def _time(method: Method, column: str, letters: dict[str, str]) -> Cell:
    """Mean time, one for each machine: times of two machines are never averaged."""
    parts = []
    for name in sorted({run.hardware for run in method.ok}):
        runs = [run for run in method.ok if run.hardware == name]
        mean = average(run.number(column) for run in runs)
        if mean is None:
            continue
        mark = "" if all(run.timing_valid for run in runs) else INVALID
        parts.append(f"{seconds(mean)}{mark}" + (f" [{letters[name]}]" if name in letters else ""))
    return Cell(" · ".join(parts) or DASH)


def _letters(suite: Suite) -> dict[str, str]:
    """A letter for each machine; none are needed with a single one."""
    machines = sorted({run.hardware for run in suite.runs if run.ok and run.number("train_s") is not None})
    return {name: _letter(index) for index, name in enumerate(machines)} if len(machines) > 1 else {}


def _letter(index: int) -> str:
    return chr(ord("a") + index) if index < 26 else str(index + 1)


# -- words -------------------------------------------------------------------------------------------------------------


def shorten(text: str, length: int = ERROR_LENGTH) -> str:
    """The first line that says something, cut to ``length``."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "no cause stored")
    return line if len(line) <= length else line[: length - 1] + "…"


def _notes(task: Task, table: Table, letters: dict[str, str]) -> list[str]:
    texts = " ".join(cell.text for row in table.rows + table.classical for cell in row[2:])
    notes = []
    for method in task.methods:
        if method.failed:
            first = method.failed[0]
            where = f"{first.cell[0]}, repeat {first.cell[1]}"
            notes.append(f"{_name(task, method)}: {method.statuses()} ({where}: {shorten(first.text('error'))})")
    if task.chooses:
        notes.append(f"Chosen: at the checkpoint that {rule_said(task)} picks without the truth.")
    if PARTIAL in texts:
        notes.append(f"{PARTIAL} Mean over fewer signals than the others; it does not compare and is never bold.")
    if INVALID in texts:
        notes.append(f"{INVALID} Timed beside other jobs or on borrowed threads: the time does not compare.")
    notes += [f"[{letter}] {name}" for name, letter in letters.items() if f"[{letter}]" in texts]
    return notes


RULES = {"plateau": "the plateau rule", "discrepancy": "the discrepancy principle", "heldout": "held-out measurements"}


def rule_said(task: Task) -> str:
    """The stopping rules in words."""
    said = [RULES.get(rule, f"the rule {rule}") for rule in task.rules] or ["the stored rule"]
    return said[0] if len(said) == 1 else f"each method’s rule ({', '.join(said)})"


def _name(task: Task, method: Method) -> str:
    return baseline(method.label) if method in task.baselines else method.label


def caption(task: Task) -> str:
    """Signals, repeats, settings and device in a few sentences."""
    runs = [run for method in task.activations for run in method.runs]
    signals, repeats = task.signals, len({run.cell[1] for run in (runs or task.runs)})
    parts = [f"Signal{'s' if len(signals) > 1 else ''} {', '.join(signals)}"]
    parts.append(f"{repeats} repeat{'s' if repeats > 1 else ''}")
    parts += shared([run.settings("task_params") for run in task.runs], "per signal")
    for column in ("model", "train"):
        parts += shared([run.settings(column) for run in runs]) if runs else []
    text = ", ".join(parts) + "."
    hardware = task.hardware() or sorted({run.hardware for run in task.runs})
    return f"{text} {'Devices' if len(hardware) > 1 else 'Device'}: {'; '.join(hardware)}."


# -- raw numbers -------------------------------------------------------------------------------------------------------


def _record(suite: Suite, task: Task, method: Method) -> dict[str, object]:
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
    for name, of in _columns(task).items():
        found = estimate(of.cells(method))
        column = {ORACLE: f"best_oracle_{task.metric}", CHOSEN: f"chosen_{task.metric}"}.get(name, name)
        record[f"{column}_mean"] = found.mean if found else None
        record[f"{column}_ci95"] = found.half if found else None
        record[f"{column}_n"] = found.n if found else 0
        record[f"{column}_signals"] = len(found.signals) if found else 0
    if task.chooses:
        record["chosen_step_mean"] = average(run.chosen_step for run in method.ok) if method.activation else None
    record["params_mean"] = average(run.number("params") for run in method.ok)
    record["steps_mean"] = average(run.number("steps") for run in method.ok)
    machines = task.hardware()
    for name in machines:
        runs = [run for run in method.ok if run.hardware == name]
        suffix = f"@{name}" if len(machines) > 1 else ""
        record[f"train_s_mean{suffix}"] = average(run.number("train_s") for run in runs)
        record[f"step_ms_mean{suffix}"] = average(run.number("step_ms") for run in runs)
    record["hardware"] = "; ".join(sorted({run.hardware for run in method.ok}))
    record["timing_valid"] = all(run.timing_valid for run in method.ok) if method.ok else None
    record["first_error"] = shorten(method.failed[0].text("error"), 1000) if method.failed else ""
    return record


def _json(method: Method, column: str) -> str:
    """The settings as they were stored, one JSON object for each signal that has its own."""
    return " ".join(sorted({run.text(column) for run in method.runs} - {""}))
