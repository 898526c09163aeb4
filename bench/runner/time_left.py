"""Estimate of the time that a run still takes: a job takes as long as the finished jobs most like it.

These are the jobs of its task and method, else all; their median counts. Where nothing is known of a
method, a running job counts by the fraction of its steps that is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from statistics import median

from inrbench.bench.config.job import Job

Cell = tuple[str, str]
"""Task and method, of which the jobs are alike."""


class TimeLeft:
    """Estimates the seconds left of some jobs.

    Args:
        jobs: the jobs to do.
        finished: task, method and seconds of jobs that are done.
    """

    def __init__(self, jobs: Iterable[Job], finished: Iterable[tuple[str, str, float]] = ()) -> None:
        self._waiting = Counter(map(_cell, jobs))
        self._seen: dict[Cell, list[float]] = {}
        self._running: dict[str, tuple[Cell, float, float]] = {}
        self._slots = 1
        for task, method, seconds in finished:
            self._seen.setdefault((task, method), []).append(seconds)

    def started(self, job: Job, now: float) -> None:
        """A job has a slot since ``now`` (seconds on any clock)."""
        self._waiting[_cell(job)] -= 1
        self._running[job.job_id] = (_cell(job), now, 0.0)
        self._slots = max(self._slots, len(self._running))

    def progressed(self, job: Job, fraction: float) -> None:
        """A fraction of the training steps of a running job is done."""
        cell, start, _ = self._running[job.job_id]
        self._running[job.job_id] = (cell, start, fraction)

    def ended(self, job: Job, now: float, *, ok: bool = True) -> None:
        """A job has ended; one that failed tells nothing about the others."""
        if job.job_id not in self._running:  # another run has done it
            self._waiting[_cell(job)] -= 1
            return
        cell, start, _ = self._running.pop(job.job_id)
        if ok:
            self._seen.setdefault(cell, []).append(now - start)

    def seconds(self, now: float) -> float | None:
        """Seconds from ``now`` until the last job ends; None while nothing is known."""
        medians = {cell: median(seconds) for cell, seconds in self._seen.items()}
        for cell, start, fraction in self._running.values():
            if fraction > 0:
                medians.setdefault(cell, (now - start) / fraction)
        left = sum(self._waiting.values()) + len(self._running)
        if not left or not medians:
            return None if left else 0.0
        usual = median([seconds for group in self._seen.values() for seconds in group] or medians.values())
        total = sum(count * medians.get(cell, usual) for cell, count in self._waiting.items())
        for cell, start, fraction in self._running.values():
            expected = medians.get(cell, usual)
            total += max(0.0, min(expected - (now - start), (1 - fraction) * expected))
        return total / min(self._slots, left)


def _cell(job: Job) -> Cell:
    return job.task_key, job.method
