"""Device use while a job ran, on made-up counters; and two runs that overlap mark each other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from inrbench.bench.machine.cpu_time import CpuTimes
from inrbench.bench.machine.devices import SlotSpec
from inrbench.bench.machine.monitor import DeviceMonitor, DeviceUse, cpu_mhz
from inrbench.bench.machine.nvml import Nvml
from inrbench.bench.store.store import Store
from tests.bench.machine.fake_nvml import NoDriver

CPU = SlotSpec("cpu", "", threads=2, exclusive=True)
GPU = SlotSpec("cuda:0", "GPU-1", threads=2, exclusive=True)

Frequency = namedtuple("Frequency", "current min max")


def counters(others: float) -> Callable[[], CpuTimes]:
    """Ten seconds on two cores, of which other processes use some."""
    readings = iter([CpuTimes(0.0, 0.0, 0.0, 2), CpuTimes(10.0, 15.0 + others, 15.0, 2)])
    return lambda: next(readings)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "cpu_freq", lambda percpu: [Frequency(2600.0, 0, 0), Frequency(3100.5, 0, 0)])


@pytest.mark.usefixtures("clock")
def test_a_cpu_that_others_use(tmp_path: Path) -> None:
    quiet = DeviceMonitor(CPU, None, cpu_times=counters(0.25), cpus=tmp_path).end(1)
    assert quiet == DeviceUse(shared=False, foreign_cpu=0.0125, clock_mhz=3100.5, throttled=None)
    busy = DeviceMonitor(CPU, None, cpu_times=counters(4.0), cpus=tmp_path).end(1)
    assert busy == DeviceUse(shared=True, foreign_cpu=0.2, clock_mhz=3100.5, throttled=None)


def test_a_gpu_is_not_shared_by_work_on_the_cpu(tmp_path: Path) -> None:
    use = DeviceMonitor(GPU, None, Nvml(NoDriver()), counters(4.0), tmp_path).end(1)
    assert use == DeviceUse(shared=False, foreign_cpu=0.2, clock_mhz=None, throttled=None)


def test_a_cpu_that_gets_too_hot_meanwhile(tmp_path: Path) -> None:
    count = tmp_path / "cpu0/thermal_throttle/core_throttle_count"
    count.parent.mkdir(parents=True)
    count.write_text("3\n")
    cool, hot = (DeviceMonitor(CPU, None, cpu_times=counters(0), cpus=tmp_path) for _ in range(2))
    assert cool.end(1).throttled is False
    count.write_text("4\n")
    assert hot.end(1).throttled is True


@pytest.mark.parametrize("answer", [OSError(), NotImplementedError(), []])
def test_an_unknown_clock(answer: Exception | list[Frequency], monkeypatch: pytest.MonkeyPatch) -> None:
    def cpu_freq(percpu: bool) -> list[Frequency]:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(psutil, "cpu_freq", cpu_freq)
    assert cpu_mhz() is None


SUITE = """
suite: beside
repeats: {repeats}
model: {{depth: 2, width: 48}}
train: {{steps: 3000, lr: 1.0e-3}}
tasks: {{image: {{signals: [camera], size: 32}}}}
activations: {{relu: {{}}}}
"""

RUN = """
import sys
from inrbench.bench.config import expand, suite
from inrbench.bench.machine.devices import SlotSpec
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.runner.runner import Runner, local_slots
from inrbench.bench.store.store import Store

chosen, where = suite.load(sys.argv[1])
jobs = expand.jobs(chosen, Plugins(), where)
store = Store(sys.argv[2], "beside")
for _ in Runner(store, local_slots(store, [SlotSpec("cpu", "", 1, True)])).run(jobs, {}):
    print("ended", flush=True)
"""


@pytest.mark.slow
def test_two_runs_at_once_mark_each_other(tmp_path: Path) -> None:
    """A short run begins and ends during a long one: its job is marked, and the long run's jobs that it met."""

    def run(name: str, repeats: int) -> subprocess.Popen[str]:
        path = tmp_path / f"{name}.yaml"
        path.write_text(SUITE.format(repeats=repeats))
        return subprocess.Popen(
            [sys.executable, "-P", "-c", RUN, str(path), str(tmp_path / name)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

    def valid(name: str) -> list[bool]:
        rows = Store(tmp_path / name, "beside").runs()
        assert set(rows["status"]) <= {"ok", "interrupted"}
        assert rows["foreign_cpu"].max() > 0.05
        return [bool(value) for value in rows.sort_values("repeat")["timing_valid"]]

    long = run("long", 100)
    assert long.stdout is not None
    assert long.stdout.readline() == "ended\n"
    short = run("short", 1)
    _, err = short.communicate(timeout=120)
    assert short.returncode == 0, err
    assert long.poll() is None, "the long run was over before the short one; give it more jobs"
    long.send_signal(signal.SIGINT)
    long.communicate(timeout=60)
    assert valid("short") == [False]
    assert False in valid("long")
