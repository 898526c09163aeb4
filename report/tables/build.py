"""The table of a task: one row for each method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from inrbench.report.data.converged import counts
from inrbench.report.data.model import Method, Run, SuiteResults, TaskResults
from inrbench.report.data.stats import ALPHA, Cells, average, estimate, leaders
from inrbench.report.labels import MetricLabel, baseline, engine, seconds, shared_settings, span, with_interval
from inrbench.report.tables import budget, converged
from inrbench.report.tables.table import Cell, Column, Table, tabulate

DASH = "—"
INVALID = "†"
PARTIAL = "‡"
PARTIAL_NOTE = f"{PARTIAL} Mean over fewer signals than the others: it does not compare and is never bold."
OTHER_ENGINE = "§"
ERROR_LENGTH = 110
FEW = 3
"""Below this number of repeats of a signal a note says that they cannot order the methods."""
UNSEPARATED = "≈"


def build(suite: SuiteResults, task: TaskResults) -> Table:
    """The table of one task."""
    letters, sizes = _letters(suite), budget.Sizes(task)
    frozen = any(run.number("frozen") for method in task.methods for run in method.ok)
    # An optimiser with a line search computes the loss and its gradient more than once a step.
    several = any((run.number("passes") or 0) > (run.number("steps") or 0) for m in task.activations for run in m.ok)
    hardware = {timing.hardware for method in task.methods for timing in method.timings}
    columns: list[Column[Method]] = [
        Column("method", lambda method: _name(method), lambda method: _identity(suite, task, method)),
        Column("n", _count, _attempts, "runs; of those that failed, 4/5 counts the ones that ended well"),
        *(_scores(task, name, measure, sizes) for name, measure in measures(task).items()),
        Column(values=lambda method: _convergence(task, method)),
        Column("params", sizes.params, lambda method: _mean(method, "params", params_asked=sizes.asked), _PARAMS),
        Column("frozen" * frozen, _span("frozen") if frozen else None, lambda method: _mean(method, "frozen"), _FROZEN),
        Column(values=lambda method: _mean(method, "steps", "passes")),
        Column("train (s)", lambda method: _time(task, method, "train_s", letters),
               lambda method: _times(method, hardware), "seconds of training, without scores and pictures"),
        Column("step (ms)", lambda method: _time(task, method, "step_ms", letters)),
        *(Column(count, _of_networks(_span(count))) for count in ("steps", *["passes"] * several)),
        Column(values=_provenance),
    ]  # fmt: skip
    title = task.key if task.name == task.key else f"{task.key} ({task.name})"
    table = tabulate(task.key, title, columns, task.activations, task.baselines, caption=caption(task))
    return replace(table, notes=tuple(_notes(task, table, letters)))


_PARAMS = "trainable numbers; a complex one counts as two"
_FROZEN = "numbers that are drawn once and not trained"


# -- columns -----------------------------------------------------------------------------------------------------------

CHOSEN = "chosen"
ORACLE = "best (oracle)"


@dataclass(frozen=True)
class Measure:
    """What a column of scores has: its heading, its metric, and a function that returns the values of a method."""

    label: str
    metric: MetricLabel
    cells: Callable[[Method], Cells]

    @property
    def ranks(self) -> bool:
        """Whether it has a best method: a low loss on the data is a means, not an aim."""
        return self.metric.name != "loss"

    def leading(self, task: TaskResults) -> list[str]:
        """The best network, then those that are not separated from it."""
        if not self.ranks:
            return []
        return leaders({method.key: self.cells(method) for method in task.activations}, self.metric.direction)


def measures(task: TaskResults) -> dict[str, Measure]:
    """The metrics at the last step, the headline also at the oracle's step and at that of a stopping rule, if any."""
    headline = task.headline
    final = {name: Measure(metric.label, metric, _final(name)) for name, metric in task.metrics.items()}
    oracle = Measure(
        f"best {headline.short} (oracle)",
        headline,
        lambda method: method.cells(lambda run: run.best(headline.name, headline.direction)),
    )
    if not task.chooses:
        return final | {ORACLE: oracle}
    first = replace(final.pop(headline.name), label=f"final {headline.label}")
    chosen = Measure(
        f"chosen {headline.label}", headline, lambda method: method.cells(lambda run: run.chosen(headline.name))
    )
    return {headline.name: first, CHOSEN: chosen, ORACLE: oracle, **final}


def _final(metric: str) -> Callable[[Method], Cells]:
    return lambda method: method.final(metric)


def _scores(task: TaskResults, name: str, measure: Measure, sizes: budget.Sizes) -> Column[Method]:
    """The column of a metric with the marks of its cells."""
    leading = measure.leading(task)
    everywhere = {signal for method in task.methods for signal, _ in method.final(task.headline.name)}
    headline = task.headline.name
    column = {ORACLE: f"best_oracle_{headline}", CHOSEN: f"chosen_{headline}"}.get(name, name)

    def text(method: Method) -> Cell:
        values, network = measure.cells(method), bool(method.activation)
        item = estimate(values)
        if item is None or (not network and name in (CHOSEN, ORACLE)):  # a classical method has no eval steps
            return Cell(DASH)
        place = leading.index(method.key) if network and method.key in leading else None
        whole = everywhere <= item.signals
        marks = [PARTIAL] * (not whole) + [UNSEPARATED] * bool(place)
        marks += [budget.OFF_BUDGET] * (place is not None and sizes.off(method))
        falling = converged.mark(method) if name == headline else ""
        return Cell(
            " ".join([with_interval(item.mean, item.half, measure.metric.spec), *marks]) + falling, whole and place == 0
        )

    def values(method: Method) -> dict[str, object]:
        item = estimate(measure.cells(method))
        return {
            f"{column}_mean": item.mean if item else None,
            f"{column}_ci95": item.half if item else None,
            f"{column}_n": item.n if item else 0,
            f"{column}_signals": len(item.signals) if item else 0,
        }

    return Column(measure.label, text, values)


def _name(method: Method) -> str:
    return method.label if method.activation else baseline(method.label)


def _count(method: Method) -> str:
    return f"{len(method.ok)}/{len(method.runs)}" if method.failed else str(len(method.runs))


def _span(column: str) -> Callable[[Method], str]:
    return lambda method: span(run.number(column) for run in method.ok)


def _of_networks(text: Callable[[Method], str]) -> Callable[[Method], str]:
    return lambda method: text(method) if method.activation else DASH


def _time(task: TaskResults, method: Method, column: str, letters: dict[str, str]) -> str:
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
    return " · ".join(parts) or DASH


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
            notes.append(f"{_name(method)}: {method.statuses()} ({where}: {shorten(first.text('error'))})")
    if task.chooses:
        notes.append(f"Chosen: at the eval step that {rule_text(task)} chooses without the truth.")
    if PARTIAL in texts:
        notes.append(PARTIAL_NOTE)
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


def repeats_of(task: TaskResults) -> dict[str, int]:
    """The number of repeats of each signal, that of the network with most."""
    counts = [Counter(run.cell[0] for run in method.runs) for method in task.activations]
    return {signal: max(count[signal] for count in counts) for count in counts for signal in count}


def _few(task: TaskResults) -> str:
    """A sentence where a signal has too few repeats to order the methods; empty otherwise."""
    repeats = repeats_of(task)
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


def _identity(suite: SuiteResults, task: TaskResults, method: Method) -> dict[str, object]:
    settings = {column: _json(method, column) for column in ("activation_params", "model", "train")}
    return {
        "suite": suite.name,
        "task": task.key,
        "kind": method.runs[0].text("kind"),
        "method": method.key,
        "label": method.label,
        "activation": method.activation,
        **settings,
    }


def _attempts(method: Method) -> dict[str, object]:
    return {"ok": len(method.ok), "attempted": len(method.runs), "failures": method.statuses()}


def _convergence(task: TaskResults, method: Method) -> dict[str, object]:
    step = average(run.chosen_step for run in method.ok) if method.activation else None
    falling, asked = counts(method)
    return {**({"chosen_step_mean": step} if task.chooses else {}), "not_converged": falling, "converged_asked": asked}


def _mean(method: Method, *columns: str, **of: Callable[[Run], float | None]) -> dict[str, object]:
    """Means over the runs: first of functions of a run, then of columns."""
    means: dict[str, object] = {name: average(map(value, method.ok)) for name, value in of.items()}
    return means | {f"{column}_mean": average(run.number(column) for run in method.ok) for column in columns}


def _times(method: Method, hardware: Collection[str]) -> dict[str, object]:
    """The mean times under each of the method's conditions."""
    times: dict[str, object] = {}
    for timing in method.timings:
        runs = [run for run in method.ok if run.timing == timing]
        engines = {other.engine for other in method.timings if other.hardware == timing.hardware}
        parts = [timing.hardware] * (len(hardware) > 1) + [timing.engine or "unknown"] * (len(engines) > 1)
        suffix = "".join(f"@{part}" for part in parts)
        times[f"train_s_mean{suffix}"] = average(run.number("train_s") for run in runs)
        times[f"step_ms_mean{suffix}"] = average(run.number("step_ms") for run in runs)
    return times


def _provenance(method: Method) -> dict[str, object]:
    return {
        "hardware": "; ".join(sorted({run.hardware for run in method.ok})),
        "engine": "; ".join(sorted({run.engine for run in method.ok} - {""})),
        "timing_valid": all(run.timing_valid for run in method.ok) if method.ok else None,
        "first_error": shorten(method.failed[0].text("error"), 1000) if method.failed else "",
    }


def _json(method: Method, column: str) -> str:
    """The settings as stored: one JSON object, or several where signals have their own."""
    return " ".join(sorted({run.text(column) for run in method.runs} - {""}))
