"""Estimate of the time that a run still takes, from the jobs that have ended.

The seconds of a job are those of training, which grow with the steps and differ between activations and tasks, plus a
fixed part. What happens once, the compilation of an activation's code, is told apart by its warm-up: the first one of
an activation says what unseen activations will cost, the later ones what every job costs.

The seconds per step of a pair of activation and task that has not been seen are those of a two-way table without
interaction: a factor of the activation times one of the task, fitted to the logarithms of what has been seen. A task or
activation that has not been seen counts as the mean. Of several jobs of a pair the median counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median

from inrbench.bench.config.job import Job
from inrbench.bench.training.result import Outcome, Timings

ROUNDS = 20
"""Rounds of that fit, which converges in a few."""

Cell = tuple[str, str]
"""Method and task, of which the jobs are alike."""


@dataclass
class _Seen:
    """Seconds of the ended jobs of one cell: per step of training, and of everything else but the warm-up."""

    step_s: list[float] = field(default_factory=list)
    fixed_s: list[float] = field(default_factory=list)


class TimeLeft:
    """Estimates the seconds left of some jobs.

    Args:
        jobs: the jobs of the run.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._left = {job.job_id: job for job in jobs}
        self._cells: dict[Cell, _Seen] = {}
        self._first_warmups: dict[str, float] = {}
        self._later_warmups: list[float] = []
        self._gaps: list[float] = []
        self._running: dict[str, list[tuple[float, float]]] = {}
        self._slots = 1

    def started(self, job: Job, now: float) -> None:
        """A job has a slot since ``now`` (seconds on any clock)."""
        self._running[job.job_id] = [(now, 0.0)]
        self._slots = max(self._slots, len(self._running))

    def progressed(self, job: Job, fraction: float, now: float) -> None:
        """A fraction of the training steps of a running job is done."""
        self._running.setdefault(job.job_id, [(now, 0.0)]).append((now, fraction))

    def ended(self, job: Job, outcome: Outcome, now: float) -> None:
        """A job has ended; one without timings tells nothing about the others."""
        self._left.pop(job.job_id, None)
        points = self._running.pop(job.job_id, [])
        if (timings := outcome.timings) is None:
            return
        if points:
            self._gaps.append(max(0.0, now - points[0][0] - timings.wall_s))
        seen = self._cells.setdefault(_cell(job), _Seen())
        if job.train is not None and outcome.steps:
            seen.step_s.append(max(timings.train_s, 1e-9) / outcome.steps)
            self._warmed_up(job.method, timings)
        seen.fixed_s.append(timings.setup_s + timings.eval_s + (0 if job.train else timings.train_s))

    def _warmed_up(self, method: str, timings: Timings) -> None:
        if method in self._first_warmups:
            self._later_warmups.append(timings.warmup_s)
        else:
            self._first_warmups[method] = timings.warmup_s

    def seconds(self, now: float) -> float | None:
        """Seconds from ``now`` until the last job ends; None while nothing is known about training."""
        rates = {cell: median(seen.step_s) for cell, seen in self._cells.items() if seen.step_s}
        for job_id, points in self._running.items():  # a job that is not done tells its speed
            job = self._left.get(job_id)
            if job is not None and job.train and _cell(job) not in rates and (pace := _speed(points)):
                rates[_cell(job)] = 1 / (pace * job.train.steps)
        if not rates and any(job.train for job in self._left.values()):
            return None
        speed = _rates(rates, {_cell(job) for job in self._left.values() if job.train}) if rates else {}
        gap = median(self._gaps) if self._gaps else 0.0
        fixed = self._fixed()
        total = 0.0
        for job_id, job in self._left.items():
            seconds, done = fixed[_cell(job), job.train is not None] + gap, 0.0
            if job.train is not None:
                training = speed[_cell(job)] * job.train.steps
                points = self._running.get(job_id, [])
                if len(points) > 1:
                    done = min(points[-1][1] + (now - points[-1][0]) / training, 1.0)
                seconds += training
            total += seconds * (1 - done)
        return (total + self._compilation()) / min(self._slots, max(1, len(self._left)))

    def _fixed(self) -> dict[tuple[Cell, bool], float]:
        """Seconds of the jobs left beside their training: those of their cell, else of all, by whether they train."""
        later = median(self._later_warmups) if self._later_warmups else 0.0
        usual = {}
        for trained in (True, False):
            seen = [each for cell in self._cells.values() if bool(cell.step_s) == trained for each in cell.fixed_s]
            usual[trained] = median(seen) if seen else 0.0
        cells = {(_cell(job), job.train is not None) for job in self._left.values()}
        return {
            (cell, trained): (median(self._cells[cell].fixed_s) if cell in self._cells else usual[trained])
            + (later if trained else 0.0)
            for cell, trained in cells
        }

    def _compilation(self) -> float:
        """Seconds for what unseen methods do once: the mean of those seen."""
        if not self._first_warmups:
            return 0.0
        unseen = {job.method for job in self._left.values() if job.train} - set(self._first_warmups)
        usual = median(self._later_warmups) if self._later_warmups else 0.0
        once = [max(0.0, seconds - usual) for seconds in self._first_warmups.values()]
        return len(unseen) * sum(once) / len(once)


def _cell(job: Job) -> Cell:
    return job.method, job.task_key


def _speed(points: Sequence[tuple[float, float]]) -> float | None:
    """Fraction a second of a running job, between its first and its last eval step: set-up is before the first."""
    (start, before), (end, after) = points[min(1, len(points) - 1)], points[-1]
    return (after - before) / (end - start) if end > start and after > before else None


def _rates(rates: dict[Cell, float], wanted: Iterable[Cell]) -> dict[Cell, float]:
    """Seconds a step of the wanted cells: as seen, else by a product of a factor of the method and one of the task."""
    logs = {cell: math.log(rate) for cell, rate in rates.items()}
    factors: tuple[dict[str, float], dict[str, float]] = ({}, {})
    level = fmean(logs.values())
    for _ in range(ROUNDS):  # least squares on the logarithms, one kind of factor after the other
        for kind in (0, 1):
            groups: dict[str, list[float]] = {}
            for cell, value in logs.items():
                groups.setdefault(cell[kind], []).append(value - level - factors[1 - kind].get(cell[1 - kind], 0.0))
            factors[kind].update({name: fmean(values) for name, values in groups.items()})
    guess = {cell: level + factors[0].get(cell[0], 0.0) + factors[1].get(cell[1], 0.0) for cell in wanted}
    return {cell: rates.get(cell, math.exp(value)) for cell, value in guess.items()}
