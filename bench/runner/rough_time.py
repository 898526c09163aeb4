"""A rough estimate of what jobs take on one processor, before anything like them has been run.

A step computes the products of the hidden layers, forward and backward, does arithmetic on every unit, and makes calls.
How fast this machine is at the first two is measured in a moment. For plain MLPs the estimate was within a factor of
1.5 of the measured steps from 48² points and 28 units to 256² points and 300 units; it leaves out operators, evaluation
and start-up, and takes every network for an MLP.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch

from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Model, Train
from inrbench.bench.training.sampling import batch_size, held_out_size
from inrbench.tasks.signals.load import load_named

SINES = 11
"""What the arithmetic on a unit of a layer takes, forward and backward, in sines."""

CALLS = 3e-4
"""Seconds of a step that depend on nothing."""

ROUNDS = 20


@dataclass(frozen=True)
class Speed:
    """Of one thread of this machine.

    Attributes:
        flops: of a product of two matrices, a second.
        unit: seconds for a unit of a layer at one point.
    """

    flops: float
    unit: float

    @classmethod
    def measured(cls) -> Speed:
        """Measured in about a twentieth of a second."""
        x, matrix = torch.randn(4096, 64), torch.randn(64, 64)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            product, sine = (_least(function) for function in (lambda: x @ matrix, lambda: torch.sin(x)))
        finally:
            torch.set_num_threads(threads)
        return cls(2 * x.numel() * 64 / product, SINES * sine / x.numel())

    def step(self, points: int, model: Model) -> float:
        """Seconds of a step."""
        hidden = model.depth - 1
        width = model.width or math.sqrt((model.params or 1) / max(1, hidden))
        return points * (6 * hidden * width**2 / self.flops + model.depth * width * self.unit) + CALLS


def _least(function: Callable[[], object]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


class RoughTime:
    """Estimates of the training of jobs, one after another on one processor.

    The problem of each task and signal is set up once, to see how many points it has, and how many of them are measured
    if its operator picks single ones.
    """

    def __init__(self, plugins: Plugins) -> None:
        self._plugins, self._speed = plugins, Speed.measured()
        self._points: dict[tuple[str, str], tuple[int, int | None]] = {}

    def seconds(self, jobs: Iterable[Job]) -> float:
        """Seconds of some jobs; those of classical methods count nothing."""
        return sum(
            job.train.steps * self._speed.step(self._evaluated(job, job.train), job.model)
            for job in jobs
            if job.train and job.model
        )

    def _evaluated(self, job: Job, train: Train) -> int:
        """The points at which a step of a job evaluates its network."""
        case = (job.task.text, job.signal)
        if case not in self._points:
            problem = self._plugins.tasks.create(job.task).problem(load_named(job.source, job.signal), job.data_seed)
            operator = problem.operator
            self._points[case] = len(problem.coords), None if operator.rows is None else operator.out_rows
        points, measured = self._points[case]
        if measured is None or train.tv is not None:
            return points
        if train.holdout is not None:
            measured -= held_out_size(train.holdout, measured)
        return measured if train.batch is None else batch_size(train.batch, measured)
