"""A fork server that is gone costs the jobs of its forks, and is replaced."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psutil

from bench.config import grid
from bench.config.job import Job
from bench.config.plugins import Plugins
from bench.runner.runner import local_slots
from bench.runner.worker_process import JobRun
from bench.store.store import Store
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
