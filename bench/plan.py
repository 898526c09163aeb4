"""What is to be done: the jobs of a suite held against the rows that its folder of results has."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from bench.job import Job
from bench.store import STATUSES, Store


@dataclass(frozen=True)
class Plan:
    """The jobs of a suite and what became of them.

    Attributes:
        jobs: every job, in running order.
        rows: the stored rows of these jobs, indexed by job id.
        others: rows in the same folder that are of no job of the suite as it stands now; reports leave them out.
        retry: statuses whose jobs run again.
    """

    jobs: Sequence[Job]
    rows: pd.DataFrame
    others: int
    retry: Collection[str] = ("interrupted",)

    @cached_property
    def status(self) -> dict[str, str]:
        """job id -> status, for the jobs that have a row."""
        return dict(self.rows["status"])

    @cached_property
    def todo(self) -> list[Job]:
        return [job for job in self.jobs if self.status.get(job.job_id, "interrupted") in self.retry]

    @cached_property
    def done(self) -> list[Job]:
        return [job for job in self.jobs if self.status.get(job.job_id) == "ok"]

    @cached_property
    def failed(self) -> list[Job]:
        """Jobs that ended badly and are not to run again."""
        bad = set(STATUSES) - {"ok"} - set(self.retry)
        return [job for job in self.jobs if self.status.get(job.job_id) in bad]

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


def make(jobs: Sequence[Job], store: Store, retry: Collection[str] = ()) -> Plan:
    """Hold jobs against a store. A row whose scores are gone does not count: its job runs again."""
    rows = store.runs().set_index("job_id")
    scored = {path.stem for path in (store.root / "scores").glob("[!.]*.parquet")}
    rows = rows[(rows["status"] != "ok") | rows.index.isin(scored)]
    ids = {job.job_id for job in jobs}
    mine = rows[rows.index.isin(ids)]
    return Plan(jobs, mine, len(rows) - len(mine), {"interrupted", *retry})


def duration(seconds: float | None) -> str:
    """``"9 s"``, ``"4 min"``, ``"2.5 h"``; ``"unknown"`` for None."""
    if seconds is None:
        return "unknown"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
