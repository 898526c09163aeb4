"""Jobs that overlap on one device know it, both of them, whichever run they belong to."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bench.machine.device_use import Lease
from bench.machine.devices import SlotSpec
from bench.machine.monitor import Watch
from bench.store.store import Store

HOLD = """
import sys
from pathlib import Path
from bench.machine.device_use import Lease
lease = Lease("cpu", Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.readline()
print(lease.end(), flush=True)
"""


def holder(where: Path) -> subprocess.Popen[str]:
    """Another process that holds a lease until it is written to."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", HOLD, str(where)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_earlier_and_the_later_one_know(tmp_path: Path) -> None:
    earlier = Lease("cpu", tmp_path)
    process = holder(tmp_path)
    later = Lease("cpu", tmp_path)
    out, _ = process.communicate("\n")
    assert out == "True\n"  # it lay wholly within the first, and still
    assert earlier.end()
    assert later.end()
    assert later.end()  # asked twice, it says the same


def test_one_after_another_and_other_devices_are_alone(tmp_path: Path) -> None:
    for _ in range(3):
        first, second = Lease("cpu", tmp_path), Lease("GPU-1", tmp_path)
        assert not first.end()
        assert not second.end()
    assert holder(tmp_path).communicate("\n")[0] == "False\n"


def test_a_holder_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    process = holder(tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not Lease("cpu", tmp_path).end()


def test_no_overlap_is_missed_by_either(tmp_path: Path) -> None:
    """Threads that take leases at random moments; what each is told is held against the moments themselves."""
    chance = random.Random(1)
    plans = [[(chance.uniform(0, 0.004), chance.uniform(0, 0.004)) for _ in range(150)] for _ in range(3)]
    clock, lock = [0], threading.Lock()
    spans: list[tuple[int, int, bool]] = []

    def tick() -> int:
        with lock:
            clock[0] += 1
            return clock[0]

    def work(plan: list[tuple[float, float]]) -> None:
        pause = threading.Event()
        for idle, busy in plan:
            pause.wait(idle)
            lease = Lease("cpu", tmp_path)
            begun = tick()  # the lease began before, and ends after: real overlaps are at least these
            pause.wait(busy)
            ended = tick()
            told = lease.end()
            with lock:
                spans.append((begun, ended, told))

    threads = [threading.Thread(target=work, args=(plan,)) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    overlaps = [
        any(a < end and begin < b for k, (begin, end, _) in enumerate(spans) if k != i)
        for i, (a, b, _) in enumerate(spans)
    ]
    assert len(spans) == 450
    assert sum(overlaps) > 50
    missed = [span for span, overlap in zip(spans, overlaps, strict=True) if overlap and not span[2]]
    assert not missed


def test_where_nothing_can_be_written_nothing_is_known(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "cpu").symlink_to(tmp_path / "file")  # somebody's trick: what it leads to is left alone
    for where in (tmp_path / "file", tmp_path, Path("/proc/none")):
        lease, other = Lease("cpu", where), Lease("cpu", where)
        assert not lease.end()
        assert not other.end()
    assert (tmp_path / "file").read_text() == ""


def test_the_folder_is_for_every_user(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        Lease("GPU-1/../x", tmp_path / "leases").end()
    finally:
        os.umask(old)
    assert (tmp_path / "leases").stat().st_mode & 0o7777 == 0o1777
    (file,) = (tmp_path / "leases").iterdir()
    assert file.stat().st_mode & 0o777 == 0o666


@pytest.mark.parametrize(("device", "visible"), [("cpu", ""), ("cuda:0", "GPU-1")])
def test_a_watch_holds_the_lease_of_its_device(
    device: str, visible: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INRBENCH_LEASES", str(tmp_path))

    def watch(visible: str = visible) -> Watch:
        return Watch(SlotSpec(device, visible, threads=1, exclusive=True), None, lambda *_: "", tmp_path)

    alone = watch()
    assert alone.end(None).shared is False
    first, second = watch(), watch()
    assert second.end(None).shared is True
    assert first.end(None).shared is True
    if visible:
        first, second = watch(), watch("GPU-2")
        assert first.end(None).shared is False
        assert second.end(None).shared is False


SUITE = """
suite: beside
repeats: {repeats}
model: {{depth: 2, width: 24}}
train: {{steps: 400, lr: 1.0e-3}}
tasks: {{image: {{signals: [camera], size: 24}}}}
activations: {{relu: {{}}}}
"""


RUN = """
import sys
from bench.config import grid, suite
from bench.machine.devices import SlotSpec
from bench.config.plugins import Plugins
from bench.runner.runner import Runner, local_slots
from bench.store.store import Store

chosen, where = suite.load(sys.argv[1])
jobs = grid.jobs(chosen, Plugins(), where)
store = Store(sys.argv[2], "beside")
for _ in Runner(store, local_slots(store, [SlotSpec("cpu", "", 1, True)])).run(jobs, {}):
    print("ended", flush=True)
"""


@pytest.mark.slow
def test_two_runs_at_once_mark_each_other(tmp_path: Path) -> None:
    """Beside a run in one folder, a short one in another: its job is marked, and what it met of the first run's."""

    def run(name: str, repeats: int) -> subprocess.Popen[str]:
        path = tmp_path / f"{name}.yaml"
        path.write_text(SUITE.format(repeats=repeats))
        return subprocess.Popen(
            [sys.executable, "-P", "-c", RUN, str(path), str(tmp_path / name)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "INRBENCH_LEASES": str(tmp_path / "leases")},
        )

    def valid(name: str) -> list[bool]:
        rows = Store(tmp_path / name, "beside").runs()
        assert set(rows["status"]) <= {"ok", "interrupted"}
        return [bool(value) for value in rows.sort_values("repeat")["timing_valid"]]

    long = run("long", 200)
    assert long.stdout is not None
    assert [long.stdout.readline() for _ in range(2)] == ["ended\n"] * 2
    short = run("short", 1)
    _, err = short.communicate(timeout=120)
    assert short.returncode == 0, err
    assert long.poll() is None, "the long run was over before the short one; give it more jobs"
    long.send_signal(signal.SIGINT)
    long.communicate(timeout=60)
    assert valid("short") == [False]
    assert valid("long")[:2] == [True, True]
    assert False in valid("long")
