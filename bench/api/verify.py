"""`verify`: one stored result recomputed and compared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from inrbench.bench import results
from inrbench.bench.config.job import Job, Plugin
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Model, Train
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.errors import BadInput
from inrbench.bench.machine import devices
from inrbench.bench.machine.process_setup import as_in_a_worker
from inrbench.bench.training.run_job import execute
from inrbench.report.data.model import DECLARED
from inrbench.tasks.signals.load import is_registered

CELL = ["task", "signal", "method", *DECLARED]
"""Columns that are equal in all repeats of a job."""

UNREPEATED = 0.02
"""Share of a value by which a recomputed one may differ where there is no spread over repeats to compare with."""


@dataclass(frozen=True)
class Verification:
    """A stored value and the recomputed one.

    Attributes:
        job: task, signal, method and repeat.
        metric: the headline metric.
        stored, recomputed: its final values.
        allowed: difference up to which they agree: the spread (largest less smallest) over the stored repeats of the
            same cell, or 2 % of the value where there is one repeat.
    """

    job: str
    job_id: str
    metric: str
    stored: float
    recomputed: float
    allowed: float

    @property
    def agrees(self) -> bool:
        return abs(self.recomputed - self.stored) <= self.allowed

    def __str__(self) -> str:
        same = self.recomputed == self.stored
        verdict = "the same bits" if same else "agrees" if self.agrees else "DOES NOT AGREE"
        return (
            f"{self.job} ({self.job_id}): {self.metric} stored {self.stored:.6g}, recomputed {self.recomputed:.6g}; "
            f"difference {self.recomputed - self.stored:+.2g}, allowed {self.allowed:.2g}: {verdict}"
        )


def verify(folder: str | Path, job: str = "", plugins: Sequence[str | Path] = (), signal: str = "") -> Verification:
    """Recompute one stored result on the CPU, with as many threads as it had, and compare it.

    Args:
        folder: results of one suite.
        job: the job's id or its first digits; by default the activation's job with the least id that ended well, which
            was not chosen by anyone.
        plugins: files of activations and tasks that are not inrbench's own.
        signal: path of the signal, where it is a file.

    Raises:
        BadInput: if there is no such job, or it cannot be computed again here: another version of a plugin, a file that
            is not given.
    """
    final = results.final(folder).dropna(subset="value")
    final = final[final["kind"].eq("activation")]
    chosen = final[final["job_id"].str.startswith(job)].sort_values("job_id")
    if chosen.empty or (job and len(chosen) > 1):
        what = "no job" if chosen.empty else f"{len(chosen)} jobs"
        raise BadInput(f"{job!r}: {what} of that id that ended well in {folder}; `inrbench export {folder}` lists them")
    row = chosen.iloc[0]
    registry = Plugins(plugins)
    declared = _job(row, registry, signal)
    threads = devices.cpus() if pd.isna(row["threads"]) else int(row["threads"])
    outcome = as_in_a_worker(threads, lambda: execute(declared, registry, torch.device("cpu")))
    if outcome.final_score is None:
        raise BadInput(f"{declared}: it ends without a score here: {outcome.error}")
    cell = final[final[CELL].eq(row[CELL]).all(axis=1)]["value"]
    stored = float(row["value"])
    allowed = float(cell.max() - cell.min()) if len(cell) > 1 else UNREPEATED * abs(stored)
    return Verification(str(declared), row["job_id"], row["metric"], stored, outcome.final_score, allowed)


def _job(row: pd.Series[Any], plugins: Plugins, signal: str) -> Job:
    """The job of a stored row, which its id proves to be the same.

    Raises:
        BadInput: if it is another one now.
    """
    name = str(row["signal"])
    if not signal and not is_registered(name):
        raise BadInput(f"{row['job_id']}: its signal {name} is a file; name it with --signal")
    task, activation = (
        Plugin(row[name], int(row[version]), json.loads(row[params]))
        for name, version, params in (
            ("task_name", "task_version", "task_params"),
            ("activation", "activation_version", "activation_params"),
        )
    )
    for kind, spec, registry in (
        ("task", task, plugins.tasks), ("activation", activation, plugins.activations),
    ):  # fmt: skip
        version = registry.get(spec.name, str(row["job_id"])).version
        if version != spec.version:
            raise BadInput(
                f"{row['job_id']}: {kind} {spec.name} had version {spec.version} and has {version} now: it is another "
                "result; install the inrbench of that time"
            )
    job = Job(
        suite=row["suite"],
        task_key=row["task"],
        task=task,
        source=signal or name,
        signal=name,
        method=row["method"],
        label=row["label"],
        activation=activation,
        baseline=None,
        model=validated(Model, json.loads(row["model"]), str(row["job_id"]), "model"),
        train=validated(Train, Train.stored(row["train"]), str(row["job_id"]), "train"),
        repeat=int(row["repeat"]),
    )
    if job.job_id != row["job_id"]:
        raise BadInput(f"{row['job_id']}: its settings give {job.job_id} now, so it was stored by another inrbench")
    return job
