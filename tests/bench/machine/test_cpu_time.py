"""CPU time of other processes: exact rules on made-up counters, and real processes that compute."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from inrbench.bench.machine.cpu_time import CpuTimes, foreign, read

COMPUTE = "while True: pass"


@pytest.mark.parametrize(
    ("wall", "cores", "others", "shared", "share"),
    [
        (10, 2, 0.0, False, 0.0),
        (10, 2, 0.9, False, 0.045),
        (10, 2, 1.1, True, 0.055),
        (10, 2, 20.0, True, 1.0),
        (10, 2, -0.2, False, 0.0),  # the counters are not exact
        (10, 2, 21.0, True, 1.0),
        (10, 64, 4.0, False, 4 / 640),
        (10, 64, 6.0, True, 6 / 640),  # less than 5 % of 64 cores, and more than half a core
        (1, 2, 0.09, False, 0.045),
        (0.9, 2, 0.09, False, None),  # 5 % of so short a time is within the error of the counters
        (0.2, 2, 0.11, True, 0.275),  # so much is not
        (5, 64, 3.0, False, None),
        (0, 2, 0.0, False, None),
    ],
)
def test_what_others_may_use(wall: float, cores: int, others: float, shared: bool, share: float | None) -> None:
    before = CpuTimes(wall=100.0, busy=5000.0, own=70.0, cores=cores)
    after = CpuTimes(wall=100.0 + wall, busy=5000.0 + 1.5 + others, own=70.0 + 1.5, cores=cores)
    found, value = foreign(before, after)
    assert found is shared
    assert value == (None if share is None else pytest.approx(share, abs=1e-9))


def others_between(before: CpuTimes, after: CpuTimes) -> float:
    return after.busy - before.busy - (after.own - before.own)


@contextlib.contextmanager
def stranger() -> Iterator[None]:
    """A process that computes and is no child of this one."""
    command = [sys.executable, "-c", "import subprocess, sys\nprint(subprocess.Popen(sys.argv[1:], stdout=-3).pid)"]
    out = subprocess.run([*command, sys.executable, "-c", COMPUTE], stdout=subprocess.PIPE, check=True).stdout
    try:
        yield
    finally:
        os.kill(int(out), signal.SIGKILL)


def test_the_time_of_a_strangers_process_is_seen() -> None:
    with stranger():
        before = read()
        deadline = time.monotonic() + 60  # on a machine with much other work it gets little of it
        while others_between(before, read()) < 0.5 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert others_between(before, read()) >= 0.5


def test_the_time_of_children_is_our_own_before_and_after_their_end() -> None:
    before = read()
    with subprocess.Popen([sys.executable, "-c", COMPUTE]) as child:
        deadline = time.monotonic() + 60
        while read().own - before.own < 0.5 and time.monotonic() < deadline:
            time.sleep(0.1)
        alive = read()
        child.kill()
    assert alive.own - before.own >= 0.5
    assert read().own >= alive.own - 0.05  # counters go in steps of 10 ms


def test_only_cores_that_may_be_used_are_counted() -> None:
    if not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < 2:
        pytest.skip("needs two cores, and a system that can bind a process to one")
    cores = os.sched_getaffinity(0)
    everything = read()
    os.sched_setaffinity(0, {min(cores)})
    try:
        part = read()
    finally:
        os.sched_setaffinity(0, cores)
    assert (part.cores, everything.cores) == (1, len(cores))
    assert part.busy < everything.busy
