"""CPU time of other processes: the busy seconds of the machine less those of this process and its children.

Two jobs that overlap slow each other down, and so does any other work on the same cores: such times cannot
be compared. The difference of two counters shows all of it: other users, other runs of inrbench, containers whose
processes cannot be seen from here, and, as *steal*, the neighbours of a virtual machine.

Noise floor, measured on two cores of a virtual machine (Linux 6.18, accounting by ticks of 4 ms, counters in steps of
10 ms) while other work took 75 % of them: the machine's busy seconds less those of *all* processes, which should be
zero, had over windows of

| window | windows | mean, s | standard deviation, s | extremes, s |
| --- | --- | --- | --- | --- |
| 0.2 s | 90 | -0.01 | 0.01 to 0.02 | -0.04, +0.02 |
| 1 s | 45 | -0.03 to -0.02 | 0.02 to 0.03 | -0.09, +0.06 |
| 2 s | 24 | -0.04 to -0.01 | 0.02 to 0.08 | -0.22, +0.05 |
| 10 s | 9 | -0.05 to +0.02 | 0.01 to 0.05 | -0.10, +0.05 |

each for a child that computed all the time, half of the time in short bursts, and not at all. The error hardly grows
with the window, so the floor is a number of seconds: no positive error reached 50 ms for each core.

The rule: other processes disturb a job once they used more than 5 % of the cores (of a machine with more than ten: half
a core) and more than 50 ms for each core. In a window of less than 1 s (up to ten cores) 5 % is below the floor: such a
job is marked if the floor is exceeded, and otherwise the share of others is unknown.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from dataclasses import dataclass

import psutil

LIMIT_SHARE = 0.05
"""Share of the cores that others may take: times that differ by less are not told apart by a few repeats."""

LIMIT_CORES = 0.5
"""Cores that others may take of a large machine, where one busy process is a small share and yet delays a thread."""

FLOOR_S = 0.05
"""Seconds for each core that are within the error of the counters."""

_BUSY = ("user", "nice", "system", "irq", "softirq", "steal")
"""Fields of `psutil.cpu_times`; guests are counted in user and nice. Not every system has all."""


@dataclass(frozen=True)
class CpuTimes:
    """Readings of the counters at one moment, in seconds.

    Attributes:
        wall: of a clock that only runs forward.
        busy: CPU time of all processes, on the cores that this process may use.
        own: CPU time of this process, its children and theirs, those that have ended included.
        cores: number of cores that this process may use.
    """

    wall: float
    busy: float
    own: float
    cores: int


def read() -> CpuTimes:
    """The counters now. Takes some milliseconds, as it looks at every process of the machine for children."""
    cores = usable_cores()
    times = [core for index, core in enumerate(psutil.cpu_times(percpu=True)) if index in cores]
    busy = sum(getattr(core, name, 0.0) for core in times for name in _BUSY)
    own, this = 0.0, psutil.Process()
    for process in (this, *this.children(recursive=True)):
        try:
            own += sum(process.cpu_times()[:4])  # user and system, its own and those of children that have ended
        except psutil.Error:  # it has just ended: its parent's counters have it
            continue
    return CpuTimes(time.monotonic(), busy, own, len(cores))


def usable_cores() -> Collection[int]:
    """The numbers of the cores that this process may use."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)


def foreign(before: CpuTimes, after: CpuTimes) -> tuple[bool, float | None]:
    """CPU use by other processes between two readings.

    Returns:
        whether it is more than times can bear, and its share of the cores' capacity in [0, 1]; None if the time between
        the readings was too short to tell.
    """
    wall, cores = after.wall - before.wall, after.cores
    seconds = max(0.0, (after.busy - before.busy) - (after.own - before.own))
    allowed, floor = wall * min(LIMIT_SHARE * cores, LIMIT_CORES), FLOOR_S * cores
    shared = seconds > max(allowed, floor)
    measurable = shared or allowed >= floor
    return shared, min(1.0, seconds / (wall * cores)) if measurable and wall > 0 else None
