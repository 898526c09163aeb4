"""Results model: a suite's tasks, their methods and the runs of each, as typed objects that tables and figures read."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from inrbench.report.labels import MetricLabel, counted
from inrbench.report.source import StoredResults

if TYPE_CHECKING:
    from inrbench.report.data.stats import Cells

DECLARED = ("task_version", "task_params", "activation_version", "activation_params", "model", "train")


class Timing(NamedTuple):
    """The conditions of a training time: only times of one hardware and one engine compare."""

    hardware: str
    engine: str


class CurvePoint(NamedTuple):
    """One score: the value of a metric after ``step`` steps and ``seconds`` on the training clock."""

    step: int
    seconds: float | None
    value: float


@lru_cache(maxsize=10_000)
def _parsed(text: str) -> Mapping[str, Any]:
    """A JSON object, cached: ten thousand runs have a few dozen different settings."""
    value = json.loads(text)
    return value if isinstance(value, dict) else {}


@dataclass(frozen=True)
class Run:
    """One row of ``runs`` with its scores."""

    row: Mapping[str, Any]
    curves: Mapping[str, tuple[CurvePoint, ...]]
    """The points of each metric, ordered by step."""

    def text(self, column: str) -> str:
        """A column as text, empty where it is null."""
        value = self.row[column]
        return "" if value is None else str(value)

    def number(self, column: str) -> float | None:
        """A column as a finite number, None where it is null, NaN or infinite."""
        value = self.row[column]
        return None if value is None or not math.isfinite(value) else float(value)

    def settings(self, column: str) -> Mapping[str, Any]:
        """A column that holds a JSON object, empty where it is null."""
        return _parsed(self.text(column) or "{}")

    @property
    def job_id(self) -> str:
        """The identity of the job, which names its files."""
        return self.text("job_id")

    @property
    def ok(self) -> bool:
        """Whether the job ended well; the scores of any other run enter no mean."""
        return self.text("status") == "ok"

    @property
    def cell(self) -> tuple[str, int]:
        """Signal and repeat."""
        return self.text("signal"), int(self.number("repeat") or 0)

    @property
    def hardware(self) -> str:
        """The device, and on a CPU its number of threads: times on different hardware are never averaged."""
        name = self.text("device_name") or self.text("device") or "unknown device"
        threads = self.number("threads")
        if self.text("device") == "cpu" and threads is not None:
            return f"{name}, {counted(round(threads), 'thread')}"
        return name

    @property
    def engine(self) -> str:
        """The training engine: ``mlp``, ``autograd`` or another; empty where it is unknown.

        Rows of earlier versions only have the flag ``compiled``; ``compiled`` then stands for any compiled code. Times
        of different engines are never averaged.
        """
        if name := self.text("engine"):
            return name
        return {True: "compiled", False: "autograd"}.get(self.row["compiled"], "")

    @property
    def timing(self) -> Timing:
        """The conditions under which the run was timed."""
        return Timing(self.hardware, self.engine)

    @property
    def declared(self) -> tuple[str, ...]:
        """The settings that all repeats of a method on a signal share."""
        return tuple(self.text(column) for column in DECLARED)

    @property
    def timing_valid(self) -> bool:
        """Whether nothing else used the device during the run; unknown counts as valid."""
        return self.row["timing_valid"] is not False

    @cached_property
    def last_step(self) -> int | None:
        """The last step that was scored."""
        return max((points[-1].step for points in self.curves.values()), default=None)

    @property
    def chosen_step(self) -> float | None:
        """The step of the eval step that the stopping rule picks; the last step without a rule."""
        chosen = self.number("chosen_step")
        return self.last_step if chosen is None else chosen

    @property
    def rule(self) -> str:
        """The stopping rule, empty for none: then the last step counts."""
        rule = self.settings("train").get("stop")
        return "" if rule in (None, False, "final") else str(rule)

    def final(self, metric: str) -> float | None:
        """The value at the run's last scored step, which is the one that counts."""
        return self._at(metric, self.last_step)

    def chosen(self, metric: str) -> float | None:
        """The value at the step that the stopping rule picks."""
        return self._at(metric, self.chosen_step)

    def last(self, metric: str) -> float | None:
        """The last value that is finite: a diagnostic need not be taken at the very end."""
        values = [point.value for point in self.curves.get(metric, ()) if math.isfinite(point.value)]
        return values[-1] if values else None

    def _at(self, metric: str, step: float | None) -> float | None:
        found = (point.value for point in self.curves.get(metric, ()) if point.step == step)
        return next((value for value in found if math.isfinite(value)), None)

    def best(self, metric: str, direction: int) -> float | None:
        """The oracle's value: the best over all eval steps, which cannot be chosen without the truth."""
        values = [point.value for point in self.curves.get(metric, ()) if math.isfinite(point.value)]
        return max(values, key=lambda value: direction * value) if values else None


@dataclass(frozen=True)
class Method:
    """All runs of one method on one task, ordered by signal and repeat."""

    key: str
    label: str
    activation: str
    """The name of the plugin; empty for a baseline."""
    runs: tuple[Run, ...]

    @cached_property
    def ok(self) -> tuple[Run, ...]:
        """The runs that ended well."""
        return tuple(run for run in self.runs if run.ok)

    @cached_property
    def failed(self) -> tuple[Run, ...]:
        """The runs that did not end well."""
        return tuple(run for run in self.runs if not run.ok)

    def cells(self, value: Callable[[Run], float | None]) -> Cells:
        """``value`` of every run that ended well, by signal and repeat; runs for which it is None are left out."""
        return {run.cell: found for run in self.ok if (found := value(run)) is not None}

    @cached_property
    def _finals(self) -> dict[str, Cells]:
        return {}

    def final(self, metric: str) -> Cells:
        """The values at the last step, cached because every table and figure needs them."""
        if metric not in self._finals:
            self._finals[metric] = self.cells(lambda run: run.final(metric))
        return self._finals[metric]

    @cached_property
    def timings(self) -> list[Timing]:
        """The conditions under which its runs were timed, sorted."""
        return sorted({run.timing for run in self.ok if run.number("train_s") is not None})

    def statuses(self) -> str:
        """The statuses of the failed runs: ``2 diverged, 1 oom``."""
        counts = Counter(run.text("status") for run in self.failed)
        return ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))


@dataclass(frozen=True)
class TaskResults:
    """One task of the suite; its methods best first."""

    key: str
    name: str
    title: str
    """Its name in sentences, such as ``Super-resolution``; no other task of the suite has the same."""
    metrics: Mapping[str, MetricLabel]
    """The metrics of the table by name; the headline metric comes first."""
    diagnostics: tuple[str, ...]
    """Metrics without a direction, or one of a family (``feature_std/2``): figures show them, tables do not."""
    activations: tuple[Method, ...]
    baselines: tuple[Method, ...]

    @property
    def headline(self) -> MetricLabel:
        """The metric that ranks the methods."""
        return next(iter(self.metrics.values()))

    @property
    def methods(self) -> tuple[Method, ...]:
        """Activations, then baselines."""
        return self.activations + self.baselines

    @property
    def runs(self) -> list[Run]:
        """All runs, those of the best method first."""
        return [run for method in self.methods for run in method.runs]

    @property
    def signals(self) -> list[str]:
        """The names of the signals, sorted."""
        return sorted({run.text("signal") for run in self.runs})

    @cached_property
    def rules(self) -> list[str]:
        """The stopping rules that were declared."""
        return sorted({run.rule for method in self.activations for run in method.runs} - {""})

    @cached_property
    def chooses(self) -> bool:
        """Whether a rule says which step counts, or some run stored another than its last."""
        runs = [run for method in self.activations for run in method.ok]
        return bool(self.rules) or any(run.chosen_step != run.last_step for run in runs)

    def indexed(self, name: str) -> dict[float, str]:
        """Metrics of one family by their number, in order: ``{1.0: "feature_std/1", 2.0: "feature_std/2"}``."""
        found = {}
        for metric in self.diagnostics:
            family, _, number = metric.partition("/")
            if family == name and re.fullmatch(r"\d+(\.\d+)?", number):
                found[float(number)] = metric
        return dict(sorted(found.items()))

    def hardware(self) -> list[str]:
        """The hardware on which activations were trained, sorted."""
        return sorted({run.hardware for method in self.activations for run in method.ok})

    @cached_property
    def engines(self) -> dict[str, str]:
        """The reference engine of each hardware: that of most methods. Times of another engine get a mark."""
        counts = Counter(timing for method in self.activations for timing in method.timings)
        rare_first = sorted(
            counts, key=lambda timing: (counts[timing], timing.engine.startswith(("mlp", "chain")), timing.engine)
        )
        return {timing.hardware: timing.engine for timing in rare_first}

    def other_engine(self, timing: Timing) -> bool:
        """Whether times under these conditions do not compare with those of the reference engine."""
        return timing.engine != self.engines.get(timing.hardware, timing.engine)

    def other_engines(self) -> list[tuple[Method, Timing]]:
        """The methods whose times do not compare with those of the reference engine, and the conditions."""
        return [(m, timing) for m in self.activations for timing in m.timings if self.other_engine(timing)]


@dataclass(frozen=True)
class SuiteResults:
    """All results that a report shows. ``superseded`` counts older runs of other settings, which are left out."""

    name: str
    store: StoredResults
    tasks: tuple[TaskResults, ...]
    superseded: int

    @cached_property
    def trials(self) -> list[dict[str, Any]]:
        """The trials of the suite's search, see `inrbench.report.source.StoredResults.trials`."""
        return self.store.trials()

    @cached_property
    def runs(self) -> list[Run]:
        """The runs of all tasks."""
        return [run for task in self.tasks for run in task.runs]

    def engines(self) -> dict[str, list[str]]:
        """The labels of the methods that each engine trained."""
        found: dict[str, list[str]] = {}
        for task in self.tasks:
            for method in task.activations:
                for timing in method.timings:
                    labels = found.setdefault(timing.engine, [])
                    if method.label not in labels:
                        labels.append(method.label)
        return dict(sorted(found.items()))
