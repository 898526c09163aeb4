"""The runner: whatever a job does to its worker costs that job alone, and leaves one row that says what happened."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.config import expand
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.errors import Stopped
from inrbench.bench.machine.devices import SlotSpec
from inrbench.bench.runner import plan
from inrbench.bench.runner.plan import RunOptions
from inrbench.bench.runner.runner import Runner, local_slots
from inrbench.bench.store.store import Store
from tests.bench.command import Inrbench
from tests.bench.processes import family
from tests.bench.runner.runs import CPU, run, settings

WAYS = {
    "raise": "error", "nan": "diverged", "exit": "error", "oom": "oom", "cuda-oom": "oom", "segfault": "crashed",
    "garble": "crashed", "orphan": "crashed", "disk": "error", "import": "error", "print": "ok",
}  # fmt: skip
"""What a job does -> how it ends."""


def test_every_way_to_fail_costs_one_job(trouble: Path, tmp_path: Path) -> None:
    rows = run(trouble, tmp_path, [*WAYS])
    assert rows["status"].to_dict() == {"relu": "ok", **WAYS}
    assert "told to fail" in str(rows.at["raise", "error"])
    assert "SIGSEGV" in str(rows.at["segfault", "error"])
    assert "no valid result" in str(rows.at["garble", "error"])
    assert "lower the learning rate" in str(rows.at["nan", "error"])
    assert rows["git_sha"].notna().all() or rows["git_sha"].isna().all()
    assert rows["device"].notna().all()
    for log in rows["log"]:
        assert (tmp_path / "s" / log).exists()
    assert (tmp_path / "s" / str(rows.at["print", "log"])).stat().st_size >= 3_000_000
    scores = Store(tmp_path, "s").scores()
    assert set(scores["job_id"]) == set(rows.loc[["relu", "nan", "print"], "job_id"])


@pytest.mark.slow
def test_a_worker_that_is_killed_or_closes_its_connection_costs_one_job(trouble: Path, tmp_path: Path) -> None:
    rows = run(trouble, tmp_path, ["kill", "close", "print"])
    assert rows["status"].to_dict() == {"relu": "ok", "kill": "crashed", "close": "crashed", "print": "ok"}
    assert "SIGKILL" in str(rows.at["kill", "error"])
    assert "its worker" in str(rows.at["close", "error"])


def test_a_disk_that_is_full_for_one_result_costs_that_job(
    trouble: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = expand.jobs(settings(["print"]), Plugins([trouble]), "s")
    save = Store.save_arrays

    def full(self: Store, name: str, **arrays: Any) -> None:
        if name == jobs[0].job_id:
            raise OSError(28, "No space left on device", name)
        save(self, name, **arrays)

    monkeypatch.setattr(Store, "save_arrays", full)
    rows = run(trouble, tmp_path, ["print"])
    assert rows["status"].to_dict() == {"relu": "error", "print": "ok"}
    assert rows.at["relu", "error"] == "its result could not be stored: No space left on device"


def test_a_disk_that_stays_full_stops_the_run_with_one_line(
    trouble: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 0

    def full(path: Path, content: bytes) -> None:
        nonlocal count
        if path.suffix == ".parquet":
            count += 1
            if count > 2:  # the first job's scores and row still fit
                raise OSError(28, "No space left on device", str(path))
        atomic_write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr("inrbench.bench.store.store.atomic_write", full)
        with pytest.raises(Stopped, match=r"No space left on device.*the same command continues"):
            run(trouble, tmp_path, ["print", "nan"])
    rows = run(trouble, tmp_path, ["print", "nan"])
    assert rows["status"].to_dict() == {"relu": "ok", "print": "ok", "nan": "diverged"}
    assert rows["attempt"].tolist() == [1, 1, 1]


def test_the_first_failure_may_stop_a_run_and_stays_until_it_is_retried(trouble: Path, tmp_path: Path) -> None:
    jobs = expand.jobs(settings(["raise", "print"]), Plugins([trouble]), "s")
    store = Store(tmp_path, "s")
    first = Runner(store, local_slots(store, [CPU], [trouble]), RunOptions(fail_fast=True)).run(jobs, {})
    assert [status for _, status in first] == ["ok", "error", "interrupted"]
    work = plan.make(jobs, store)
    assert (work.done, work.failed, work.todo) == ([jobs[0]], [jobs[1]], [jobs[2]])
    work = plan.make(jobs, store, ["error"])
    assert work.todo == jobs[1:]
    second = Runner(store, local_slots(store, [CPU], [trouble])).run(work.todo, work.attempts)
    assert [status for _, status in second] == ["error", "ok"]
    assert store.runs().set_index("method")["attempt"].to_dict() == {"relu": 1, "raise": 2, "print": 1}


def test_two_slots_share_the_jobs(trouble: Path, tmp_path: Path) -> None:
    jobs = expand.jobs(settings(["print", "nan", "raise"]), Plugins([trouble]), "s")
    store = Store(tmp_path, "s")
    shared = SlotSpec("cpu", "", threads=1, exclusive=False)
    list(Runner(store, local_slots(store, [shared, shared], [trouble])).run(jobs, {}))
    rows = store.runs()
    assert len(rows) == 4
    assert not rows["timing_valid"].any()


LONG = """
suite: long
repeats: 1
model: {depth: 2, width: 8}
train: {steps: 1000000}
tasks: {image: {signals: [camera], size: 16}}
activations: {relu: {}}
"""


@pytest.mark.parametrize("sign", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)])
def test_stopping_leaves_no_orphan_and_can_be_resumed(sign: signal.Signals, tmp_path: Path, inrbench: Inrbench) -> None:
    path = tmp_path / "long.yaml"
    path.write_text(LONG)
    # A background shell may have had SIGINT ignored, which would be inherited.
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    process = subprocess.Popen(
        [
            sys.executable,
            "-P",
            "-c",
            code + "from inrbench.bench.cli import main; raise SystemExit(main())",
            "run",
            str(path),
        ],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "INRBENCH_COMPILE": "0"},
    )
    try:
        worker = _worker_of(process.pid)
    finally:
        process.send_signal(sign)
    _, err = process.communicate(timeout=30)
    end = time.monotonic() + 20
    while Path(f"/proc/{worker}").exists() and time.monotonic() < end:
        time.sleep(0.1)
    assert not Path(f"/proc/{worker}").exists()
    if sign == signal.SIGINT:
        assert process.returncode == 130
        assert err.strip().splitlines()[-1].startswith("inrbench: interrupted")
        assert "Traceback" not in err
    finished = inrbench("run", path, "--set", "train.steps=2")
    assert finished.returncode == 0, finished.stderr
    assert "1 to do" in inrbench("plan", path).stdout


def _worker_of(pid: int) -> int:
    """Wait for the worker that has begun its job."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for worker in family(pid)[1:]:
            log = Path(f"/proc/{worker}/fd/1")
            with contextlib.suppress(OSError):
                if log.readlink().suffix == ".log" and not log.readlink().name.startswith("worker"):
                    return worker
        time.sleep(0.05)
    raise AssertionError("no worker started a job")
