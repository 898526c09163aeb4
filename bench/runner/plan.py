"""Plan of a run: compares the jobs of a suite with the stored results; and the options of a run."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from inrbench.bench.config.job import Job, distinct
from inrbench.bench.config.plugins import Sources, files_sha256
from inrbench.bench.errors import BadInput, did_you_mean
from inrbench.bench.runner.time_left import TimeLeft
from inrbench.bench.store.store import STATUSES, Store

COLUMNS = ["job_id", "task", "method", "status", "error", "attempt", "wall_s", "source_sha256"]
"""Columns of ``runs`` that a plan looks at."""


def known_statuses(chosen: Sequence[str], where: str) -> Sequence[str]:
    """The statuses of jobs that are to run again.

    Raises:
        BadInput: if there is no such status.
    """
    for status in chosen:
        if status not in STATUSES:
            raise BadInput(f"{where}: no such status {status!r}{did_you_mean(status, STATUSES)}")
    return chosen


@dataclass(frozen=True)
class RunOptions:
    """Options of a run.

    Attributes:
        limit_s: seconds that a job may take; None for no limit.
        fail_fast: stop at the first job that does not end ``ok``.
        keep_weights: store the final network of each job.
    """

    limit_s: float | None = None
    fail_fast: bool = False
    keep_weights: bool = False


@dataclass(frozen=True)
class Plan:
    """The jobs of a suite and their states.

    Attributes:
        jobs: every job once, in running order.
        declarations: the same under every name that the suite gives them; two of one id are one job.
        rows: job id -> the columns `COLUMNS` of its stored row, for the jobs that have one.
        others: rows in the same folder that are of no job of the suite as it stands now; reports leave them out.
        attempts: job id -> how often it was tried, for the jobs that have a row, even one that does not count.
        retry: statuses whose jobs run again.
        shard: (i, n) to do only the i-th of n parts of the jobs, parted by their ids; None to do all.
    """

    jobs: Sequence[Job]
    declarations: Sequence[Job]
    rows: dict[str, dict[str, Any]]
    others: int
    attempts: dict[str, int]
    retry: Collection[str] = ("interrupted",)
    shard: tuple[int, int] | None = None

    @cached_property
    def status(self) -> dict[str, str]:
        """job id -> status, for the jobs that have a row."""
        return {job_id: row["status"] for job_id, row in self.rows.items()}

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
        return TimeLeft(self.todo, self.finished).seconds(0.0)

    @cached_property
    def finished(self) -> list[tuple[str, str, float]]:
        """Task, method and seconds of the jobs that have ended well."""
        ended = (row for row in self.rows.values() if row["status"] == "ok" and row["wall_s"] is not None)
        return [(row["task"], row["method"], row["wall_s"]) for row in ended]

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
        cause: str | None = self.rows[job.job_id]["error"]
        return cause


def make(
    declarations: Sequence[Job], store: Store, retry: Collection[str] = (), shard: tuple[int, int] | None = None
) -> Plan:
    """The plan of some jobs. A job whose stored scores are missing or damaged runs again."""
    jobs = distinct(declarations)
    rows = {row["job_id"]: row for row in store.table("runs").select(COLUMNS).to_pylist()}
    scored = store.scored()
    attempts = {job.job_id: rows[job.job_id]["attempt"] or 0 for job in jobs if job.job_id in rows}
    rows = {job_id: row for job_id, row in rows.items() if row["status"] != "ok" or job_id in scored}
    mine = {job.job_id: rows[job.job_id] for job in jobs if job.job_id in rows}
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


def changed_sources(work: Plan, sources: Sources) -> dict[str, int]:
    """Task and method -> number of finished jobs whose plugins had another source than they have now, at the same
    version. Whether the change matters only its author knows."""
    now: dict[tuple[str, str | None], str] = {}
    counts: dict[str, int] = {}
    for job in work.done:
        key = (job.task.name, job.activation.name if job.activation else None)
        if key not in now:
            now[key] = files_sha256([sources["task"][key[0]], *([sources["activation"][key[1]]] if key[1] else [])])
        stored = work.rows[job.job_id]["source_sha256"]
        if stored is not None and stored != now[key]:
            name = " × ".join(filter(None, key))
            counts[name] = counts.get(name, 0) + 1
    return counts


def duration(seconds: float | None) -> str:
    """``"9 s"``, ``"4 min"``, ``"2.5 h"``; ``"unknown"`` for None."""
    if seconds is None:
        return "unknown"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
