"""The clock of a job: each second belongs to one phase, and earlier parts of a job count."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
import torch

from inrbench.bench.training.clock import Clock

CPU = torch.device("cpu")


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the clock reads, in a list of one number that a test may change."""
    moment = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: moment[0])
    return moment


def test_seconds_belong_to_the_phase_in_which_they_pass(now: list[float]) -> None:
    clock = Clock(CPU)
    for name, seconds in [("setup", 1.0), ("train", 2.0), ("eval", 4.0), ("train", 8.0)]:
        with clock.phase(name):
            now[0] += seconds
        now[0] += 16.0  # between two phases
    found = clock.timings()
    assert (found.setup_s, found.warmup_s, found.train_s, found.eval_s) == (1.0, 0.0, 10.0, 4.0)
    assert found.wall_s == 15.0 + 4 * 16.0


def test_a_phase_that_ends_in_an_error_counts(now: list[float]) -> None:
    clock = Clock(CPU)

    def fail() -> None:
        with clock.phase("train"):
            now[0] += 3.0
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert clock.seconds["train"] == 3.0


def test_a_resumed_job_has_the_seconds_of_its_earlier_parts(now: list[float]) -> None:
    clock = Clock(CPU)
    now[0] += 5.0
    clock.add({"setup": 1.0, "warmup": 2.0, "train": 3.0, "eval": 4.0, "wall": 50.0})
    with clock.phase("train"):
        now[0] += 1.0
    found = clock.timings()
    assert (found.setup_s, found.warmup_s, found.train_s, found.eval_s) == (1.0, 2.0, 4.0, 4.0)
    assert found.wall_s == 56.0


PEAKS = """
import torch
from inrbench.bench.training.clock import peak_memory, reset_peak_memory

cpu = torch.device("cpu")
reset_peak_memory(cpu)
before = peak_memory(cpu)
block = torch.ones(16 << 20)
during = peak_memory(cpu)
del block
reset_peak_memory(cpu)
print(before, during, peak_memory(cpu))
"""


def test_the_peak_of_memory_is_that_since_the_last_reset() -> None:
    # In a process of its own: in this one freed memory of other tests may be used again.
    done = subprocess.run([sys.executable, "-P", "-c", PEAKS], capture_output=True, text=True, check=True)
    if "None" in done.stdout:
        pytest.skip("this system does not tell the peak of a process")
    before, during, after = map(int, done.stdout.split())
    assert during > before + (32 << 20)  # of 64 MiB
    assert after < during
