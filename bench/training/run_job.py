"""The path of one job, from its problem to its outcome.

`execute` loads the problem, builds the network, warms up, trains between checkpoints and scores outside the training
clock. `attempt` does the same and turns exceptions into outcomes.
"""

from __future__ import annotations

import itertools
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Domain, build, count_frozen, count_params
from inrbench.activations.core.width_solver import solve_width
from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Plugins, source_sha256
from inrbench.bench.config.settings import Model
from inrbench.bench.engine.block_size import block_rows, worthwhile
from inrbench.bench.engine.engine import choose_engine
from inrbench.bench.machine.process_setup import denormals_kept
from inrbench.bench.store.schema import Score, Status
from inrbench.bench.training.checkpoint import Checkpointer, facts
from inrbench.bench.training.clock import Clock, peak_memory, reset_peak_memory
from inrbench.bench.training.descent import CHECKPOINTS, Descent, Penalty, checkpoints, evaluate
from inrbench.bench.training.early_stopping import Point, chosen_step
from inrbench.bench.training.residual_loss import loss_of
from inrbench.bench.training.result import NetworkInfo, Outcome, Progress, described, scores_at
from inrbench.bench.training.scoring import divergence, score_values
from inrbench.bench.training.spectra import Spectra
from inrbench.tasks.core.base import Problem, Task
from inrbench.tasks.signals.load import load

WARMUP_STEPS = 2

STOP_EVERY = 10
"""Steps between two looks at the loss of a job that stops at one: each look waits for the device."""

OnProgress = Callable[[Progress], None]


def execute(
    job: Job,
    plugins: Plugins,
    device: torch.device,
    progress: OnProgress = lambda _: None,
    checkpoint: Path | None = None,
) -> Outcome:
    """Run one job. All exceptions that it raises are the job's own fault.

    Args:
        progress: called whenever the network has been scored.
        checkpoint: the file in which a long job is saved and from which it is resumed, see
            `inrbench.bench.training.checkpoint`; None for none.
    """
    reset_peak_memory(device)
    clock = Clock(device)
    with clock.phase("setup"):
        task, signal = plugins.tasks.create(job.task), load(job.source)
        problem = task.problem(signal, job.data_seed)
        activation = plugins.activations.create(job.activation) if job.activation else None
    if activation is None:
        outcome, estimate = _baseline(job, task, problem, clock)
    else:
        outcome, estimate = _train(job, task, problem, activation, device, clock, progress, checkpoint)
    values = torch.from_numpy(np.ascontiguousarray(estimate)).reshape(len(problem.truth), -1)
    drawn, truth = (problem.grid(task.comparable(each)) for each in (values, problem.truth))
    classes: list[type[Any]] = [type(task), *([type(activation)] if activation else [])]
    return replace(
        outcome,
        metric=task.metrics[0],
        metrics=described(outcome.scores),
        data_sha256=signal.sha256,
        source_sha256=source_sha256(*classes),
        timings=clock.timings(),
        peak_mem_bytes=peak_memory(device),
        arrays={
            job.job_id: {
                **(curve(activation) if activation else {}),
                **outcome.arrays.get(job.job_id, {}),
                "reconstruction": drawn,
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


def _train(
    job: Job,
    task: Task,
    problem: Problem,
    activation: Activation,
    device: torch.device,
    clock: Clock,
    progress: OnProgress,
    kept: Path | None,
) -> tuple[Outcome, NDArray[np.float32]]:
    train, model = job.train, job.model
    assert train is not None
    assert model is not None

    with clock.phase("setup"):
        problem = on_device(problem, device)
        domain = Domain(problem.coords.shape[1], problem.truth.shape[1], problem.shape)
        width = width_of(activation, domain, model)

        tanh = model.output == "tanh"
        network = build(activation, domain, width=width, depth=model.depth, seed=job.init_seed, tanh=tanh).to(device)
        penalty, groups = penalty_of(activation, train.path_norm), activation.optimizer_groups(network)
        units = activation.hidden_width(width)
        objective = loss_of(job, problem, activation, train)
        if objective.note:
            print(objective.note)
        large = worthwhile(train.steps, objective.evaluated, units * model.depth)

    with clock.phase("warmup"):
        engine = choose_engine(
            network, problem.coords, large=large, precision=train.precision, derivatives=bool(problem.residuals)
        )
        several, tune = problem.coords[: objective.evaluated], large and not problem.residuals
        rows = objective.rows = block_rows(engine, several, activation.name, tune=tune)
        compiled = engine.name != "autograd"
        size = NetworkInfo(
            model.depth, units, count_params(network), rows, engine.name, compiled, count_frozen(network)
        )
        with unchanged(network):
            for _ in itertools.islice(Descent(engine, objective, train, penalty, groups), WARMUP_STEPS):
                pass
        describe = partial(facts, job.job_id, device, (type(task), type(activation)), rows, engine.name)

    descent = Descent(engine, objective, train, penalty, groups)
    error: str | None = None
    points: list[Point] = []
    scores: list[Score] = []

    def loss_of_all() -> float:
        return objective.losses(evaluate(engine, problem.coords, rows), engine)[0]

    confirm = loss_of_all if objective.sampled else None
    spectra = Spectra(task, problem) if train.diagnostics else None
    observed: list[Score] = []
    if spectra is not None:  # before the network is that of a training checkpoint
        with clock.phase("eval"):
            values = evaluate(engine, problem.coords, rows)
            observed += scores_at(0, 0.0, spectra.observe("start", network, values))
    checkpointer = Checkpointer(kept, describe, device, descent, clock, points, scores)
    resumed = checkpointer.resume()
    for checkpoint in checkpoints(train.steps, train.checkpoints or CHECKPOINTS):
        if points and checkpoint <= points[-1].step:
            continue  # scored before the kill
        reached = False
        while descent.step < checkpoint and not reached:
            if checkpointer.is_due():
                checkpointer.save()
            with clock.phase("train"):
                reached = _advance(descent, checkpoint, train.stop_loss, confirm, checkpointer.is_due)
        done = descent.step
        with clock.phase("eval"):
            values = evaluate(engine, problem.coords, rows)
            found = score_values(task, objective, engine, values, activation, bool(train.diagnostics))
        points.append(Point(done, found["loss"], found.get("heldout_loss")))
        scores += scores_at(done, clock.seconds["train"], found)
        progress(Progress(done / train.steps, found))
        error = divergence(found["loss"], values, done)
        if error or reached:
            break
    if spectra is not None and not error:
        with clock.phase("eval"):
            found = spectra.observe("end", network, values)
        observed += scores_at(descent.step, clock.seconds["train"], found)
    outcome = Outcome(
        "diverged" if error else "ok",
        error,
        steps=descent.step,
        resumed_step=resumed,
        chosen_step=chosen_step(train.stop, points, problem.noise_std),
        network=size,
        scores=(*observed, *scores),
        arrays={job.job_id: spectra.arrays} if spectra is not None else {},
    )
    return outcome, problem.grid(values)


@contextmanager
def unchanged(network: nn.Module) -> Iterator[None]:
    """Parameters and buffers of a network have their former values again afterwards; gradients are None."""
    tensors = [*network.parameters(), *network.buffers()]
    before = [tensor.detach().clone() for tensor in tensors]
    yield
    network.zero_grad(set_to_none=True)
    with torch.no_grad():
        for tensor, value in zip(tensors, before, strict=True):
            tensor.copy_(value)


def _advance(
    descent: Descent,
    checkpoint: int,
    stop_loss: float | None,
    confirm: Callable[[], float] | None,
    due: Callable[[], bool],
) -> bool:
    """Train up to a step, until something is due, or until the loss is low enough; returns whether it is.

    Args:
        confirm: the loss of everything, where a step only has that of its batch, which may be low by chance. It is
            computed when that of a batch is low enough.
    """
    for loss in itertools.islice(descent, checkpoint - descent.step):
        looked = stop_loss is not None and descent.step % STOP_EVERY == 0
        if stop_loss is not None and looked and float(loss) <= stop_loss and (not confirm or confirm() <= stop_loss):
            return True
        if due():
            break
    return False


def penalty_of(activation: Activation, weight: float | None) -> Penalty:
    """The activation's own penalty, if it has one, and λ · path norm, if there is a weight λ.

    Raises:
        ValueError: if the activation has no path norm: a penalty that is silently none would be worse.
    """

    def penalty(network: nn.Module) -> Tensor | None:
        own = activation.penalty(network)
        if weight is None:
            return own
        norm = activation.path_norm(network)
        if norm is None:
            raise ValueError(f"{activation.label} has no path norm; leave train.path_norm out for it")
        return weight * norm if own is None else weight * norm + own

    return penalty


def width_of(activation: Activation, domain: Domain, model: Model) -> int:
    """The width that a model asks for, solved where it asks for a number of parameters."""
    if model.width is not None:
        return model.width
    assert model.params is not None
    return solve_width(activation, domain, model.depth, model.params)


def on_device(problem: Problem, device: torch.device) -> Problem:
    """The same problem with all its tensors on a device."""
    return replace(
        problem,
        coords=problem.coords.to(device),
        operator=problem.operator.to(device),
        measured=problem.measured.to(device),
        truth=problem.truth.to(device),
    )


def curve(activation: Activation) -> dict[str, NDArray[np.float32]]:
    """The nonlinearity over pre-activations in [-1, 1], for the figure of all of them; empty where there is none."""
    z = torch.linspace(-1, 1, 2001)
    values = activation.curve(z)
    if values is None:
        return {}
    arrays = {"curve_z": z.numpy(), "curve": (values.real if values.is_complex() else values).float().numpy()}
    if values.is_complex():
        arrays["curve_imag"] = values.imag.float().numpy()
    return arrays


def attempt(
    job: Job, plugins: Plugins, device: torch.device, progress: OnProgress, checkpoint: Path | None = None
) -> Outcome:
    """The outcome of `execute`; an exception is printed and becomes the outcome's error."""
    status: Status
    cause: BaseException
    try:
        return execute(job, plugins, device, progress, checkpoint)
    except (torch.OutOfMemoryError, MemoryError) as error:
        status, cause = "oom", error
    except (Exception, SystemExit) as error:
        status, cause = "error", error
    traceback.print_exception(cause)
    text = f"{type(cause).__name__}: {cause}".strip().splitlines()[0]
    return Outcome(status, text[:500])
