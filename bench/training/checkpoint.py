"""Checkpoints: the state of a long training is saved at intervals, and the job resumes from it after a kill.

A resumed job ends in the very bits of an undisturbed one. Hence a checkpoint holds everything that decides them (the
network, the optimiser, the step, the random numbers), the scores so far, the seconds of every phase, and a
*fingerprint* of the machine and of the code for which they hold. One with another fingerprint, or a damaged one, is
ignored: the job's log gives the reason in one line, and the job starts again.

The file is the sha256 of its content, then a dictionary written by `torch.save` and read with ``weights_only``, so that
reading it runs no code. The digest is ours because PyTorch does not notice a changed bit. The worker writes the file,
whole or not at all, and `inrbench.bench.runner.runner` removes it once the job has ended by itself.
"""

from __future__ import annotations

import functools
import hashlib
import io
import math
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inrbench import activations, bench, tasks
from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.config.plugins import source_sha256
from inrbench.bench.machine import provenance
from inrbench.bench.store.schema import Score
from inrbench.bench.training.clock import Clock
from inrbench.bench.training.descent import Descent
from inrbench.bench.training.early_stopping import EvalPoint

SECONDS = 60.0
"""Interval between two checkpoints, and before the first; ``INRBENCH_CHECKPOINT`` sets it, ``inf`` being never."""

Fingerprint = dict[str, str | int | bool]


@dataclass(frozen=True)
class Snapshot:
    """What a checkpoint holds of a training.

    Attributes:
        step: steps done.
        seconds: of every phase of the clock, and ``wall``.
        points, scores: those of the steps that have been scored.
        values: everything that decides the steps to come, by name: tensors, and lists and mappings of them.
    """

    step: int
    seconds: dict[str, float]
    points: list[EvalPoint]
    scores: list[Score]
    values: dict[str, Any]


@dataclass
class TrainingState:
    """What changes while a job trains.

    Attributes:
        descent, clock: the training and its seconds.
        device: its random numbers are saved with those of the CPU.
        fingerprint: gives that of the training; called only where there is a checkpoint to be read or written.
        points, scores: those of the eval steps so far.
    """

    descent: Descent
    clock: Clock
    device: torch.device
    fingerprint: Callable[[], Fingerprint]
    points: list[EvalPoint] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)

    def snapshot(self) -> Snapshot:
        """The state now. Tensors are not copies."""
        return Snapshot(
            self.descent.step,
            self.clock.seconds | {"wall": self.clock.wall()},
            list(self.points),
            list(self.scores),
            self.descent.state() | _random_state(self.device),
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot.

        Raises:
            ValueError: if it is not of this training. Nothing but the random numbers is changed then.
        """
        last = snapshot.points[-1].step if snapshot.points else 0
        if not last <= snapshot.step < self.descent.steps:
            raise ValueError(f"it is of step {snapshot.step} of {self.descent.steps}")
        _set_random_state(snapshot.values, self.device)
        self.descent.restore(snapshot.values, snapshot.step)  # whole or not at all
        self.points, self.scores = list(snapshot.points), list(snapshot.scores)
        self.clock.add(snapshot.seconds)


def fingerprint(
    job_id: str, device: torch.device, plugins: tuple[type[Any], ...], rows: int, engine: str
) -> Fingerprint:
    """What, beside the declared settings, decides the bits of a job's results and the meaning of its seconds.

    Args:
        plugins: the classes of the task, of the activation and of the optimiser.
        rows: of one block.
        engine: its name.
    """
    on_gpu = device.type == "cuda"
    return {
        "job_id": job_id,
        "block_rows": rows,
        "engine": engine,
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),  # of a class of its own, which is not a plain value
        "device": device.type,
        "device_name": torch.cuda.get_device_name(device) if on_gpu else provenance.cpu_name(),
        "plugins": source_sha256(*plugins),
        "inrbench": _own_source(),
    }


@functools.cache
def _own_source() -> str:
    """One hash over the source of what computes."""
    return source_of([Path(folder) for package in (bench, activations, tasks) for folder in package.__path__])


def source_of(folders: Iterable[Path]) -> str:
    """One hash over every Python file in folders and in the folders below them, names included."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def encode(snapshot: Snapshot, fingerprint: Fingerprint) -> bytes:
    """A checkpoint as the content of its file."""
    content = {item.name: getattr(snapshot, item.name) for item in fields(snapshot)}
    buffer = io.BytesIO()
    plain = {
        "points": [astuple(point) for point in snapshot.points],
        "scores": [tuple(score) for score in snapshot.scores],
    }
    torch.save({**content, **plain, "fingerprint": fingerprint}, buffer)
    return sealed(buffer.getvalue())


def sealed(payload: bytes) -> bytes:
    """A payload behind its digest."""
    return hashlib.sha256(payload).digest() + payload


def read(path: Path, fingerprint: Fingerprint) -> Snapshot:
    """The inverse of `encode`.

    Raises:
        ValueError: if the file is damaged, or its fingerprint is another.
        OSError: if it cannot be read.
        pickle.UnpicklingError: if it holds anything but tensors and plain values.
    """
    sealed_payload = path.read_bytes()
    payload = sealed_payload[hashlib.sha256().digest_size :]
    if sealed_payload != sealed(payload):
        raise ValueError("it is damaged")
    content = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
    stored = content.pop("fingerprint")
    for name, value in fingerprint.items():
        if stored.get(name) != value:
            raise ValueError(f"its {name} is {str(stored.get(name))[:80]!r}, here it is {str(value)[:80]!r}")
    points, scores = content.pop("points"), content.pop("scores")
    return Snapshot(
        **content, points=[EvalPoint(*point) for point in points], scores=[Score(*score) for score in scores]
    )


def interval() -> float:
    """Seconds between two checkpoints.

    Raises:
        ValueError: if ``INRBENCH_CHECKPOINT`` is not a positive number.
    """
    text = os.environ.get("INRBENCH_CHECKPOINT") or str(SECONDS)
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds > 0:
        raise ValueError(
            f"INRBENCH_CHECKPOINT is {text!r}; set it to seconds such as 60, to inf for never, or not at all"
        )
    return seconds


class Checkpointer:
    """Saves the state of a training at intervals, and resumes it.

    Args:
        state: of the training; changed by `resume`.
        path: file of the checkpoint; None to save nothing.
    """

    def __init__(self, state: TrainingState, path: Path | None) -> None:
        self.state = state
        self._path = path
        self._interval = math.inf if path is None else interval()
        self._next = time.monotonic() + self._interval

    def is_due(self) -> bool:
        """Whether it is time for a checkpoint. It reads the clock and waits for no device: cheap after every step."""
        return time.monotonic() >= self._next

    def save(self) -> None:
        """Write a checkpoint. If it cannot be written, the reason is printed and training goes on."""
        assert self._path is not None
        snapshot = self.state.snapshot()
        try:
            atomic_write(self._path, encode(snapshot, self.state.fingerprint()))
        except (OSError, MemoryError) as error:
            cause = getattr(error, "strerror", None) or error
            print(f"no checkpoint at step {snapshot.step}: {cause}; training goes on")
        self._next = time.monotonic() + self._interval

    def resume(self) -> int | None:
        """Continue from the checkpoint, if there is a valid one.

        Returns:
            the step after which it was saved; None if the job starts from the beginning.
        """
        if self._path is None or not self._path.exists():
            return None
        try:
            snapshot = read(self._path, self.state.fingerprint())
            self.state.restore(snapshot)
        except Exception as error:  # whatever is wrong with the file, the job can start anew
            cause = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            print(f"the checkpoint {self._path.name} is ignored ({cause}); the job starts again")
            return None
        print(f"resumed after step {snapshot.step} of {self.state.descent.steps}")
        return snapshot.step


def _random_state(device: torch.device) -> dict[str, Tensor]:
    state = {"random/cpu": torch.get_rng_state()}
    return state | ({"random/cuda": torch.cuda.get_rng_state(device)} if device.type == "cuda" else {})


def _set_random_state(values: Mapping[str, Any], device: torch.device) -> None:
    torch.set_rng_state(values["random/cpu"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(values["random/cuda"], device)
