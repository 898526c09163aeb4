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
    from inrbench.bench.engine.compiled_mlp import Pass

PASS_S = 9.0
"""Rough time of one of the two passes of an MLP on one core, for the message."""


def compile_networks(jobs: Iterable[Job], files: Sequence[Path], say: Callable[[str], None]) -> None:
    """Compile the MLPs of the jobs that are worth it, where they are missing; ``say`` is told of it.

    What fails is left to the job, which has the reason in its log.
    """
    if os.environ.get("INRBENCH_COMPILE") == "0":
        return
    cells = {(job.task_key, job.method): job for job in jobs if job.train and job.train.precision is None}
    from inrbench.bench.engine.aot import CompilationError, compile_all, obstacle

    mlps = _networks(cells.values(), files)
    missing = [mlp for mlp in mlps if not all(part.path.exists() for part in mlp)]
    if missing and (why := obstacle()) is not None:
        say(f"training runs without compiled code and slower: {why}")
    elif missing:
        count = 2 * len(missing)
        seconds = PASS_S * (1 + -(-count // min(len(usable_cores()), count)))
        name = "network" if len(missing) == 1 else "networks"
        say(f"compiling {len(missing)} {name}, once for this machine, about {seconds:.0f} s")
        try:
            compile_all([part for mlp in missing for part in mlp])
        except CompilationError as error:
            say(f"not all could be compiled; jobs of these train slower: {' '.join(str(error).split())[:200]}")


def _networks(jobs: Iterable[Job], files: Sequence[Path]) -> list[list[Pass]]:
    """The two passes of each MLP that a job needs and is worth."""
    from inrbench.activations.core.base import Domain, build
    from inrbench.bench.config.plugins import Plugins
    from inrbench.bench.engine.block_size import should_compile
    from inrbench.bench.engine.capture import mlp_spec
    from inrbench.bench.engine.compiled_mlp import library_of, passes_of
    from inrbench.bench.engine.products import libraries
    from inrbench.bench.training.network import width_of
    from inrbench.bench.training.residual_loss import loss_of
    from inrbench.tasks.signals.load import load

    plugins = Plugins(files)
    problems: dict[str, Any] = {}
    mlps: dict[str, dict[str, list[Pass]]] = {}
    networks: dict[Path, list[Pass]] = {}
    for job in jobs:
        assert job.activation is not None
        assert job.train is not None
        assert job.model is not None
        try:
            activation, depth = plugins.activations.create(job.activation), job.model.depth
            # The code is one for all numbers of coordinates and channels, and for all widths with the same products.
            key = repr((job.activation, depth))
            if key not in mlps:
                spec = mlp_spec(build(activation, Domain(2, 1, (16, 16)), width=16, depth=depth, seed=0))
                mlps[key] = {library: passes_of(spec, library) for library in libraries()} if spec else {}
            possible = {passes[0].path: passes for passes in mlps[key].values()}
            if all(part.path.exists() for passes in possible.values() for part in passes):
                networks |= possible
            if possible.keys() <= networks.keys():
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
                network = mlp_spec(build(activation, domain, width=width, depth=depth, seed=0))
                assert network is not None
                passes = mlps[key][library_of(network)]
                networks[passes[0].path] = passes
        except Exception:  # the fault of the plugin or of the data: the job will tell it
            continue
    return list(networks.values())
