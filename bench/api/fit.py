"""`fit`: one network on one signal, in this process."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from inrbench.activations.core.base import Activation
from inrbench.bench import arguments
from inrbench.bench.api.run import Methods, overrides_of
from inrbench.bench.api.signals import SignalLike, as_declared
from inrbench.bench.config.job import Job
from inrbench.bench.errors import BadInput
from inrbench.bench.machine import devices
from inrbench.bench.machine.cache import cache_folder
from inrbench.bench.machine.process_setup import as_in_a_worker
from inrbench.bench.networks import TrainedNetwork
from inrbench.bench.progress import Display
from inrbench.bench.runner.compiling import compile_networks
from inrbench.bench.training.result import Outcome
from inrbench.bench.training.run_job import execute
from inrbench.bench.training.weights import Blueprint, rebuild
from inrbench.bench.workspace import Workspace, say
from inrbench.tasks.core.base import Task


@dataclass(frozen=True)
class Fit:
    """A trained network and how its training went.

    Attributes:
        network: maps coordinates (N, d) to values (N, C), see `inrbench.results.network`; on the CPU, in evaluation
            mode.
        history: one row for each step at which the network was scored: ``step``, ``train_s`` (seconds of training) and
            a column for each metric, among them ``loss``.
        scores: final value of each metric.
        metric: name of the task's headline metric.
        reconstruction, truth: (*shape, C), for a picture (H, W, C).
        job_id: identity of the job; ``inrbench run`` with the same settings has the same id and the same numbers.
    """

    network: nn.Module
    history: pd.DataFrame
    scores: dict[str, float]
    metric: str
    reconstruction: NDArray[np.float32]
    truth: NDArray[np.float32]
    job_id: str
    _trained: TrainedNetwork = field(repr=False)

    @property
    def score(self) -> float:
        """Final value of the headline metric."""
        return self.scores[self.metric]

    def render(self, size: int) -> NDArray[np.float32]:
        """The signal with ``size`` samples along its longest axis: (*shape, C)."""
        return self._trained.reconstruction(size)

    def __repr__(self) -> str:
        values = ", ".join(f"{name} {value:.4g}" for name, value in self.scores.items())
        return f"Fit of {self._trained.blueprint.activation.name} to {self._trained.blueprint.signal}: {values}"


def fit(
    signal: SignalLike,
    activation: str | type[Activation] | Activation = "siren",
    task: str | Task | Mapping[str, Any] = "image",
    *,
    steps: int = 500,
    lr: float = 1e-3,
    width: int = 64,
    depth: int = 3,
    repeat: int = 0,
    set: Mapping[str, Any] | None = None,
    plugins: Sequence[str | Path] = (),
    device: str = "auto",
    progress: bool = True,
) -> Fit:
    """Train one network on one signal, in this process.

    It runs the job that a suite with these settings would have, with the same seeds and code, so its numbers equal
    those of ``inrbench run`` with the same number of threads, bit for bit. It trains on a separate thread and leaves
    the process unchanged: number of threads, treatment of denormal numbers, default type and random numbers of PyTorch.
    Nothing is stored.

    Args:
        signal: name of a shipped signal (``"camera"``), path of a file, an array, or a mapping as in suites
            (``{"path": "x.dcm", "range": [-1000, 2000]}``). An array is read as a ``.npy`` file: (H, W) or (H, W, 3) is
            a picture with values in [0, 1] or of type uint8 or uint16, (N,) a sound in [-1, 1].
        activation: a name such as ``"wire[omega0=10]"``, a class or an instance, as in `inrbench.run`.
        task: a name, an instance, or a mapping such as ``{"task": "superres", "factor": 2}``.
        steps, lr, width, depth: size of training and network. Scale and learning rate decide how well an activation
            does. They are defaults here; `inrbench.explore` searches for better ones.
        repeat: number of the repeat, which determines the seeds.
        set: more settings by dotted key, e.g. ``{"train.batch": 0.1, "model.output": "tanh"}``.
        plugins: files with more activations and tasks.
        device: ``auto``, ``cpu`` or ``cuda:0``.
        progress: show progress on stderr.

    Raises:
        BadInput: if an argument is wrong. An exception during training is passed on.
    """
    with as_declared(signal) as source:
        job, work = _job(source, activation, task, {
            "train": {"steps": steps, "lr": lr}, "model": {"width": width, "depth": depth}, "repeats": repeat + 1,
        }, set, plugins, repeat)  # fmt: skip
        specs = devices.slots(device, devices.gpus(), devices.cpus())
        if len(specs) > 1 and device != "auto":
            raise BadInput(f"device {device}: fit trains on one; name one device, e.g. cpu or cuda:0")
        spec = specs[0]
        where = torch.device("cpu" if spec.device == "cpu" else "cuda" if device == "auto" else device)
        if where.type == "cpu":
            compile_networks([job], work.files, say if progress else lambda _: None)
        with Display([job]) if progress else contextlib.nullcontext() as display:
            if display is None:
                outcome = _trained(job, work, where, spec.threads)
            else:
                display.started(job)
                outcome = _trained(job, work, where, spec.threads, partial(display.progressed, job))
                display.ended(job, outcome)
    if outcome.error:
        warnings.warn(f"training diverged: {outcome.error}", stacklevel=2)
    return _result(job, work, outcome)


def _trained(job: Job, work: Workspace, device: torch.device, threads: int, progress: Any = lambda _: None) -> Outcome:
    return as_in_a_worker(threads, lambda: execute(job, work.plugins, device, progress, keep_weights=True))


def _job(
    signal: str | dict[str, Any],
    activation: str | type[Activation] | Activation,
    task: str | Task | Mapping[str, Any],
    settings: dict[str, Any],
    overrides: Mapping[str, Any] | None,
    plugins: Sequence[str | Path],
    repeat: int,
) -> tuple[Job, Workspace]:
    """The only job of a suite with these settings."""
    key, entry = _task_entry(task)
    methods = Methods(plugins, cache_folder() / "plugins")
    word = methods.add(activation)
    suite = {"suite": "fit", **settings, "tasks": {key: {**entry, "signals": [signal]}}, "activations": methods.entries}
    options = arguments.SuiteArgs(
        plugin=[str(file) for file in methods.files],
        results=Path("results"),
        suite="",
        scale=None,
        tasks=[],
        activations=[word],
        overrides=overrides_of(overrides),
    )
    work = Workspace.of(options, given=suite)
    jobs = [job for job in work.jobs if job.activation and job.repeat == repeat]
    if len(jobs) != 1:
        raise BadInput(f"fit trains one network, and these settings give {len(jobs)}; use inrbench.run")
    return jobs[0], work


def _task_entry(task: str | Task | Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Key and settings of a task in a suite."""
    if isinstance(task, Task):
        return task.name, {name: getattr(task, name) for name in sorted(task.model_fields_set)}
    if isinstance(task, str):
        return task, {}
    entry = dict(task)
    return str(entry.pop("task", "image")), entry


def _result(job: Job, work: Workspace, outcome: Outcome) -> Fit:
    scores = pd.DataFrame([score._asdict() for score in outcome.scores])
    history = scores.pivot_table("value", ["step", "train_s"], "metric", "last", sort=False).reset_index()
    blueprint = Blueprint.from_json(outcome.blueprint or "")
    plugins = work.plugins
    trained = TrainedNetwork(
        rebuild(blueprint, outcome.weights, plugins), blueprint, plugins.tasks.create(blueprint.task)
    )
    metrics = [name for name in history.columns if name not in ("step", "train_s")]
    return Fit(
        trained.module,
        history.rename_axis(columns=None),
        {name: float(history[name].iloc[-1]) for name in metrics},
        str(outcome.metric),
        outcome.arrays[job.job_id]["reconstruction"],
        outcome.arrays[job.reference]["truth"],
        job.job_id,
        trained,
    )
