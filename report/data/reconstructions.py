"""Reconstructions of one signal: the stored truth and the estimate of each method."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.report.data.model import Method, Run, SuiteResults, TaskResults
from inrbench.report.labels import baseline

Array = NDArray[Any]


@dataclass(frozen=True)
class Reconstruction:
    """The reconstruction by one method.

    Attributes:
        key: the method's key.
        label: its name.
        score: the final value of the headline metric as text.
        values: the estimate, (*grid, C) in float64.
    """

    key: str
    label: str
    score: str
    values: Array


@dataclass(frozen=True)
class Reconstructions:
    """The truth, (*grid, C) in float64, and the estimates, of the same shape; the best method comes first.

    Attributes:
        rate: sampling rate of a sound in Hz; None where none was stored.
    """

    truth: Array
    estimates: tuple[Reconstruction, ...]
    rate: float | None = None


def reconstructions(suite: SuiteResults, task: TaskResults, signal: str) -> Reconstructions | None:
    """The stored arrays of a signal, of each method's first repeat that ended well.

    A method whose array is missing or has another shape is left out; None where nothing is left.
    """
    truth: Array | None = None
    rate: Array | None = None
    estimates: list[Reconstruction] = []
    for method in task.methods:
        run = first(method, signal)
        if run is None:
            continue
        if truth is None:
            reference = suite.store.arrays(f"ref-{run.text('problem_id')}") or {}
            truth, rate = reference.get("truth"), reference.get("rate")
        values = (suite.store.arrays(run.job_id) or {}).get("reconstruction")
        if truth is None or values is None or values.shape != truth.shape:
            continue
        label = baseline(method.label) if method in task.baselines else method.label
        estimates.append(Reconstruction(method.key, label, _score(run, task), values.astype(np.float64)))
    if truth is None or not estimates:
        return None
    return Reconstructions(truth.astype(np.float64), tuple(estimates), None if rate is None else float(rate))


def first(method: Method, signal: str) -> Run | None:
    """The run of repeat 0 on a signal, or the first that ended well; None if none did."""
    return next((run for run in method.ok if run.cell[0] == signal), None)


def _score(run: Run, task: TaskResults) -> str:
    metric, value = task.headline, run.final(task.headline.name)
    if value is None:
        return " "
    return metric.value(value) if metric.unit else f"{metric.short} {metric.value(value)}"  # else a bare number


def title(label: str, score: str, width: float) -> str:
    """The title of a panel: label and score, the label on up to three lines.

    Args:
        width: of the panel, in inches.
    """
    room = int(width / 0.068)
    label = label if len(label) <= room else label.replace("[", " [").replace(",", ", ")
    lines = textwrap.wrap(label, room) or [label]
    if len(lines) > 3:
        lines = [*lines[:2], lines[2][: room - 1] + "…"]
    return "\n".join([*lines, score])
