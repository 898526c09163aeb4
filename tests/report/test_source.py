"""The protocols of a report's input fit what `bench` has."""

from __future__ import annotations

from pathlib import Path

from inrbench.bench.config import expand, suite
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.store.store import Store
from inrbench.report.source import Declared, StoredResults


def test_the_store_and_the_jobs_of_a_suite_have_what_a_report_reads(tmp_path: Path) -> None:
    results: StoredResults = Store(tmp_path, "smoke")
    assert (results.suite, results.root, results.report) == ("smoke", tmp_path / "smoke", tmp_path / "smoke/report")
    assert results.table("runs").num_rows == 0
    assert results.arrays("0" * 16) is None
    loaded, where = suite.load("smoke")
    jobs: list[Declared] = [*expand.jobs(loaded, Plugins(), where)]
    assert jobs
    assert all(job.job_id and job.task_key in loaded.tasks and job.method and job.label for job in jobs)
