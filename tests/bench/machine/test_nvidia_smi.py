"""GPUs by UUID, from what nvidia-smi prints; none of these exists."""

from __future__ import annotations

import pytest

from bench.machine.devices import SlotSpec, slots
from bench.machine.monitor import Watch
from bench.machine.nvidia_smi import clocks, foreign, listed, usable

A, B = "GPU-5c89852c-d268-c3f3-1b07-005d5ae1dc3f", "GPU-9aa0f5a2-0c1e-4c34-9e8e-2b0b1a3c7d11"
M, N = "MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f", "MIG-cba663e8-9bed-5b25-b243-5985ef7c9beb"

TWO = f"GPU 0: NVIDIA H100 80GB HBM3 (UUID: {A})\nGPU 1: NVIDIA H100 80GB HBM3 (UUID: {B})\n"
MIXED = TWO.replace("GPU 1: NVIDIA H100 80GB HBM3", "GPU 1: NVIDIA T4")
SLICED = f"""GPU 0: NVIDIA A100-SXM4-40GB (UUID: {A})
  MIG 3g.20gb     Device  0: (UUID: {M})
  MIG 3g.20gb     Device  1: (UUID: {N})
GPU 1: NVIDIA A100-SXM4-40GB (UUID: {B})
"""


def test_the_list_is_read() -> None:
    assert [(card.uuid, card.name, card.slices) for card in listed(SLICED)] == [
        (A, "NVIDIA A100-SXM4-40GB", [M, N]),
        (B, "NVIDIA A100-SXM4-40GB", []),
    ]
    assert listed("") == listed("Failed to initialize NVML: Driver/library version mismatch") == []


@pytest.mark.parametrize(
    ("text", "visible", "order", "expected"),
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
        ("", None, None, []),
    ],
)
def test_what_may_be_used(text: str, visible: str | None, order: str | None, expected: list[str]) -> None:
    assert usable(listed(text), visible, order) == expected


def test_slices_are_devices_of_their_own() -> None:
    found = slots("auto", usable(listed(SLICED), None), 9)
    assert [slot.visible for slot in found] == [M, N, B]
    assert all(slot.threads == 3 and slot.exclusive and slot.device == "cuda:0" for slot in found)


@pytest.mark.parametrize(
    ("users", "own", "expected"),
    [
        ([], 7, False),
        ([(A, 7)], 7, False),
        ([(A, 7), (B, 9)], 7, False),
        ([(A, 7), (A, 9)], 7, True),
        ([(A, 9)], None, True),  # before the worker has started
        ([(A, 4007)], 7, False),  # another namespace of process ids: this one must be ours
        ([(A, 4007), (A, 4009)], 7, True),
    ],
)
def test_others_on_the_device(users: list[tuple[str, int]], own: int | None, expected: bool) -> None:
    def ask(*arguments: str) -> str:
        return TWO if arguments == ("-L",) else "".join(f"{uuid}, {pid}\n" for uuid, pid in users)

    assert foreign(A, own, ask) is expected
    assert foreign(A, own, lambda *_: "") is None
    assert foreign(M, own, ask) is None
    slot = SlotSpec("cuda:0", A, threads=1, exclusive=True)
    assert Watch(slot, own, ask).end(own).shared is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1980, 0x0000000000000000\n", (1980.0, False)),
        ("1410, 0x0000000000000001\n", (1410.0, False)),  # idle
        ("900, 0x0000000000000040\n", (900.0, True)),
        ("1980, [N/A]\n", (1980.0, None)),
        ("[N/A], [N/A]", (None, None)),
        ("", (None, None)),
    ],
)
def test_clocks(text: str, expected: tuple[float | None, bool | None]) -> None:
    assert clocks(A, lambda *_: text) == expected
