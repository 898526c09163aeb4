"""What a report is made of: the stored rows as typed objects, in a fixed order."""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bench.errors import BadInput
from bench.store import Store
from report.stats import Cells, estimate

DECLARED = ("task_version", "task_params", "activation_version", "activation_params", "model", "train")


@dataclass(frozen=True)
class Point:
    """One score: the value of a metric after ``step`` steps and ``seconds`` on the training clock."""

    step: int
    seconds: float | None
    value: float


@dataclass(frozen=True)
class Run:
    """One row of ``runs`` with its scores."""

    row: Mapping[str, Any]
    curves: Mapping[str, tuple[Point, ...]]
    """For each metric its points by step."""

    def text(self, column: str) -> str:
        """A column as text, empty where it is null."""
        value = self.row[column]
        return "" if value is None else str(value)

    def number(self, column: str) -> float | None:
        """A column as a finite number, None where it is null, NaN or infinite."""
        value = self.row[column]
        return None if value is None or not math.isfinite(value) else float(value)

    def settings(self, column: str) -> dict[str, Any]:
        """A column that holds a JSON object, empty where it is null."""
        value = json.loads(self.text(column) or "{}")
        return value if isinstance(value, dict) else {}

    @property
    def job_id(self) -> str:
        return self.text("job_id")

    @property
    def ok(self) -> bool:
        return self.text("status") == "ok"

    @property
    def cell(self) -> tuple[str, int]:
        return self.text("signal"), int(self.number("repeat") or 0)

    @property
    def hardware(self) -> str:
        """What times depend on: the device, and on a CPU its number of threads."""
        name = self.text("device_name") or self.text("device") or "unknown device"
        threads = self.number("threads")
        if self.text("device") == "cpu" and threads is not None:
            return f"{name}, {threads:.0f} thread{'' if threads == 1 else 's'}"
        return name

    @property
    def declared(self) -> tuple[str, ...]:
        """The settings that all repeats of a method on a signal share."""
        return tuple(self.text(column) for column in DECLARED)

    @property
    def timing_valid(self) -> bool:
        return self.row["timing_valid"] is not False

    def final(self, metric: str) -> float | None:
        """The value at the run's last scored step, which is the one that counts."""
        last = max((points[-1].step for points in self.curves.values()), default=None)
        points = self.curves.get(metric, ())
        return _finite(points[-1].value) if points and points[-1].step == last else None

    def best(self, metric: str, direction: int) -> float | None:
        """The best value over all checkpoints: what an oracle that sees the truth would have stopped at."""
        values = [point.value for point in self.curves.get(metric, ()) if math.isfinite(point.value)]
        return max(values, key=lambda value: direction * value) if values else None


@dataclass(frozen=True)
class Method:
    """All runs of one method on one task, ordered by signal and repeat."""

    key: str
    label: str
    activation: str
    """The plugin; empty for a baseline."""
    runs: tuple[Run, ...]

    @cached_property
    def ok(self) -> tuple[Run, ...]:
        return tuple(run for run in self.runs if run.ok)

    @cached_property
    def failed(self) -> tuple[Run, ...]:
        return tuple(run for run in self.runs if not run.ok)

    def cells(self, value: Callable[[Run], float | None]) -> Cells:
        """``value`` of every run that ended well, where it has one."""
        return {run.cell: found for run in self.ok if (found := value(run)) is not None}

    def final(self, metric: str) -> Cells:
        return self.cells(lambda run: run.final(metric))

    def statuses(self) -> str:
        """How its failures ended: ``2 diverged, 1 oom``."""
        counts = Counter(run.text("status") for run in self.failed)
        return ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))


@dataclass(frozen=True)
class Task:
    """One task of the suite; its methods best first."""

    key: str
    name: str
    metric: str
    directions: Mapping[str, int]
    """+1, -1 or 0 for each metric; the headline comes first."""
    activations: tuple[Method, ...]
    baselines: tuple[Method, ...]

    @property
    def methods(self) -> tuple[Method, ...]:
        return self.activations + self.baselines

    @property
    def runs(self) -> list[Run]:
        return [run for method in self.methods for run in method.runs]

    @property
    def signals(self) -> list[str]:
        return sorted({run.text("signal") for run in self.runs})

    @property
    def direction(self) -> int:
        return self.directions[self.metric]

    def hardware(self) -> list[str]:
        """The machines whose training times are stored."""
        return sorted({run.hardware for method in self.activations for run in method.ok})


@dataclass(frozen=True)
class Suite:
    """Everything that a report says comes from here and from the artifacts."""

    name: str
    store: Store
    tasks: tuple[Task, ...]
    superseded: int
    """Stored runs left out because the same method was run again later with other settings."""

    @cached_property
    def runs(self) -> list[Run]:
        return [run for task in self.tasks for run in task.runs]

    @cached_property
    def hardware(self) -> list[str]:
        return sorted({name for task in self.tasks for name in task.hardware()})


def load(store: Store, jobs: Collection[str] | None = None) -> Suite:
    """Read a suite's results.

    Args:
        store: the suite's folder.
        jobs: the ids of the jobs to report, all by default. A folder also keeps the results of what the suite once was.

    Raises:
        BadInput: if nothing has been run yet.
    """
    rows = [{str(key): _plain(value) for key, value in row.items()} for row in store.runs().to_dict("records")]
    rows = [row for row in rows if jobs is None or row["job_id"] in jobs]
    if not rows:
        raise BadInput(f"{store.root}: no results yet; run `inrbench run {store.suite}` first")
    curves: dict[str, dict[str, list[Point]]] = defaultdict(lambda: defaultdict(list))
    directions: dict[str, dict[str, int]] = defaultdict(dict)
    task_of = {row["job_id"]: row["task"] for row in rows}
    for score in store.scores().to_dict("records"):
        if score["job_id"] not in task_of:
            continue
        job, metric, seconds = score["job_id"], str(score["metric"]), _plain(score["train_s"])
        value = _plain(score["value"])
        curves[job][metric].append(Point(int(score["step"]), seconds, math.nan if value is None else float(value)))
        directions[task_of[job]][metric] = int(_plain(score["direction"]) or 0)
    by_task: dict[str, list[Run]] = defaultdict(list)
    for row in rows:
        points = {name: tuple(sorted(found, key=lambda p: p.step)) for name, found in curves[row["job_id"]].items()}
        by_task[str(row["task"])].append(Run(row, points))
    tasks, superseded = [], 0
    for key, runs in sorted(by_task.items()):
        kept = _newest(runs)
        superseded += len(runs) - len(kept)
        tasks.append(_task(key, kept, directions[key]))
    return Suite(store.suite, store, tuple(tasks), superseded)


def _newest(runs: Iterable[Run]) -> list[Run]:
    """Of each method and signal the runs with the settings that were run last: two settings have no mean."""
    groups: dict[tuple[str, ...], list[Run]] = defaultdict(list)
    for run in runs:
        groups[run.text("kind"), run.text("method"), run.text("signal")].append(run)
    kept: list[Run] = []
    for members in groups.values():
        last = max(members, key=lambda run: (run.text("started_at"), run.job_id))
        kept += [run for run in members if run.declared == last.declared]
    return kept


def _task(key: str, runs: list[Run], found: Mapping[str, int]) -> Task:
    metric = next((name for run in runs if (name := run.text("metric"))), "psnr")
    names = [
        metric,
        *sorted(set(found) - {metric, "loss"}),
        *(["loss"] if "loss" in found and metric != "loss" else []),
    ]
    directions = {name: found.get(name, 1) for name in names}
    kinds: dict[str, list[Method]] = {"activation": [], "baseline": []}
    labels = Counter(label for _, label in {(run.text("method"), run.text("label")) for run in runs})
    for kind, methods in kinds.items():
        grouped: dict[str, list[Run]] = defaultdict(list)
        for run in runs:
            if run.text("kind") == kind:
                grouped[run.text("method")].append(run)
        for name, members in sorted(grouped.items()):
            label = members[0].text("label") or name
            label = f"{label} ({name})" if labels[label] > 1 and label != name else label
            members.sort(key=lambda run: (run.cell, run.job_id))
            methods.append(Method(name, label, members[0].text("activation"), tuple(members)))
    activations, baselines = (_ranked(methods, metric, directions[metric]) for methods in kinds.values())
    return Task(key, runs[0].text("task_name") or key, metric, directions, activations, baselines)


def _ranked(methods: Iterable[Method], metric: str, direction: int) -> tuple[Method, ...]:
    """Best first; then those that lack a signal, whose means do not compare; then those without a value."""
    found = {method.key: estimate(method.final(metric)) for method in methods}
    needed = {signal for item in found.values() if item for signal in item.signals}

    def order(method: Method) -> tuple[bool, bool, float, str]:
        item = found[method.key]
        if item is None:
            return True, True, 0.0, method.key
        return False, item.signals != needed, -direction * item.mean, method.key

    return tuple(sorted(methods, key=order))


def _plain(value: Any) -> Any:
    """A stored value as Python's own type; null and NaN become None."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if hasattr(value, "item") else value


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
