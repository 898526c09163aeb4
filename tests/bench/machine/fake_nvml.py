"""Stand-ins for `pynvml`: made-up cards, and a machine without the driver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TypeVar

import pynvml

T = TypeVar("T")


class NoDriver:
    """`pynvml` where the shared library of NVML is missing."""

    def nvmlInit(self) -> None:
        raise pynvml.NVMLError_LibraryNotFound()


@dataclass(frozen=True)
class FakeCard:
    """A card; None where it does not support a query.

    Attributes:
        slices: index -> UUID of its MIG slices; None if it cannot be cut.
        pids: processes that compute on it.
        mhz, reasons: its clock, and the reasons for a lower one.
    """

    uuid: str
    name: str = ""
    slices: dict[int, str] | None = None
    pids: Sequence[int] = ()
    mhz: int | None = None
    reasons: int | None = None


class FakeNvml:
    """`pynvml` with made-up cards. As with the real one, what is not supported raises `NVMLError`.

    Args:
        lost: the driver works, but every query of a card fails.
    """

    def __init__(self, cards: Sequence[FakeCard], lost: bool = False) -> None:
        self._cards, self._lost = cards, lost

    def nvmlInit(self) -> None:
        pass

    def nvmlSystemGetDriverVersion(self) -> str:
        return "570.86.15"

    def nvmlDeviceGetCount(self) -> int:
        return len(self._cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeCard:
        if self._lost:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_GPU_IS_LOST)
        return self._cards[index]

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> FakeCard:
        for card in self._cards:
            if card.uuid == uuid and not self._lost:
                return card
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)

    def nvmlDeviceGetUUID(self, card: FakeCard) -> str:
        return card.uuid

    def nvmlDeviceGetName(self, card: FakeCard) -> str:
        return card.name

    def nvmlDeviceGetMigMode(self, card: FakeCard) -> list[int]:
        enabled = int(bool(_supported(card.slices)))
        return [enabled, enabled]

    def nvmlDeviceGetMaxMigDeviceCount(self, card: FakeCard) -> int:
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, card: FakeCard, index: int) -> FakeCard:
        if index not in _supported(card.slices):
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return FakeCard(_supported(card.slices)[index])

    def nvmlDeviceGetComputeRunningProcesses(self, card: FakeCard) -> list[SimpleNamespace]:
        return [SimpleNamespace(pid=pid, usedGpuMemory=None) for pid in card.pids]

    def nvmlDeviceGetClockInfo(self, card: FakeCard, kind: int) -> int:
        assert kind == pynvml.NVML_CLOCK_SM
        return _supported(card.mhz)

    def nvmlDeviceGetCurrentClocksEventReasons(self, card: FakeCard) -> int:
        return _supported(card.reasons)


def _supported(value: T | None) -> T:
    if value is None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
    return value
