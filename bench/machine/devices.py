"""Device slots: what ``--devices`` means, and how many threads each slot gets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from inrbench.bench.errors import BadInput
from inrbench.bench.machine.cpu_time import usable_cores


@dataclass(frozen=True)
class SlotSpec:
    """One slot: at most one job runs on it at a time.

    Attributes:
        device: what the worker calls its device: ``"cpu"`` or ``"cuda:0"`` (a worker sees no other GPU than its own).
        visible: the worker's CUDA_VISIBLE_DEVICES.
        threads: the worker's CPU threads.
        exclusive: whether no other slot shares its device: only then are its timings comparable.
    """

    device: str
    visible: str
    threads: int
    exclusive: bool


def gpus() -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES would name them; see `bench.machine.nvml`."""
    from inrbench.bench.machine.nvml import here

    return here()


def cpus() -> int:
    """The number of CPU threads that this process may use."""
    return len(usable_cores())


def slots(text: str, available: Sequence[str], threads: int) -> list[SlotSpec]:
    """The slots that ``--devices`` asks for: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``cpu*2``, or several with
    commas.

    Args:
        available: the GPUs there are, see `gpus`.
        threads: the CPU threads there are; the slots share them evenly.

    Raises:
        BadInput: if a device is unknown or not there.
    """
    names: list[str] = []
    for part in text.split(","):
        match = re.fullmatch(r"(auto|cpu|cuda|cuda:(\d+))(?:\*([1-9]\d{0,2}))?", part.strip())
        if match is None:
            raise BadInput(f"--devices {text}: {part!r} is not a device; give auto, cpu, cuda, cuda:0 or e.g. cpu*2")
        kind, index, times = match.group(1), match.group(2), int(match.group(3) or 1)
        if kind == "auto":
            kind = "cuda" if available else "cpu"
        if kind.startswith("cuda") and int(index or 0) >= len(available):
            raise BadInput(f"--devices {text}: there are {len(available)} GPUs here; give cpu, or a lower number")
        chosen = [f"cuda:{i}" for i in range(len(available))] if kind == "cuda" else [kind]
        names += chosen * times
    sharers = Counter(names)
    share = max(1, threads // len(names))
    return [
        SlotSpec(
            device="cpu" if name == "cpu" else "cuda:0",
            visible="" if name == "cpu" else available[int(name.removeprefix("cuda:"))],
            threads=share,
            exclusive=sharers[name] == 1,
        )
        for name in names
    ]
