"""GPUs by NVML, on a stand-in for its library: no GPU is needed, and none has been seen."""

from __future__ import annotations

import pytest

from inrbench.bench.machine.devices import SlotSpec, slots
from inrbench.bench.machine.monitor import DeviceMonitor
from inrbench.bench.machine.nvml import Gpu, Nvml, usable
from tests.bench.machine.fake_nvml import FakeCard, FakeNvml, NoDriver

A, B = "GPU-5c89852c-d268-c3f3-1b07-005d5ae1dc3f", "GPU-9aa0f5a2-0c1e-4c34-9e8e-2b0b1a3c7d11"
M, N = "MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f", "MIG-cba663e8-9bed-5b25-b243-5985ef7c9beb"

H100, A100, T4 = "NVIDIA H100 80GB HBM3", "NVIDIA A100-SXM4-40GB", "NVIDIA T4"

TWO = [Gpu(A, H100), Gpu(B, H100)]
MIXED = [Gpu(A, H100), Gpu(B, T4)]
SLICED = [Gpu(A, A100, [M, N]), Gpu(B, A100)]


def test_cards_and_their_slices() -> None:
    # Of seven slices that are possible only the second and the fifth are made; the other card cannot be cut.
    cut, whole = FakeCard(A, A100, slices={1: M, 4: N}), FakeCard(B, A100)
    assert Nvml(FakeNvml([cut, whole])).cards() == SLICED
    assert Nvml(FakeNvml([FakeCard(A, H100, slices={})])).cards() == [Gpu(A, H100)]
    assert Nvml(FakeNvml([])).cards() == []


def test_without_the_library_there_are_no_gpus() -> None:
    nvml = Nvml(NoDriver())
    assert nvml.cards() == []
    assert nvml.foreign(A, 7) is None
    assert nvml.clocks(A) == (None, None)
    assert nvml.driver_version() is None


def test_a_card_that_is_lost_costs_no_job() -> None:
    nvml = Nvml(FakeNvml([FakeCard(A, H100)], lost=True))
    assert nvml.cards() == []
    assert nvml.foreign(A, 7) is None
    assert nvml.clocks(A) == (None, None)


def test_the_version_of_the_driver() -> None:
    assert Nvml(FakeNvml([])).driver_version() == "570.86.15"


@pytest.mark.parametrize(
    ("cards", "visible", "order", "expected"),
    [
        (TWO, None, None, [A, B]),
        (TWO, "", None, []),
        (TWO, "1", None, [B]),
        (TWO, "1,0", None, [B, A]),
        (TWO, f"{B}", None, [B]),
        (TWO, "GPU-9aa", None, [B]),
        (TWO, "GPU-", None, []),  # more than one begins so
        (TWO, "0,7,1", None, [A]),
        (TWO, "-1,0", None, []),
        (MIXED, None, None, [A, B]),
        (MIXED, "1", None, ["1"]),
        (MIXED, "1", "PCI_BUS_ID", [B]),
        (SLICED, None, None, [M, N, B]),
        (SLICED, "0", None, [M, N]),
        (SLICED, N, None, [N]),
        (SLICED, f"{N},1", None, [N, B]),
        ([], None, None, []),
    ],
)
def test_what_may_be_used(cards: list[Gpu], visible: str | None, order: str | None, expected: list[str]) -> None:
    assert usable(cards, visible, order) == expected


def test_slices_are_devices_of_their_own() -> None:
    found = slots("auto", usable(SLICED, None), 9)
    assert [slot.visible for slot in found] == [M, N, B]
    assert all(slot.threads == 3 and slot.exclusive and slot.device == "cuda:0" for slot in found)


@pytest.mark.parametrize(
    ("users", "own", "expected"),
    [
        ({}, 7, False),
        ({A: [7]}, 7, False),
        ({A: [7], B: [9]}, 7, False),
        ({A: [7, 9]}, 7, True),
        ({A: [9]}, None, True),  # before the worker has started
        ({A: [4007]}, 7, False),  # another namespace of process ids: this one must be ours
        ({A: [4007, 4009]}, 7, True),
    ],
)
def test_others_on_the_device(users: dict[str, list[int]], own: int | None, expected: bool) -> None:
    nvml = Nvml(FakeNvml([FakeCard(uuid, H100, pids=users.get(uuid, [])) for uuid in (A, B)]))
    assert nvml.foreign(A, own) is expected
    assert nvml.foreign(M, own) is None
    slot = SlotSpec("cuda:0", A, threads=1, exclusive=True)
    assert DeviceMonitor(slot, own, nvml).end(own).shared is expected


@pytest.mark.parametrize(
    ("mhz", "reasons", "expected"),
    [
        (1980, 0x0, (1980.0, False)),
        (1410, 0x1, (1410.0, False)),  # idle
        (1410, 0x4, (1410.0, False)),  # a power cap
        (900, 0x40, (900.0, True)),  # heat
        (900, 0x84, (900.0, True)),  # power brake
        (1980, None, (1980.0, None)),
        (None, None, (None, None)),
    ],
)
def test_clocks(mhz: int | None, reasons: int | None, expected: tuple[float | None, bool | None]) -> None:
    assert Nvml(FakeNvml([FakeCard(A, H100, mhz=mhz, reasons=reasons)])).clocks(A) == expected
