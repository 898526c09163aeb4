"""What a report is made of: a suite's tasks, their methods, the runs of each."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from report.data.stats import Cells
from report.source import Results

DECLARED = ("task_version", "task_params", "activation_version", "activation_params", "model", "train")


class Point(NamedTuple):
    """One score: the value of a metric after ``step`` steps and ``seconds`` on the training clock."""

    step: int
    seconds: float | None
    value: float


@lru_cache(maxsize=10_000)
def _parsed(text: str) -> Mapping[str, Any]:
    """Ten thousand runs have a few dozen different settings."""
    value = json.loads(text)
    return value if isinstance(value, dict) else {}


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

    def settings(self, column: str) -> Mapping[str, Any]:
        """A column that holds a JSON object, empty where it is null."""
        return _parsed(self.text(column) or "{}")

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

    @cached_property
    def last_step(self) -> int | None:
        """The last step that was scored."""
        return max((points[-1].step for points in self.curves.values()), default=None)

    @property
    def chosen_step(self) -> float | None:
        """The checkpoint that the stopping rule picks; the last one without a rule."""
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

    @cached_property
    def _finals(self) -> dict[str, Cells]:
        return {}

    def final(self, metric: str) -> Cells:
        """The values at the last step, which every table and figure asks for."""
        if metric not in self._finals:
            self._finals[metric] = self.cells(lambda run: run.final(metric))
        return self._finals[metric]

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
    """+1 or -1 for each metric of the table; the headline comes first."""
    diagnostics: tuple[str, ...]
    """Metrics that are neither good nor bad, or one of many (``feature_std/2``): figures show them, tables do not."""
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
        """The machines whose training times are stored."""
        return sorted({run.hardware for method in self.activations for run in method.ok})


@dataclass(frozen=True)
class Suite:
    """Everything that a report says comes from here and from the artifacts."""

    name: str
    store: Results
    tasks: tuple[Task, ...]
    superseded: int
    """Stored runs left out because the same method was run again later with other settings."""

    @cached_property
    def runs(self) -> list[Run]:
        return [run for task in self.tasks for run in task.runs]

    @cached_property
    def hardware(self) -> list[str]:
        return sorted({name for task in self.tasks for name in task.hardware()})
