"""Device use while a job ran: its clock, throttling, and whether other processes used it too.

Stored beside the times of the job, because they decide whether these can be compared with others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from inrbench.bench.machine import cpu_time, nvml
from inrbench.bench.machine.devices import SlotSpec

_CPUS = Path("/sys/devices/system/cpu")


@dataclass(frozen=True)
class DeviceUse:
    """Use of a slot's device while a job ran.

    Attributes:
        shared: whether other processes used it too: on a CPU more than `inrbench.bench.machine.cpu_time` allows, on a
            GPU at the beginning or at the end.
        foreign_cpu: share of the CPU capacity that other processes used, in [0, 1]; None if the job was too short.
        clock_mhz: the device's clock at the end; None if it is unknown.
        throttled: whether heat or power lowered its clock; None if it is unknown.
    """

    shared: bool
    foreign_cpu: float | None
    clock_mhz: float | None
    throttled: bool | None


class DeviceMonitor:
    """Observation of a slot's device, from now until `end`.

    Args:
        worker_pid: the process id of the slot's worker; None if it has not started.
        gpus: queries to GPUs; by default those of this machine.
        cpu_times: reads the CPU counters.
        cpus: the folder in which Linux describes the cores.
    """

    def __init__(
        self,
        spec: SlotSpec,
        worker_pid: int | None,
        gpus: nvml.Nvml | None = None,
        cpu_times: Callable[[], cpu_time.CpuTimes] = cpu_time.read,
        cpus: Path = _CPUS,
    ) -> None:
        self._spec, self._gpus, self._cpu_times, self._cpus = spec, gpus, cpu_times, cpus
        self._gpu_shared = self._others_on_gpu(worker_pid)
        self._throttle_count = self._read_throttle_count()
        self._before = cpu_times()

    def end(self, worker_pid: int | None) -> DeviceUse:
        """The use of the device since the beginning; to be called as soon as the job has ended."""
        cpu_shared, foreign_cpu = cpu_time.foreign(self._before, self._cpu_times())
        if self._spec.device == "cpu":
            count = self._read_throttle_count()
            throttled = None if count is None or self._throttle_count is None else count > self._throttle_count
            return DeviceUse(cpu_shared, foreign_cpu, cpu_mhz(), throttled)
        shared = self._others_on_gpu(worker_pid) or self._gpu_shared
        return DeviceUse(shared, foreign_cpu, *self._nvml().clocks(self._spec.visible))

    def _others_on_gpu(self, worker_pid: int | None) -> bool:
        return self._spec.device != "cpu" and bool(self._nvml().foreign(self._spec.visible, worker_pid))

    def _nvml(self) -> nvml.Nvml:
        return self._gpus or nvml.connect()

    def _read_throttle_count(self) -> int | None:
        """How often the cores have been throttled since the machine was started; None if it is unknown."""
        counts = [_number(path) for path in self._cpus.glob("cpu[0-9]*/thermal_throttle/core_throttle_count")]
        counted = [count for count in counts if count is not None]
        return sum(counted) if counted else None


def cpu_mhz() -> float | None:
    """The highest clock among the cores at this moment; None if it is unknown."""
    try:
        return max((core.current for core in psutil.cpu_freq(percpu=True)), default=0.0) or None
    except (OSError, NotImplementedError, AttributeError):  # psutil lacks it, or fails, on some machines
        return None


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
