"""What a run shows while it runs: jobs done, the current score, the time left.

On a terminal one live line; elsewhere (a log file, CI) one plain line for every finished job.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from bench.config.job import Job
from bench.runner.plan import duration


class Display:
    """A `bench.runner.runner.Listener` that draws. Use as a context manager.

    Time left is judged by work, a job's work being its steps: baselines count next to nothing.
    """

    def __init__(self, jobs: Sequence[Job], console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)
        self._weight = {job.job_id: float(job.train.steps) if job.train else 1.0 for job in jobs}
        self._total = sum(self._weight.values())
        self._jobs, self._ended, self._failed = len(jobs), 0, 0
        self._work = 0.0
        self._running: dict[str, tuple[Job, dict[str, Any]]] = {}
        self._start = time.monotonic()
        self._lock = threading.Lock()
        self._live = Live(console=self._console, get_renderable=self._render, refresh_per_second=4, transient=True)

    def __enter__(self) -> Display:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def __call__(self, event: str, job: Job, values: dict[str, Any]) -> None:
        with self._lock:
            if event == "end":
                self._running.pop(job.job_id, None)
                self._ended += 1
                self._failed += values["status"] != "ok"
                self._work += self._weight[job.job_id]
                self._report(job, values)
            else:
                self._running[job.job_id] = (job, values)

    def _report(self, job: Job, row: dict[str, Any]) -> None:
        """One line for a finished job."""
        count = f"[{self._ended:>{len(str(self._jobs))}}/{self._jobs}]"
        seconds = f"{row['wall_s']:.1f} s" if row.get("wall_s") is not None else ""
        if row["status"] == "ok":
            line = f"{count} {job}  {score(row.get('metric'), row.get('headline'))}  {seconds}"
        else:
            line = f"{count} {job}  {row['status'].upper()}: {row.get('error')}"
        if not self._console.is_terminal:
            line += f"  (left {duration(self._left())})"
        self._console.print(line, style=None if row["status"] == "ok" else "red", markup=False, soft_wrap=True)

    def _left(self) -> float | None:
        work = self._work + sum(
            self._weight[job_id] * values.get("fraction", 0) for job_id, (_, values) in self._running.items()
        )
        elapsed = time.monotonic() - self._start
        # Baselines and the start of a worker say nothing about training.
        return elapsed * (self._total - work) / work if work > 0.002 * self._total else None

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
        for job, values in list(self._running.values()):
            shown = next((key for key in values if key != "fraction"), None)
            table.add_row(f"  {job}  {values.get('fraction', 0):.0%}  {score(shown, values.get(shown or ''))}")
        return table


def score(metric: str | None, value: float | None) -> str:
    """``"PSNR 28.31 dB"``."""
    if metric is None or value is None:
        return ""
    return f"PSNR {value:.2f} dB" if metric == "psnr" else f"{metric} {value:.4g}"
