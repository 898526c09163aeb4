"""Outcome of one attempt at a job, and its bytes on the way from a worker to the process that stores it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, InstanceOf, TypeAdapter

from inrbench.bench.config.job import Job
from inrbench.bench.store.schema import Score, Status
from inrbench.tasks.core.metrics import MetricInfo, describe

WEIGHTS = "weights"
"""Name of the group of the network's tensors among the arrays of an encoded outcome."""

_STRICT = ConfigDict(strict=True, extra="forbid", ser_json_inf_nan="constants")


@dataclass(frozen=True)
class NetworkInfo:
    """Size of a trained network and how it was computed; the columns of ``runs`` of the same names."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    depth: int
    width: int
    params: int
    block_rows: int
    engine: str
    compiled: bool
    frozen: int = 0


@dataclass(frozen=True)
class Timings:
    """Seconds of the phases of a job, and of the whole job; the columns of ``runs`` of the same names."""

    setup_s: float
    warmup_s: float
    train_s: float
    eval_s: float
    wall_s: float


@dataclass(frozen=True)
class Outcome:
    """Outcome of one attempt at a job. Fields that the attempt did not reach are None.

    Attributes:
        metric: name of the task's headline metric.
        metrics: descriptions of all metrics that were scored, by name: the process that stores them need not know the
            plugin that brings one.
        network: None for a baseline.
        arrays: arrays of each artifact, by the artifact's name.
        weights, blueprint: the final network and the JSON of its `inrbench.bench.training.weights.Blueprint`, where it
            is to be kept.

    The other fields are columns of ``runs``, see `inrbench.bench.store.schema`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    status: Status
    error: str | None = None
    metric: str | None = None
    metrics: dict[str, MetricInfo] = field(default_factory=dict)
    data_sha256: str | None = None
    data_prepared: str | None = None
    source_sha256: str | None = None
    steps: int | None = None
    passes: int | None = None
    measured: int | None = None
    resumed_step: int | None = None
    chosen_step: int | None = None
    network: NetworkInfo | None = None
    timings: Timings | None = None
    peak_mem_bytes: int | None = None
    scores: tuple[Score, ...] = ()
    arrays: dict[str, dict[str, InstanceOf[np.ndarray]]] = field(default_factory=dict)
    weights: dict[str, InstanceOf[np.ndarray]] = field(default_factory=dict)
    blueprint: str | None = None

    @property
    def final_score(self) -> float | None:
        """Last value of the headline metric."""
        return next((score.value for score in reversed(self.scores) if score.metric == self.metric), None)


class Progress(NamedTuple):
    """Progress of a job in training: the fraction of its steps that are done, and its latest scores by metric."""

    fraction: float
    scores: dict[str, float]


def scores_at(step: int, train_s: float, values: Mapping[str, float]) -> list[Score]:
    """Scores of the metrics ``values`` after a step and ``train_s`` seconds of training."""
    return [Score(step, train_s, name, value, describe(name).direction) for name, value in values.items()]


def described(scores: Iterable[Score]) -> dict[str, MetricInfo]:
    """Descriptions of the metrics of some scores, by name."""
    return {name: describe(name) for name in sorted({score.metric for score in scores})}


@cache
def _adapter() -> TypeAdapter[Outcome]:
    return TypeAdapter(Outcome)


def encode(outcome: Outcome) -> bytes:
    """An outcome as bytes: one line of JSON, then the arrays as npz. Never a pickle: reading it runs no code."""
    arrays: dict[str, NDArray[Any]] = {
        f"{name}/{key}": array
        for name, group in {**outcome.arrays, WEIGHTS: outcome.weights}.items()
        for key, array in group.items()
    }
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return _adapter().dump_json(outcome, exclude={"arrays", "weights"}) + b"\n" + buffer.getvalue()


def decode(content: bytes, job: Job) -> Outcome:
    """The inverse of `encode`, for the outcome of a given job.

    Raises:
        ValueError: if a field is unknown or of another type, or an artifact is not one of the job. Damaged arrays
            raise other exceptions, depending on the damage.
    """
    header, _, npz = content.partition(b"\n")
    outcome = _adapter().validate_json(header)
    with np.load(io.BytesIO(npz), allow_pickle=False) as archive:
        for path in archive:
            name, _, key = path.partition("/")
            if name not in (job.job_id, job.reference, WEIGHTS):
                raise ValueError(f"no such artifact: {name}")
            group = outcome.weights if name == WEIGHTS else outcome.arrays.setdefault(name, {})
            group[key] = archive[path]
    return outcome
