"""A job: one cell of a suite, its identity and its seeds.

The identity is a pure function of what was declared. Where a job ran, in which order, on which device and from which
commit are provenance, stored beside the result; they never enter the id, so that results of several machines merge by
copying.

Seeds are hashes of named axes. The data seed depends on (task, signal, repeat), the initial weights' on the repeat
alone, and neither on the activation: two activations at the same repeat see the same noise, and their results are
paired.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from typing import Any

from pydantic import TypeAdapter

from inrbench.bench.config.identity import canonical, digest, seed
from inrbench.bench.config.settings import Model, Train
from inrbench.tasks.signals.user_file import UserFile


@dataclass(frozen=True)
class Plugin:
    """A plugin as a job declares it: its name, its version and every parameter."""

    name: str
    version: int
    params: dict[str, Any]

    @cached_property
    def text(self) -> str:
        """Canonical JSON."""
        return canonical({"name": self.name, "version": self.version, "params": self.params})


@dataclass(frozen=True)
class Job:
    """One cell of a suite.

    Attributes:
        suite, task_key, method, label: how the suite and its tables call things; not part of the identity.
        source: what loads the signal: its name, or the user's file; not part of the identity.
        signal: the signal's name; for a user's file its stem and content hash.
        activation: None for a baseline.
        baseline: the baseline's name; None for an activation.
        model, train: the settings in force; None for a baseline.
        repeat: 0, 1, …
        task_label: the task's name in reports; not part of the identity.
    """

    suite: str
    task_key: str
    task: Plugin
    source: str | UserFile
    signal: str
    method: str
    label: str
    activation: Plugin | None
    baseline: str | None
    model: Model | None
    train: Train | None
    repeat: int
    task_label: str = ""

    @cached_property
    def job_id(self) -> str:
        # The canonical JSON of all that was declared, put together from parts in the order of their names.
        parts = {
            "activation": self.activation and self.activation.text,
            "baseline": self.baseline and canonical(self.baseline),
            "model": self.model and self.model.text,
            "repeat": str(self.repeat),
            "signal": canonical(self.signal),
            "task": self.task.text,
            "train": self.train and self.train.text,
        }
        inside = ",".join(f'"{name}":{text}' for name, text in parts.items() if text is not None)
        return hashlib.sha256(f"{{{inside}}}".encode()).hexdigest()[:16]

    @cached_property
    def data_seed(self) -> int:
        return seed(task=self.task.name, signal=self.signal, repeat=self.repeat)

    @cached_property
    def init_seed(self) -> int:
        return seed(init=True, repeat=self.repeat)

    @cached_property
    def problem_id(self) -> str:
        """Jobs with the same one have the same truth and the same measurements."""
        return digest({"task": asdict(self.task), "signal": self.signal, "seed": self.data_seed})

    @property
    def reference(self) -> str:
        """Name of the artifact with the truth, which all jobs of the same problem share."""
        return f"ref-{self.problem_id}"

    def __str__(self) -> str:
        return f"{self.task_key} · {self.signal} · {self.label} · repeat {self.repeat}"

    def to_json(self) -> str:
        return _adapter().dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Job:
        """The inverse of `to_json`.

        Raises:
            pydantic.ValidationError: if the text is not a job.
        """
        return _adapter().validate_json(text)

    @property
    def names(self) -> dict[str, str]:
        """The columns of a ``runs`` row that say how the suite calls things; another suite may call them otherwise."""
        return {"task": self.task_key, "method": self.method, "label": self.label}

    def columns(self) -> dict[str, Any]:
        """The columns of a ``runs`` row that are known before the job runs."""
        activation = self.activation
        return {
            "job_id": self.job_id,
            "suite": self.suite,
            **self.names,
            "task_name": self.task.name,
            "task_version": self.task.version,
            "task_params": canonical(self.task.params),
            "signal": self.signal,
            "kind": "baseline" if activation is None else "activation",
            "activation": activation and activation.name,
            "activation_version": activation and activation.version,
            "activation_params": activation and canonical(activation.params),
            "model": self.model and self.model.text,
            "train": self.train and self.train.text,
            "repeat": self.repeat,
            "data_seed": self.data_seed,
            "init_seed": None if activation is None else self.init_seed,
            "problem_id": self.problem_id,
        }


def distinct(declarations: Iterable[Job]) -> list[Job]:
    """The first job of each id, in the same order."""
    first: dict[str, Job] = {}
    for job in declarations:
        first.setdefault(job.job_id, job)
    return list(first.values())


@cache
def _adapter() -> TypeAdapter[Job]:
    return TypeAdapter(Job)
