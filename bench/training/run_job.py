"""The path of one job, from its problem to its outcome.

`execute` loads the problem and trains a network on it (`inrbench.bench.training.loop`), or computes a baseline.
`attempt` does the same and turns exceptions into outcomes.
"""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Plugins, source_sha256
from inrbench.bench.machine.process_setup import denormals_kept
from inrbench.bench.store.schema import Status
from inrbench.bench.training.clock import Clock, peak_memory, reset_peak_memory
from inrbench.bench.training.loop import OnProgress, TrainingRun
from inrbench.bench.training.network import curve
from inrbench.bench.training.result import Outcome, described, scores_at
from inrbench.tasks.core.base import Problem, Task
from inrbench.tasks.core.operators import check_adjoint
from inrbench.tasks.signals.load import load_named
from inrbench.tasks.signals.signal import prepared


def execute(
    job: Job,
    plugins: Plugins,
    device: torch.device,
    progress: OnProgress = lambda _: None,
    checkpoint: Path | None = None,
    *,
    keep_weights: bool = False,
) -> Outcome:
    """Run one job. All exceptions that it raises are the job's own fault.

    Args:
        progress: called whenever the network has been scored.
        checkpoint: the file in which a long training is saved and from which it is resumed, see
            `inrbench.bench.training.checkpoint`; None for none.
        keep_weights: whether the outcome has the final network, see `inrbench.bench.training.weights`.
    """
    reset_peak_memory(device)
    clock = Clock(device)
    with clock.phase("setup"):
        task, signal = plugins.tasks.create(job.task), load_named(job.source, job.signal)
        problem = task.problem(signal, job.data_seed)
        check_adjoint(problem.operator, problem.truth.shape[1])
        activation = plugins.activations.create(job.activation) if job.activation else None
    if activation is None:
        outcome, estimate = _baseline(job, task, problem, clock)
    else:
        assert job.train is not None
        optimizer = plugins.optimizer(job.train)
        training = TrainingRun(job, task, problem, activation, optimizer, device, clock)
        training.resume(checkpoint)
        training.advance(progress)
        outcome, estimate = training.outcome()
        if keep_weights:
            outcome = training.with_weights(outcome, signal)
    values = torch.from_numpy(np.ascontiguousarray(estimate)).reshape(len(problem.truth), -1)
    reconstruction, truth = (problem.grid(task.comparable(rows)) for rows in (values, problem.truth))
    classes: list[type[Any]] = [type(task), *([type(activation)] if activation else [])]
    return replace(
        outcome,
        measured=problem.measured.numel() or None,
        metric=task.metrics[0],
        metrics=described(outcome.scores),
        data_sha256=signal.sha256,
        data_prepared=prepared(signal, problem.shape),
        source_sha256=source_sha256(*classes),
        timings=clock.timings(),
        peak_mem_bytes=peak_memory(device),
        arrays={
            job.job_id: {
                **(curve(activation) if activation else {}),
                **outcome.arrays.get(job.job_id, {}),
                "reconstruction": reconstruction,
            },
            job.reference: {"truth": truth, **({} if signal.rate is None else {"rate": np.array(signal.rate)})},
        },
    )


def _baseline(job: Job, task: Task, problem: Problem, clock: Clock) -> tuple[Outcome, NDArray[np.float32]]:
    assert job.baseline is not None
    with clock.phase("train"), denormals_kept():
        estimate = task.baselines()[job.baseline](problem)
    with clock.phase("eval"):
        values = torch.from_numpy(np.ascontiguousarray(estimate)).reshape(problem.truth.shape)
        scores = task.score(problem, values)
    return Outcome("ok", scores=tuple(scores_at(0, clock.seconds["train"], scores))), estimate


def attempt(
    job: Job,
    plugins: Plugins,
    device: torch.device,
    progress: OnProgress,
    checkpoint: Path | None = None,
    *,
    keep_weights: bool = False,
) -> Outcome:
    """The outcome of `execute`; an exception is printed and becomes the outcome's error."""
    status: Status
    cause: BaseException
    try:
        return execute(job, plugins, device, progress, checkpoint, keep_weights=keep_weights)
    except (torch.OutOfMemoryError, MemoryError) as error:
        status, cause = "oom", error
    except (Exception, SystemExit) as error:
        status, cause = "error", error
    traceback.print_exception(cause)
    text = f"{type(cause).__name__}: {cause}".strip().splitlines()[0]
    return Outcome(status, text[:500])
