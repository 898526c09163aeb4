"""A fork server that is gone costs the jobs of its forks, and is replaced."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from inrbench.bench.config import grid
from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.runner.runner import local_slots
from inrbench.bench.runner.worker_process import JobRun
from inrbench.bench.store.store import Store
from tests.bench.runner.runs import CPU, settings


def test_a_server_that_is_gone_costs_no_more_than_the_jobs_that_it_ran(trouble: Path, tmp_path: Path) -> None:
    store = Store(tmp_path, "s")
    jobs = grid.jobs(settings(["hang"]), Plugins([trouble]), "s")
    (slot,) = local_slots(store, [CPU], [trouble])
    quick, hanging = (next(job for job in jobs if job.method == method) for method in ("relu", "hang"))

    def status(job: Job, stopping: threading.Event) -> str:
        return slot.run(JobRun(job, tmp_path / "job.log", 60.0, stopping, lambda _: None)).outcome.status

    never = threading.Event()
    assert status(quick, never) == "ok"
    worker = slot.worker
    assert worker is not None
    server = psutil.Process(worker).parent()
    assert server is not None
    killing = threading.Timer(1.0, server.kill)
    killing.start()
    assert status(hanging, never) == "crashed"
    end = time.monotonic() + 20
    while runs(worker):
        assert time.monotonic() < end, "the worker outlives its server"
        time.sleep(0.05)
    assert status(quick, never) == "ok"
    assert slot.worker != worker
    slot.kill()


def runs(pid: int) -> bool:
    """Whether a process computes; one that has ended may wait for init to take notice."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_server_that_cannot_start_costs_the_job_and_names_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such library >&2\nexit 3\n")
    broken.chmod(0o755)
    store, (job,) = Store(tmp_path, "s"), grid.jobs(settings([]), Plugins(), "s")
    (slot,) = local_slots(store, [replace(CPU, threads=3)])  # nothing else here has a server for three threads
    work = JobRun(job, tmp_path / "job.log", 60.0, threading.Event(), lambda _: None)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", str(broken))
        outcome = slot.run(work).outcome
    assert outcome.status == "crashed"
    assert "see worker-0.log" in str(outcome.error)  # it may end before it is asked for a fork, or after
    assert "no such library" in (store.root / "logs" / "worker-0.log").read_text()
    assert slot.run(work).outcome.status == "ok"
    slot.kill()
