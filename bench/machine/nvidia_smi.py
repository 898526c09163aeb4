"""What ``nvidia-smi`` tells: which GPUs there are, who else computes on them, and whether they are held back.

GPUs are named by UUID from here on. An index means one thing to nvidia-smi (the order of the bus) and another to CUDA
(fastest first), and both change when a machine is given another card; a UUID is the same to everybody. A GPU that is
cut into MIG slices is not a device itself: each slice is one.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Ask = Callable[..., str]
"""Runs ``nvidia-smi`` with arguments and returns what it prints; nothing where there is none."""

_HELD_BACK = 0x8 | 0x20 | 0x40 | 0x80
"""Bits of the reasons for a lower clock that slow a computation down: hardware slowdown, software thermal, hardware
thermal, power brake. Idling and a power cap that was set on purpose are none of them."""


@dataclass(frozen=True)
class Gpu:
    """A card: its UUID, what it is called, and the UUIDs of its MIG slices, if it is cut into such."""

    uuid: str
    name: str
    slices: list[str] = field(default_factory=list)

    @property
    def devices(self) -> list[str]:
        return self.slices or [self.uuid]


def ask(*arguments: str) -> str:
    """`Ask` for real."""
    try:
        return subprocess.run(["nvidia-smi", *arguments], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def listed(text: str) -> list[Gpu]:
    """The cards in the output of ``nvidia-smi -L``, in its order."""
    found: list[Gpu] = []
    for line in text.splitlines():
        if match := re.match(r"GPU \d+: (.+) \(UUID: (GPU-[\w-]+)\)", line):
            found.append(Gpu(match.group(2), match.group(1)))
        elif found and (match := re.match(r"\s+MIG .*\(UUID: (MIG-[\w/-]+)\)", line)):
            found[-1].slices.append(match.group(1))
    return found


def usable(cards: Sequence[Gpu], visible: str | None, order: str | None = None) -> list[str]:
    """The devices that a process may use, in the order in which CUDA counts them, by UUID where that is known.

    Args:
        cards: as `listed`.
        visible: CUDA_VISIBLE_DEVICES, None if it is not set. Like CUDA, nothing behind the first bad entry counts.
        order: CUDA_DEVICE_ORDER. Unless it is PCI_BUS_ID, an index says nothing about cards of different kinds, and
            stays an index.
    """
    if visible is None:
        return [device for card in cards for device in card.devices]
    by_bus = order == "PCI_BUS_ID" or len({card.name for card in cards}) == 1
    everything = [device for card in cards for device in (card.uuid, *card.slices)]
    found: list[str] = []
    for entry in (part.strip() for part in visible.split(",")):
        if re.fullmatch(r"\d+", entry):
            if int(entry) >= len(cards):
                break
            found += cards[int(entry)].devices if by_bus else [entry]
        else:
            matches = [device for device in everything if entry and device.startswith(entry)]
            if len(matches) != 1:
                break
            found += matches
    return found


def foreign(device: str, own: int | None, ask: Ask = ask) -> bool | None:
    """Whether another process than ours computes on a GPU; None if that cannot be known (a MIG slice, no nvidia-smi).

    Args:
        device: its UUID.
        own: the process id of our worker. In a container nvidia-smi may show ids of the host, among which ours is not
            to be found: then one process is taken for ours, and two are one too many.
    """
    if not device.startswith("GPU-"):
        return None
    text = ask("--query-compute-apps=gpu_uuid,pid", "--format=csv,noheader")
    users = [line.split(",")[1].strip() for line in text.splitlines() if line.startswith(device) and "," in line]
    if not text and not ask("-L"):
        return None
    if str(own) in users:
        return len(users) > 1
    return len(users) > (0 if own is None else 1)


def clocks(device: str, ask: Ask = ask) -> tuple[float | None, bool | None]:
    """(MHz, whether it is held back) of a GPU at this moment; None where it does not tell."""
    text = ask("-i", device, "--query-gpu=clocks.sm,clocks_throttle_reasons.active", "--format=csv,noheader,nounits")
    parts = [part.strip() for part in text.partition("\n")[0].split(",")]
    mhz = re.fullmatch(r"\d+(\.\d+)?", parts[0])
    reasons = re.fullmatch(r"0x[0-9a-fA-F]+", parts[-1])
    return float(mhz.group()) if mhz else None, bool(int(reasons.group(), 16) & _HELD_BACK) if reasons else None


def here() -> list[str]:
    """The devices that this process may use, as `usable`; nothing unless torch can use them too."""
    import torch

    if not torch.cuda.is_available():
        return []
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    found = usable(listed(ask("-L")), visible, os.environ.get("CUDA_DEVICE_ORDER"))
    count = torch.cuda.device_count()
    if found and (len(found) <= count or any(name.startswith("MIG-") for name in found)):
        return found  # CUDA itself counts one slice only, however many there are
    names = [name for name in (visible or "").split(",") if name]
    return names[:count] if names else [str(index) for index in range(count)]
