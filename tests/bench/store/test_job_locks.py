"""Locks of jobs and of a folder, among threads and processes; the system frees them when their owner is gone."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from inrbench.bench.store.job_locks import JobLocks, locks_in

HOLD = """
import sys
from pathlib import Path
from inrbench.bench.store.job_locks import locks_in
print(locks_in(Path(sys.argv[1])).acquire(sys.argv[2]), flush=True)
sys.stdin.read()
"""


def holder(folder: Path, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", HOLD, str(folder), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_one_owner_at_a_time(tmp_path: Path) -> None:
    locks = locks_in(tmp_path)
    assert locks_in(tmp_path / "x" / "..") is locks
    assert locks.acquire("a")
    assert not locks.acquire("a")
    assert locks.acquire("b")
    locks.release("a")
    with locks.holding("a") as taken:
        assert taken
        with locks.holding("a") as again:
            assert not again
    assert locks.acquire("a")


def test_a_lock_of_another_process_ends_with_it(tmp_path: Path) -> None:
    locks = locks_in(tmp_path)
    with holder(tmp_path, "a") as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert not locks.acquire("a")
        assert locks.acquire("b")
        locks.release("b")
        other.kill()
        other.wait()
        assert locks.acquire("a")
    with holder(tmp_path, "a") as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "False\n"
        other.kill()
    locks.release("a")


def test_results_that_are_deleted_meanwhile_do_not_confuse(tmp_path: Path) -> None:
    locks = locks_in(tmp_path)
    assert locks.acquire("a")
    (tmp_path / "claims").unlink()
    assert locks.acquire("b")
    assert (tmp_path / "claims").exists()
    locks.release("a")
    assert locks.acquire("a")


def test_without_locks_that_is_reported_once_and_nobody_has_the_folder_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", none)
    messages: list[str] = []
    locks = JobLocks(tmp_path / "claims", messages.append)
    assert locks.acquire("a")
    assert locks.acquire("b")
    assert not locks.acquire("a")
    with locks.shared(), locks.exclusive(0) as alone:
        assert not alone
    assert len(messages) == 1
    assert "one inrbench at a time" in messages[0]


SHARE = """
import sys
from pathlib import Path
from inrbench.bench.store.job_locks import locks_in
with locks_in(Path(sys.argv[1])).shared():
    print("shared", flush=True)
    sys.stdin.readline()
"""


def alone(locks: JobLocks) -> bool:
    with locks.exclusive(0) as found:
        return found


def test_a_folder_is_shared_by_many_or_had_alone_by_one(tmp_path: Path) -> None:
    locks = locks_in(tmp_path)
    assert alone(locks)
    with subprocess.Popen(
        [sys.executable, "-P", "-c", SHARE, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "shared\n"
        assert not alone(locks)
        with locks.shared():  # within it once more, too
            with locks.shared():
                assert locks.acquire("a")
            assert not alone(locks)
        assert not alone(locks)
        other.kill()
        other.wait()
        assert alone(locks)
    locks.release("a")


def test_whoever_wants_the_folder_alone_is_not_kept_waiting_by_new_readers(tmp_path: Path) -> None:
    locks, stop = locks_in(tmp_path), threading.Event()

    def read() -> None:
        while not stop.is_set():
            with locks.shared():
                time.sleep(0.02)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        with locks.exclusive(20) as found:
            assert found
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_reading_makes_no_folder(tmp_path: Path) -> None:
    with locks_in(tmp_path / "none").shared():
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_whose_locks_are_free_takes_no_open_file(tmp_path: Path) -> None:
    def handles() -> int:
        links = (link for link in Path("/proc/self/fd").iterdir() if link.is_symlink())
        return sum(str(tmp_path) in str(link.readlink()) for link in links if link.exists())

    locks = locks_in(tmp_path)
    with locks.shared(), locks.holding("a"):
        assert handles() == 1
    with locks.exclusive(0) as alone:
        assert alone
        assert handles() == 1
    assert locks.acquire("b")
    with locks.shared():
        pass
    assert handles() == 1  # the job is still locked
    assert not lent(tmp_path, "b")
    locks.release("b")
    assert handles() == 0


def lent(folder: Path, name: str) -> bool:
    """Whether another process can lock a job."""
    with holder(folder, name) as other:
        assert other.stdout is not None
        found = other.stdout.readline().strip() == "True"
        other.communicate()
    return found
