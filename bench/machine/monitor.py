"""What happened to the machine while a job ran: its clock, whether it was held back, whether others used the device."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bench.machine import nvidia_smi as gpus
from bench.machine.device_use import Lease
from bench.machine.devices import SlotSpec

_CPUS = Path("/sys/devices/system/cpu")


@dataclass(frozen=True)
class DeviceUse:
    """Use of a device while a job ran.

    Attributes:
        shared: whether somebody else used it too.
        clock_mhz: its clock at the end; None if it is unknown.
        throttled: whether heat or power held it back; None if it is unknown.
    """

    shared: bool
    clock_mhz: float | None
    throttled: bool | None


class Watch:
    """Looks at a slot's device before and after a job, and holds a lease on it between.

    Args:
        worker: the process id of the slot's worker; None if it has not started.
    """

    def __init__(self, spec: SlotSpec, worker: int | None, ask: gpus.Ask = gpus.ask, cpus: Path = _CPUS) -> None:
        self._spec, self._ask, self._cpus = spec, ask, cpus
        self._lease = Lease(spec.visible if spec.device != "cpu" else "cpu")
        self._foreign = self._others(worker)
        self._throttles = self._count()

    def end(self, worker: int | None) -> DeviceUse:
        """The use of the device since the beginning; to be called as soon as the job has ended."""
        mhz, held = self._clock()
        others = self._others(worker) or self._foreign
        return DeviceUse(shared=self._lease.end() or others, clock_mhz=mhz, throttled=held)

    def _others(self, worker: int | None) -> bool:
        return self._spec.device != "cpu" and bool(gpus.foreign(self._spec.visible, worker, self._ask))

    def _clock(self) -> tuple[float | None, bool | None]:
        if self._spec.device != "cpu":
            return gpus.clocks(self._spec.visible, self._ask)
        after = self._count()
        held = None if after is None or self._throttles is None else after > self._throttles
        return cpu_mhz(self._cpus), held

    def _count(self) -> int | None:
        """How often the cores have been throttled since the machine was started; None where that is not told."""
        if self._spec.device != "cpu":
            return None
        counts = [_number(path) for path in self._cpus.glob("cpu[0-9]*/thermal_throttle/core_throttle_count")]
        known = [count for count in counts if count is not None]
        return sum(known) if known else None


def cpu_mhz(cpus: Path = _CPUS, info: Path = Path("/proc/cpuinfo")) -> float | None:
    """The highest clock among the cores at this moment; None where it is not told."""
    khz = [_number(path) for path in cpus.glob("cpu[0-9]*/cpufreq/scaling_cur_freq")]
    known = [value / 1000 for value in khz if value is not None]
    if not known:
        try:
            known = [float(value) for value in re.findall(r"^cpu MHz\s*:\s*([\d.]+)$", info.read_text(), re.MULTILINE)]
        except OSError:
            return None
    return max(known, default=None)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
