"""What a task's table says: one row a method, as plain cells that `report.render` writes in each format."""

from __future__ import annotations

from dataclasses import dataclass, replace

from report.load import Method, Suite, Task
from report.stats import Cells, average, estimate, leaders
from report.style import metric as shown
from report.style import seconds, shared, span

DASH = "—"
INVALID = "†"
PARTIAL = "‡"
ERROR_LENGTH = 110


@dataclass(frozen=True)
class Cell:
    """One cell; ``bold`` marks the best and those that cannot be told from it."""

    text: str
    bold: bool = False


@dataclass(frozen=True)
class Table:
    """A task's table.

    Attributes:
        task: the suite's key of the task.
        title: the heading.
        columns: the headings, the method first.
        rows: one for each activation, best first.
        classical: one for each baseline.
        notes: what marks mean and how runs failed, one sentence each.
        caption: signals, repeats, settings and device.
        records: the same as raw numbers, for CSV.
    """

    task: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    classical: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...]
    caption: str
    records: tuple[dict[str, object], ...]


def build(suite: Suite, task: Task) -> Table:
    """The table of one task."""
    headline = shown(task.metric)
    columns = ["method", "n", *(shown(name).label for name in task.directions), f"best {headline.short} (oracle)"]
    columns += ["params", "train (s)", "step (ms)", "steps"]
    letters = _letters(suite)
    values = _values(task)
    bold = {
        column: leaders({method.key: cells for method, cells in zip(task.activations, found, strict=True)}, direction)
        if column != "loss"  # a low loss on the data is a means, not a merit
        else set()
        for column, (direction, found) in values.items()
    }
    everywhere = {
        kind: {signal for method in methods for signal, _ in method.final(task.metric)}
        for kind, methods in (("activation", task.activations), ("baseline", task.methods))
    }

    def row(method: Method, kind: str) -> tuple[Cell, ...]:
        cells = [Cell(method.label), Cell(_count(method))]
        for name in (*task.directions, ORACLE):
            cell = _estimate(_cells(task, method, name), shown(task.metric if name == ORACLE else name).spec)
            if kind == "baseline" and name == ORACLE:  # it has no checkpoints to choose from
                cell = Cell(DASH)
            elif cell.text != DASH:
                partial = not everywhere[kind] <= {signal for signal, _ in _cells(task, method, name)}
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
        columns=tuple(columns),
        rows=tuple(row(method, "activation") for method in task.activations),
        classical=tuple(row(method, "baseline") for method in task.baselines),
        notes=(),
        caption=caption(task),
        records=tuple(_record(suite, task, method) for method in task.methods),
    )
    return replace(table, notes=tuple(_notes(task, table, letters)))


# -- cells -------------------------------------------------------------------------------------------------------------

ORACLE = "best (oracle)"


def _cells(task: Task, method: Method, name: str) -> Cells:
    if name == ORACLE:
        return method.cells(lambda run: run.best(task.metric, task.direction))
    return method.final(name)


def _values(task: Task) -> dict[str, tuple[int, list[Cells]]]:
    """For each column of values its direction and the cells of each activation."""
    directions = {**task.directions, ORACLE: task.direction}
    return {
        name: (direction, [_cells(task, method, name) for method in task.activations])
        for name, direction in directions.items()
    }


def _count(method: Method) -> str:
    return f"{len(method.ok)}/{len(method.runs)}" if method.failed else str(len(method.runs))


def _estimate(cells: Cells, spec: str) -> Cell:
    found = estimate(cells)
    if found is None:
        return Cell(DASH)
    mean = format(found.mean, spec)
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
            notes.append(f"{method.label}: {method.statuses()} ({where}: {shorten(first.text('error'))})")
    if PARTIAL in texts:
        notes.append(f"{PARTIAL} Mean over fewer signals than the others; it does not compare and is never bold.")
    if INVALID in texts:
        notes.append(f"{INVALID} Timed beside other jobs or on borrowed threads: the time does not compare.")
    notes += [f"[{letter}] {name}" for name, letter in letters.items() if f"[{letter}]" in texts]
    return notes


def caption(task: Task) -> str:
    """Signals, repeats, settings and device in a few sentences."""
    runs = [run for method in task.activations for run in method.runs]
    signals, repeats = task.signals, len({run.cell[1] for run in (runs or task.runs)})
    parts = [f"Signal{'s' if len(signals) > 1 else ''} {', '.join(signals)}"]
    parts.append(f"{repeats} repeat{'s' if repeats > 1 else ''}")
    parts += shared([run.settings("task_params") for run in task.runs], "by signal")
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
        "ok": len(method.ok),
        "attempted": len(method.runs),
        "failures": method.statuses(),
    }
    for name in (*task.directions, ORACLE):
        found = estimate(_cells(task, method, name))
        column = f"best_oracle_{task.metric}" if name == ORACLE else name
        record[f"{column}_mean"] = found.mean if found else None
        record[f"{column}_ci95"] = found.half if found else None
        record[f"{column}_n"] = found.n if found else 0
        record[f"{column}_signals"] = len(found.signals) if found else 0
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
