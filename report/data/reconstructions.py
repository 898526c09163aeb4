"""The stored truth of a signal and what each method made of it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from report.data.model import Method, Run, Suite, Task
from report.labels import baseline
from report.labels import metric as shown

Array = NDArray[Any]


@dataclass(frozen=True)
class Estimate:
    """A method's reconstruction, in float64, with its label and its final score in words."""

    key: str
    label: str
    score: str
    values: Array


@dataclass(frozen=True)
class Stored:
    """The truth, (*grid, C) in float64, and the estimates of its shape; the methods best first."""

    truth: Array
    estimates: tuple[Estimate, ...]


def stored(suite: Suite, task: Task, signal: str) -> Stored | None:
    """Of each method the first repeat that ended well; one whose artifact is missing or does not fit is left out."""
    truth: Array | None = None
    found: list[Estimate] = []
    for method in task.methods:
        run = _first(method, signal)
        if run is None:
            continue
        if truth is None:
            reference = suite.store.arrays(f"ref-{run.text('problem_id')}") or {}
            truth = reference.get("truth")
        values = (suite.store.arrays(run.job_id) or {}).get("reconstruction")
        if truth is None or values is None or values.shape != truth.shape:
            continue
        label = baseline(method.label) if method in task.baselines else method.label
        found.append(Estimate(method.key, label, _score(run, task), values.astype(np.float64)))
    return Stored(truth.astype(np.float64), tuple(found)) if truth is not None and found else None


def _first(method: Method, signal: str) -> Run | None:
    """Repeat 0, or the first that ended well."""
    return next((run for run in method.ok if run.cell[0] == signal), None)


def _score(run: Run, task: Task) -> str:
    metric, value = shown(task.metric), run.final(task.metric)
    if value is None:
        return " "
    number = f"{format(value, metric.spec)} {metric.unit}".strip()
    return number if metric.unit else f"{metric.short} {number}"  # a number without a unit says nothing by itself


def title(label: str, score: str, width: float) -> str:
    """Label and score; a label wider than its panel, in inches, takes up to three lines."""
    room = int(width / 0.068)
    label = label if len(label) <= room else label.replace("[", " [").replace(",", ", ")
    lines = textwrap.wrap(label, room) or [label]
    if len(lines) > 3:
        lines = [*lines[:2], lines[2][: room - 1] + "…"]
    return "\n".join([*lines, score])
