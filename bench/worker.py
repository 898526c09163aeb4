"""What happens to one job, and the process in which it happens.

`execute` is the straight path: load the problem, build the network, warm up, train between checkpoints, score outside the
clock. `main` is a process that a `bench.runner.Slot` starts: it executes the jobs it is sent, one after another, and answers
with their results. It is started anew after any abnormal end, so that whatever a job does to it costs that job alone.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import math
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from activations.base import Activation, Domain, build, count_params
from bench import provenance
from bench.job import Job
from bench.registry import Plugins, source_sha256
from bench.settings import Model, Train
from bench.timing import Clock, peak_memory, reset_peak_memory
from bench.train import Objective, block_rows, checkpoints, evaluate, steps
from tasks.base import Problem, Task
from tasks.metrics import METRICS
from tasks.signals import load

WARMUP_STEPS = 2

Progress = Callable[[dict[str, float]], None]


@dataclass
class Result:
    """What one attempt at a job gave: columns of ``runs``, rows of ``scores``, and arrays to keep by artifact's name."""

    row: dict[str, Any] = field(default_factory=dict)
    scores: list[dict[str, Any]] = field(default_factory=list)
    arrays: dict[str, dict[str, NDArray[Any]]] = field(default_factory=dict)

    def add_scores(self, values: dict[str, float], step: int, train_s: float) -> None:
        for metric, value in values.items():
            direction = METRICS[metric].direction if metric in METRICS else -1 if metric == "loss" else 0
            self.scores.append(
                {"step": step, "train_s": train_s, "metric": metric, "value": value, "direction": direction}
            )


def execute(job: Job, plugins: Plugins, device: torch.device, progress: Progress = lambda _: None) -> Result:
    """Run one job. Whatever it raises is the job's own fault.

    Args:
        progress: called with the fraction done and the current scores, at every checkpoint.
    """
    result = Result()
    reset_peak_memory(device)
    clock = Clock(device)
    with clock.phase("setup"):
        task_cls = plugins.tasks.get(job.task.name)
        task = task_cls.model_validate_json(json.dumps(job.task.params))
        loaded = load(job.source)
        problem = on_device(task.problem(loaded, job.data_seed), device)
        result.row |= {"metric": task.metrics[0], "data_sha256": loaded.sha256}
    plugin_classes: list[type[Any]] = [task_cls]
    if job.activation is None:
        estimate = _baseline(job, task, problem, clock, result)
    else:
        activation_cls = plugins.activations.get(job.activation.name)
        plugin_classes.append(activation_cls)
        activation = activation_cls.model_validate_json(json.dumps(job.activation.params))
        estimate = _train(job, task, problem, activation, device, clock, progress, result)
        result.arrays[job.job_id] = curve(activation)
    result.arrays.setdefault(job.job_id, {})["reconstruction"] = estimate
    result.arrays[f"ref-{job.problem_id}"] = {"truth": problem.grid(problem.truth)}
    result.row |= clock.columns(result.row.get("steps", 0))
    result.row |= {"peak_mem_bytes": peak_memory(device), "source_sha256": source_sha256(*plugin_classes)}
    return result


def _baseline(job: Job, task: Task, problem: Problem, clock: Clock, result: Result) -> NDArray[np.float32]:
    assert job.baseline is not None
    with clock.phase("train"):
        estimate = task.baselines()[job.baseline](problem)
    with clock.phase("eval"):
        values = torch.from_numpy(np.ascontiguousarray(estimate)).reshape(problem.truth.shape)
        scores = task.score(problem, values)
    result.add_scores(scores, step=0, train_s=clock.seconds["train"])
    result.row |= {"status": "ok"}
    return estimate


def _train(
    job: Job,
    task: Task,
    problem: Problem,
    activation: Activation,
    device: torch.device,
    clock: Clock,
    progress: Progress,
    result: Result,
) -> NDArray[np.float32]:
    train, model = Train.model_validate(job.train), Model.model_validate(job.model)
    rows = block_rows(device)

    with clock.phase("setup"):
        domain = Domain(problem.coords.shape[1], problem.truth.shape[1], problem.shape)
        width = width_of(activation, domain, model)

        def fresh() -> nn.Module:
            return build(activation, domain, width=width, depth=model.depth, seed=job.init_seed).to(device)

        network, objective = fresh(), Objective(problem, rows)
        result.row |= {
            "depth": model.depth,
            "width": activation.hidden_width(width),
            "params": count_params(network),
            "block_rows": rows,
        }
    with clock.phase("warmup"):
        for _ in itertools.islice(steps(network, objective, train), WARMUP_STEPS):
            pass
        network = fresh()

    running = steps(network, objective, train)
    done, status, error = 0, "ok", None
    for checkpoint in checkpoints(train.steps):
        with clock.phase("train"):
            for _ in range(checkpoint - done):
                loss = next(running)
        done = checkpoint
        with clock.phase("eval"):
            values = evaluate(network, problem.coords, rows)
            scores = {**task.score(problem, values), "loss": float(loss)}
        result.add_scores(scores, step=done, train_s=clock.seconds["train"])
        progress({"fraction": done / train.steps, **scores})
        if not (math.isfinite(scores["loss"]) and bool(torch.isfinite(values).all())):
            status, error = "diverged", f"loss {scores['loss']} at step {done}: lower the learning rate or the scale"
            break
    result.row |= {"status": status, "error": error, "steps": done}
    return problem.grid(values)


def width_of(activation: Activation, domain: Domain, model: Model) -> int:
    """The width that a model asks for, solved where it asks for a number of parameters."""
    if model.width is not None:
        return model.width
    from activations.solve import solve_width

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
    """The nonlinearity over pre-activations in [-1, 1], for the figure of all of them; empty where there is no such curve."""
    z = torch.linspace(-1, 1, 2001)
    values = activation.curve(z)
    if values is None:
        return {}
    arrays = {"curve_z": z.numpy(), "curve": (values.real if values.is_complex() else values).float().numpy()}
    if values.is_complex():
        arrays["curve_imag"] = values.imag.float().numpy()
    return arrays


# -- the process -------------------------------------------------------------------------------------------------------


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


def attempt(job: Job, plugins: Plugins, device: torch.device, progress: Progress) -> Result:
    """`execute`, with whatever it raises turned into a row that says so."""
    try:
        return execute(job, plugins, device, progress)
    except (torch.OutOfMemoryError, MemoryError) as error:
        status, cause = "oom", error
    except (Exception, SystemExit) as error:
        status, cause = "error", error
    traceback.print_exception(cause)
    text = f"{type(cause).__name__}: {cause}".strip().splitlines()[0]
    return Result(row={"status": status, "error": text[:500]})


def main() -> None:
    """Serve jobs: ``python -P -m bench.worker FD DEVICE THREADS PLUGIN_FILE…``, FD being one end of a socket pair."""
    fd, device_name, threads, *files = sys.argv[1:]
    connection = Connection(int(fd))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides what it means
    torch.set_num_threads(int(threads))
    device = torch.device(device_name)
    plugins = Plugins(files)
    inbox: list[bytes] = []
    arrived = threading.Semaphore(0)

    def listen() -> None:
        # The parent holds the other end: when it is gone, however it went, there is nobody to compute for.
        try:
            while True:
                inbox.append(connection.recv_bytes())
                arrived.release()
        except (EOFError, OSError):
            os._exit(0)

    threading.Thread(target=listen, daemon=True).start()

    def send(kind: str, content: bytes) -> None:
        connection.send_bytes(kind.encode() + b" " + content)

    send("ready", json.dumps(provenance.of_process(device, int(threads))).encode())
    while True:
        arrived.acquire()
        request = json.loads(inbox.pop(0))
        with _output_to(Path(request["log"])):
            job = Job.from_json(request["job"])
            result = attempt(job, plugins, device, lambda scores: send("progress", json.dumps(scores).encode()))
        send("result", encode(result))


@contextlib.contextmanager
def _output_to(path: Path) -> Any:
    """Everything this process prints, native code included, goes to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as log:
        sys.stdout.flush()
        saved = os.dup(1), os.dup(2)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for target, source in enumerate(saved, start=1):
                os.dup2(source, target)
                os.close(source)


if __name__ == "__main__":
    main()
