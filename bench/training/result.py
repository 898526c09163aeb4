"""What comes of a job, and how it travels from a worker to the process that stores it."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.config.job import Job
from bench.store.schema import RUNS, STATUSES
from tasks.core.metrics import direction


@dataclass
class Result:
    """What one attempt at a job gave: columns of ``runs``, rows of ``scores``, arrays by the artifact's name."""

    row: dict[str, Any] = field(default_factory=dict)
    scores: list[dict[str, Any]] = field(default_factory=list)
    arrays: dict[str, dict[str, NDArray[Any]]] = field(default_factory=dict)

    def add_scores(self, values: dict[str, float], step: int, train_s: float) -> None:
        for metric, value in values.items():
            # What is held out is looked at by a rule, and ranks nobody.
            better = -1 if metric == "loss" else direction(metric)
            self.scores.append(
                {"step": step, "train_s": train_s, "metric": metric, "value": value, "direction": better}
            )


def encode(result: Result) -> bytes:
    """A result as bytes: one line of JSON, then the arrays as npz. Never a pickle: reading it runs no code."""
    arrays = {f"{name}/{key}": array for name, group in result.arrays.items() for key, array in group.items()}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return json.dumps({"row": result.row, "scores": result.scores}).encode() + b"\n" + buffer.getvalue()


def decode(content: bytes) -> Result:
    """The inverse of `encode`."""
    header, _, npz = content.partition(b"\n")
    result = Result(**json.loads(header))
    with np.load(io.BytesIO(npz), allow_pickle=False) as archive:
        for path in archive:
            name, _, key = path.partition("/")
            result.arrays.setdefault(name, {})[key] = archive[path]
    return result


def checked(result: Result, job: Job) -> Result:
    """A result that has come over a socket, if it is one of that job.

    Raises:
        ValueError: if it has columns, a status or names of artifacts that no result has.
    """
    if unknown := set(result.row) - set(RUNS.names):
        raise ValueError(f"no such column: {min(unknown)}")
    if unknown := set(result.row) & set(job.declared()):
        raise ValueError(f"{min(unknown)} is the suite's to say")
    if result.row.get("status") not in STATUSES:
        raise ValueError(f"no such status: {result.row.get('status')}")
    if any(set(score) != {"step", "train_s", "metric", "value", "direction"} for score in result.scores):
        raise ValueError("a score with other columns than scores have")
    if unknown := set(result.arrays) - {job.job_id, f"ref-{job.problem_id}"}:
        raise ValueError(f"no such artifact: {min(unknown)}")
    return result
