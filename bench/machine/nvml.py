"""NVIDIA GPUs by NVML, the management library of the driver: devices, other processes on them, clocks, throttling.

GPUs are named by UUID. An index means one thing to NVML (the order of the bus) and another to CUDA (fastest first), and
both change when a card is added; a UUID is the same to both. A GPU that is cut into MIG slices is not a device itself:
each slice is one.

Tested with a stand-in for the library only: no part of this module has run on a machine with a GPU yet.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pynvml


@dataclass(frozen=True)
class Gpu:
    """A card: its UUID, its name, and the UUIDs of its MIG slices, if it is cut into such."""

    uuid: str
    name: str
    slices: list[str] = field(default_factory=list)

    @property
    def devices(self) -> list[str]:
        return self.slices or [self.uuid]


class Nvml:
    """Queries to NVML. Without its shared library, or without a driver, there are no GPUs and nothing is known.

    Args:
        library: `pynvml`, or a stand-in for it.
    """

    def __init__(self, library: Any = pynvml) -> None:
        self._lib = library
        try:
            library.nvmlInit()
            self._works = True
        except pynvml.NVMLError:  # NVMLError_LibraryNotFound on a machine without the driver
            self._works = False

    def cards(self) -> list[Gpu]:
        """The cards in the order of the bus; none if one of them cannot be queried."""
        if not self._works:
            return []
        try:
            handles = [self._lib.nvmlDeviceGetHandleByIndex(i) for i in range(self._lib.nvmlDeviceGetCount())]
            return [
                Gpu(self._lib.nvmlDeviceGetUUID(card), self._lib.nvmlDeviceGetName(card), self._slices(card))
                for card in handles
            ]
        except pynvml.NVMLError:
            return []

    def _slices(self, card: Any) -> list[str]:
        slices = []
        try:
            if self._lib.nvmlDeviceGetMigMode(card)[0] != pynvml.NVML_DEVICE_MIG_ENABLE:
                return []
            count = self._lib.nvmlDeviceGetMaxMigDeviceCount(card)
        except pynvml.NVMLError:  # NVMLError_NotSupported on most cards
            return []
        for index in range(count):
            try:
                slices.append(self._lib.nvmlDeviceGetUUID(self._lib.nvmlDeviceGetMigDeviceHandleByIndex(card, index)))
            except pynvml.NVMLError:  # NVMLError_NotFound: there may be fewer slices than the most possible
                continue
        return slices

    def foreign(self, device: str, own_pid: int | None) -> bool | None:
        """Whether another process than our worker computes on a device; None if it is unknown (a MIG slice, no NVML).

        Args:
            device: its UUID.
            own_pid: the process id of our worker. In a container NVML may give the ids of the host, among which ours
                is not found: then one process is taken for ours, and two are one too many.
        """
        if not self._works or not device.startswith("GPU-"):
            return None
        try:
            card = self._lib.nvmlDeviceGetHandleByUUID(device)
            users = [process.pid for process in self._lib.nvmlDeviceGetComputeRunningProcesses(card)]
        except pynvml.NVMLError:
            return None
        if own_pid in users:
            return len(users) > 1
        return len(users) > (0 if own_pid is None else 1)

    def clocks(self, device: str) -> tuple[float | None, bool | None]:
        """(MHz of the multiprocessors, whether heat or power lowers it) of a device at this moment; None if unknown."""
        if not self._works:
            return None, None
        mhz, reasons = None, None
        try:
            card = self._lib.nvmlDeviceGetHandleByUUID(device)
            mhz = float(self._lib.nvmlDeviceGetClockInfo(card, pynvml.NVML_CLOCK_SM))
            reasons = self._lib.nvmlDeviceGetCurrentClocksEventReasons(card)
        except pynvml.NVMLError:
            pass
        return mhz, None if reasons is None else bool(reasons & _SLOWDOWN)

    def driver_version(self) -> str | None:
        """The version of the driver, None if it is unknown."""
        if not self._works:
            return None
        try:
            return str(self._lib.nvmlSystemGetDriverVersion())
        except pynvml.NVMLError:
            return None


_SLOWDOWN = (
    pynvml.nvmlClocksEventReasonHwSlowdown
    | pynvml.nvmlClocksEventReasonSwThermalSlowdown
    | pynvml.nvmlClocksEventReasonHwThermalSlowdown
    | pynvml.nvmlClocksEventReasonHwPowerBrakeSlowdown
)
"""Reasons for a lower clock that slow a computation down. Idling and a power cap do not count."""


@functools.cache
def connect() -> Nvml:
    """NVML of this machine, initialised once in a process."""
    return Nvml()


def usable(cards: Sequence[Gpu], visible: str | None, order: str | None = None) -> list[str]:
    """The devices that a process may use, in the order in which CUDA counts them, by UUID where that is known.

    Args:
        cards: as `Nvml.cards`.
        visible: CUDA_VISIBLE_DEVICES, None if it is not set. As in CUDA, nothing after the first bad entry counts.
        order: CUDA_DEVICE_ORDER. Unless it is PCI_BUS_ID, an index does not identify one of cards of different kinds,
            and stays an index.
    """
    if visible is None:
        return [device for card in cards for device in card.devices]
    by_bus = order == "PCI_BUS_ID" or len({card.name for card in cards}) == 1
    everything = [device for card in cards for device in (card.uuid, *card.slices)]
    uuids: list[str] = []
    for entry in (part.strip() for part in visible.split(",")):
        if re.fullmatch(r"\d+", entry):
            if int(entry) >= len(cards):
                break
            uuids += cards[int(entry)].devices if by_bus else [entry]
        else:
            matches = [device for device in everything if entry and device.startswith(entry)]
            if len(matches) != 1:
                break
            uuids += matches
    return uuids


def here() -> list[str]:
    """The devices that this process may use, as `usable`; none unless torch can use them too."""
    import torch

    if not torch.cuda.is_available():
        return []
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    cards = usable(connect().cards(), visible, os.environ.get("CUDA_DEVICE_ORDER"))
    count = torch.cuda.device_count()
    if cards and (len(cards) <= count or any(name.startswith("MIG-") for name in cards)):
        return cards  # CUDA itself counts one slice only, however many there are
    names = [name for name in (visible or "").split(",") if name]
    return names[:count] if names else [str(index) for index in range(count)]
