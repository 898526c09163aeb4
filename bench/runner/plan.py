"""Plan of a run: compares the jobs of a suite with the stored results."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from bench.config.grid import distinct
from bench.config.job import Job
from bench.config.plugins import Plugins, source_sha256
from bench.errors import BadInput
from bench.store.store import STATUSES, Store


@dataclass(frozen=True)
class Plan:
    """The jobs of a suite and their states.

    Attributes:
        jobs: every job once, in running order.
        declarations: the same under every name that the suite gives them; two of one id are one job.
        rows: the stored rows of these jobs, indexed by job id.
        others: rows in the same folder that are of no job of the suite as it stands now; reports leave them out.
        attempts: job id -> how often it was tried, for the jobs that have a row, even one that does not count.
        retry: statuses whose jobs run again.
        shard: (i, n) to do only the i-th of n parts of the jobs, parted by their ids; None to do all.
    """

    jobs: Sequence[Job]
    declarations: Sequence[Job]
    rows: pd.DataFrame
    others: int
    attempts: dict[str, int]
    retry: Collection[str] = ("interrupted",)
    shard: tuple[int, int] | None = None

    @cached_property
    def status(self) -> dict[str, str]:
        """job id -> status, for the jobs that have a row."""
        return dict(self.rows["status"])

    @cached_property
    def todo(self) -> list[Job]:
        return [job for job in self._mine if self.status.get(job.job_id, "interrupted") in self.retry]

    @cached_property
    def done(self) -> list[Job]:
        return [job for job in self.jobs if self.status.get(job.job_id) == "ok"]

    @cached_property
    def failed(self) -> list[Job]:
        """Jobs that ended badly and are not to run again."""
        bad = set(STATUSES) - {"ok"} - set(self.retry)
        return [job for job in self._mine if self.status.get(job.job_id) in bad]

    @cached_property
    def _mine(self) -> Sequence[Job]:
        """The jobs of the shard. Ids are hashes: parts are even, and a job stays in its part whatever else is added."""
        if self.shard is None:
            return self.jobs
        part, parts = self.shard
        return [job for job in self.jobs if int(job.job_id, 16) % parts == part - 1]

    @cached_property
    def seconds_left(self) -> float | None:
        """What the jobs to do will take on one device, judged by the finished ones most like them; None without any."""
        ok = self.rows[self.rows["status"] == "ok"]
        if ok.empty:
            return None if self.todo else 0.0
        alike = ok.groupby(["task", "method"])["wall_s"].median().to_dict()
        overall = float(ok["wall_s"].median())
        return float(sum(alike.get((job.task_key, job.method), overall) for job in self.todo))

    def summary(self) -> dict[str, Any]:
        """For `plan --json`."""
        return {
            "jobs": len(self.jobs),
            "todo": [{"job_id": job.job_id, "job": str(job)} for job in self.todo],
            "done": len(self.done),
            "failed": [
                {"job_id": job.job_id, "job": str(job), "status": self.status[job.job_id], "error": self.error(job)}
                for job in self.failed
            ],
            "others": self.others,
            "seconds_left": self.seconds_left,
        }

    def error(self, job: Job) -> str | None:
        """Why a job failed, in one line."""
        cause = self.rows["error"][job.job_id]
        return cause if isinstance(cause, str) else None


def make(
    declarations: Sequence[Job], store: Store, retry: Collection[str] = (), shard: tuple[int, int] | None = None
) -> Plan:
    """The plan of some jobs. A job whose stored scores are missing or damaged runs again."""
    jobs = distinct(declarations)
    rows = store.runs().set_index("job_id")
    ids = {job.job_id for job in jobs}
    attempts = {str(job_id): int(count) for job_id, count in rows["attempt"].fillna(0).items() if job_id in ids}
    scored = store.scored()
    pairs = zip(rows.index, rows["status"], strict=True)
    rows = rows[np.array([status != "ok" or job_id in scored for job_id, status in pairs], dtype=bool)]
    mine = rows[np.array([job_id in ids for job_id in rows.index], dtype=bool)]
    return Plan(jobs, declarations, mine, len(rows) - len(mine), attempts, {"interrupted", *retry}, shard)


def shard(text: str) -> tuple[int, int]:
    """``"2/8"`` as (2, 8).

    Raises:
        BadInput: if it is not of this form.
    """
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text.strip())
    part, parts = (int(match.group(1)), int(match.group(2))) if match else (0, 0)
    if not 1 <= part <= parts:
        raise BadInput(f"--shard {text}: write it as i/n with 1 <= i <= n, e.g. 2/8 for the second of eight parts")
    return part, parts


def changed_sources(work: Plan, plugins: Plugins) -> dict[str, int]:
    """Task and method -> number of finished jobs whose plugins had another source than they have now, at the same
    version. Whether the change matters only its author knows."""
    now: dict[tuple[str, str | None], str] = {}
    found: dict[str, int] = {}
    stored = dict(work.rows["source_sha256"])
    for job in work.done:
        key = (job.task.name, job.activation.name if job.activation else None)
        if key not in now:
            classes: list[type[Any]] = [plugins.tasks.get(key[0])]
            now[key] = source_sha256(*classes, *([plugins.activations.get(key[1])] if key[1] else []))
        if isinstance(stored[job.job_id], str) and stored[job.job_id] != now[key]:
            name = " × ".join(filter(None, key))
            found[name] = found.get(name, 0) + 1
    return found


def duration(seconds: float | None) -> str:
    """``"9 s"``, ``"4 min"``, ``"2.5 h"``; ``"unknown"`` for None."""
    if seconds is None:
        return "unknown"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
