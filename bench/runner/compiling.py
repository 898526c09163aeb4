"""Compilation of all MLPs of a run before its first job, once for a machine.

A job would compile its own MLP when it needs it, in processes that import the compiler for one MLP each. Here one
process for each core compiles all of them, while nothing is timed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inrbench.bench.config.job import Job
from inrbench.bench.machine.cpu_time import usable_cores

if TYPE_CHECKING:
    from inrbench.bench.engine.compiled_mlp import MLPCode

CODE_S = 8.0
"""Rough time of the code of an MLP on one core, for the message."""


def compile_networks(jobs: Iterable[Job], files: Sequence[Path], say: Callable[[str], None]) -> None:
    """Compile the MLPs of the jobs that are worth it, where they are missing; ``say`` is told of it.

    What fails is left to the job, which has the reason in its log.
    """
    if os.environ.get("INRBENCH_COMPILE") == "0":
        return
    cells = {(job.task_key, job.method): job for job in jobs if job.train and job.train.precision is None}
    from inrbench.bench.engine.aot import CompilationError, compile_all, obstacle

    missing = _missing_codes(cells.values(), files)
    if missing and (why := obstacle()) is not None:
        say(f"training runs without compiled code and slower: {why}")
    elif missing:
        count = len(missing)
        seconds = CODE_S * -(-count // min(len(usable_cores()), count))
        name = "network" if len(missing) == 1 else "networks"
        say(f"compiling {len(missing)} {name}, once for this machine, about {seconds:.0f} s")
        try:
            compile_all(missing)
        except CompilationError as error:
            say(f"not all could be compiled; jobs of these train slower: {' '.join(str(error).split())[:200]}")


def _missing_codes(jobs: Iterable[Job], files: Sequence[Path]) -> list[MLPCode]:
    """The codes of the MLPs that a job needs and is worth, and that are not in the cache."""
    from inrbench.activations.core.base import Domain, build
    from inrbench.bench.config.plugins import Plugins
    from inrbench.bench.engine.block_size import should_compile
    from inrbench.bench.engine.capture import mlp_spec
    from inrbench.bench.engine.compiled_mlp import MLPCode
    from inrbench.bench.training.network import width_of
    from inrbench.bench.training.residual_loss import loss_of
    from inrbench.tasks.signals.load import load

    plugins = Plugins(files)
    problems: dict[str, Any] = {}
    codes: dict[str, MLPCode | None] = {}
    needed: dict[Path, MLPCode] = {}
    for job in jobs:
        assert job.activation is not None
        assert job.train is not None
        assert job.model is not None
        try:
            activation, depth = plugins.activations.create(job.activation), job.model.depth
            key = repr((job.activation, depth))  # the code is one for all widths, coordinates and channels
            if key not in codes:
                spec = mlp_spec(build(activation, Domain(2, 1, (16, 16)), width=16, depth=depth, seed=0))
                codes[key] = MLPCode.of(spec) if spec else None
            code = codes[key]
            if code is None or code.path in needed or code.path.exists():
                continue
            task = plugins.tasks.create(job.task)
            if job.task_key not in problems:  # one of its signals stands for the others
                problems[job.task_key] = task.problem(load(job.source), job.data_seed)
            problem = problems[job.task_key]
            if problem.residuals:  # compiled code does not give the derivatives that these need
                continue
            domain = Domain(problem.coords.shape[1], problem.truth.shape[1], problem.shape)
            width = width_of(activation, domain, job.model)
            evaluated = loss_of(job, task, problem, activation, job.train).evaluated
            large = should_compile(job.train.steps, evaluated, activation.hidden_width(width) * depth)
            if large or os.environ.get("INRBENCH_COMPILE") == "1":
                needed[code.path] = code
        except Exception:  # the fault of the plugin or of the data: the job will tell it
            continue
    return list(needed.values())
