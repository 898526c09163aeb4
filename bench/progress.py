"""Progress display of a run: finished jobs, current scores, time left.

On a terminal one live line; elsewhere (a log file, CI) one plain line for every finished job, and for a running one if
there was none for a while.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from inrbench.bench.config.job import Job
from inrbench.bench.runner.plan import duration
from inrbench.bench.runner.runner import Listener
from inrbench.bench.runner.time_left import TimeLeft
from inrbench.bench.training.result import Outcome, Progress
from inrbench.report.labels import told_apart
from inrbench.tasks.core.metrics import MetricInfo, describe

INTERVAL = 300.0
"""Seconds without a line in a log, after which it gets one at the next score of a running job."""


class Display(Listener):
    """Progress display of a run, to be used as a context manager; `bench.runner.time_left` estimates the time left."""

    def __init__(
        self,
        jobs: Sequence[Job],
        console: Console | None = None,
        *,
        interval: float = INTERVAL,
        finished: Iterable[tuple[str, str, float]] = (),
    ) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._jobs, self._ended, self._failed = len(jobs), 0, 0
        self._time_left = TimeLeft(jobs, finished)
        first = [job for job in jobs if job.repeat == 0]
        self._first = Counter(job.task_key for job in first)
        self._signals: dict[str, set[str]] = {}
        for job in first:
            self._signals.setdefault(job.task_key, set()).add(job.signal)
        self._scores: dict[str, dict[tuple[str, str], dict[str, float]]] = {}
        self._metrics: dict[str, MetricInfo] = {}
        self._repeats = 1 + max((job.repeat for job in jobs), default=0)
        self._running: dict[str, tuple[Job, Progress | None]] = {}
        self._interval, self._last_line = interval, time.monotonic()
        self._lock = threading.Lock()
        self._live = Live(console=self._console, get_renderable=self._render, refresh_per_second=4, transient=True)

    def __enter__(self) -> Display:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def started(self, job: Job) -> None:
        with self._lock:
            self._running[job.job_id] = (job, None)
            self._time_left.started(job, time.monotonic())

    def progressed(self, job: Job, progress: Progress) -> None:
        with self._lock:
            self._running[job.job_id] = (job, progress)
            self._time_left.progressed(job, progress.fraction)
            if not self._console.is_terminal and time.monotonic() - self._last_line >= self._interval:
                self._print(f"{self._count()} {_running(job, progress)}")

    def ended(self, job: Job, outcome: Outcome) -> None:
        with self._lock:
            self._running.pop(job.job_id, None)
            self._ended += 1
            self._failed += outcome.status != "ok"
            self._time_left.ended(job, time.monotonic(), ok=outcome.timings is not None)
            self._report(job, outcome)
            if job.repeat == 0 and self._repeats > 1:
                self._first_scores(job, outcome)

    def _report(self, job: Job, outcome: Outcome) -> None:
        """Print one line for a finished job."""
        if outcome.status == "ok":
            seconds = f"{outcome.timings.wall_s:.1f} s" if outcome.timings else ""
            final = outcome.metric and score(outcome.metrics.get(outcome.metric), outcome.final_score)
            self._print(f"{self._count()} {job}  {final or ''}  {seconds}")
        else:
            self._print(f"{self._count()} {job}  {outcome.status.upper()}: {outcome.error}", style="red")

    def _count(self) -> str:
        return f"[{self._ended:>{len(str(self._jobs))}}/{self._jobs}]"

    def _print(self, line: str, style: str | None = None) -> None:
        if not self._console.is_terminal:
            line += f"  (left {duration(self._left())})"
        self._console.print(line, style=style, markup=False, soft_wrap=True)
        self._last_line = time.monotonic()

    def _first_scores(self, job: Job, outcome: Outcome) -> None:
        """Print the final scores of a task, best first, once all jobs of its first repeat have ended.

        A method that lacks a score on some signal comes last, since its mean does not compare with the others.
        """
        scores = self._scores.setdefault(job.task_key, {})
        if outcome.status == "ok" and outcome.metric is not None and outcome.final_score is not None:
            scores.setdefault((job.method, job.label), {})[job.signal] = outcome.final_score
            self._metrics[job.task_key] = outcome.metrics[outcome.metric]
        self._first[job.task_key] -= 1
        if self._first[job.task_key] or not scores:
            return
        info, count = self._metrics[job.task_key], len(self._signals[job.task_key])
        means = {method: sum(values.values()) / len(values) for method, values in scores.items()}
        labels = told_apart(means)
        self._console.print(f"\n{job.task_key}, the first of {self._repeats} repeats:", markup=False)
        table = Table(box=None)
        table.add_column("method")
        table.add_column("score", justify="right")
        for method in sorted(means, key=lambda name: (len(scores[name]) < count, -info.direction * means[name])):
            scored = len(scores[method])
            lacking = f" on {scored} of {count} signals" if scored < count else ""
            table.add_row(Text(labels[method]), score(info, means[method]) + lacking)
        self._console.print(table, "")

    def _left(self) -> float | None:
        return self._time_left.seconds(time.monotonic())

    def _render(self) -> Table:
        grid = Table.grid(padding=(0, 1))
        grid.add_row(
            ProgressBar(total=self._jobs or 1, completed=self._ended, width=30),
            f"{self._ended}/{self._jobs} jobs",
            f"· {self._failed} failed" if self._failed else "",
            f"· left {duration(self._left())}",
        )
        table = Table.grid()
        table.add_row(grid)
        for job, progress in list(self._running.values()):
            table.add_row(f"  {_running(job, progress or Progress(0.0, {}))}")
        return table


def _running(job: Job, progress: Progress) -> str:
    shown = [score(describe(metric), value) for metric, value in progress.scores.items()]
    return f"{job}  {progress.fraction:.0%}  {shown[0] if shown else ''}"


def score(info: MetricInfo | None, value: float | None) -> str:
    """A value with the label and the unit of its metric: ``"PSNR 28.31 dB"``."""
    if info is None or value is None:
        return ""
    return f"{info.label} {value:{info.format}} {info.unit}".rstrip()
