"""The clock of a job: every second of it belongs to exactly one phase."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch

from inrbench.bench.training.result import Timings

PHASES = ("setup", "warmup", "train", "eval")


class Clock:
    """Adds up the seconds of each phase.

    A phase ends with one synchronisation of the device, so that kernels still in flight are counted where they were
    launched; within a phase there is none.

    Attributes:
        seconds: phase -> seconds so far.
    """

    def __init__(self, device: torch.device) -> None:
        self.seconds = dict.fromkeys(PHASES, 0.0)
        self._device = device
        self._start = time.perf_counter()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            if self._device.type == "cuda":
                torch.cuda.synchronize(self._device)
            self.seconds[name] += time.perf_counter() - start

    def wall(self) -> float:
        """Seconds since the job began; of a resumed job those of its earlier parts too."""
        return time.perf_counter() - self._start

    def add(self, earlier: dict[str, float]) -> None:
        """Add the seconds of the earlier parts of a job: of every phase, and ``wall``."""
        for name in PHASES:
            self.seconds[name] += earlier[name]
        self._start -= earlier["wall"]

    def timings(self) -> Timings:
        """The seconds of every phase until now."""
        return Timings(**{f"{name}_s": value for name, value in self.seconds.items()}, wall_s=self.wall())


def reset_peak_memory(device: torch.device) -> None:
    """Start measuring the peak afresh."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    else:
        with suppress(OSError):  # Linux only; elsewhere the peak is that of the process
            Path("/proc/self/clear_refs").write_text("5")


def peak_memory(device: torch.device) -> int | None:
    """Bytes: allocated on a GPU, resident on the CPU (the interpreter and its libraries included). None if unknown."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None
