"""Training checkpoints: where a long job stands goes to a file now and then, and the job resumes from it after a kill.

A resumed job ends in the very bits that an undisturbed one ends in. Hence a checkpoint holds all that decides them (the
network, the optimiser, the step, the random numbers), what has been scored so far, the seconds of every phase, and the
*facts* of the machine and of the code that they hold for. One with other facts, or one that is damaged, does not
count: this is said in one line, and the job starts anew.

The file is an npz without a pickle, so that reading it runs no code: one array of bytes for each tensor, and a header
in JSON. It is written by the worker, whole or not at all, and removed by `bench.runner.runner` once the job has ended
by itself.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import math
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

import activations
import bench
import tasks
from bench.config.plugins import source_sha256
from bench.machine import provenance
from bench.training.clock import PHASES, Clock
from bench.training.descent import Descent
from bench.training.early_stopping import Point

SECONDS = 60.0
"""Between two checkpoints, and before the first; ``INRBENCH_CHECKPOINT`` sets it by hand, ``inf`` being never."""

Facts = dict[str, str | int | bool]

_DTYPES = {str(value): value for value in vars(torch).values() if isinstance(value, torch.dtype)}

_SCORE = {"step": int, "train_s": float, "metric": str, "value": float, "direction": int}


@dataclass(frozen=True)
class State:
    """Where the training of a job stands.

    Attributes:
        step: steps done.
        seconds: of every phase of the clock, and ``wall``.
        points, scores: what has been scored so far.
        tensors: what decides the steps to come, by name.
    """

    step: int
    seconds: dict[str, float]
    points: list[Point]
    scores: list[dict[str, Any]]
    tensors: dict[str, Tensor]


def facts(job_id: str, device: torch.device, plugins: tuple[type[Any], ...], rows: int, engine: str) -> Facts:
    """What decides the bits of a job's results beside what is declared, and where its seconds were spent.

    Args:
        plugins: the classes of the task and of the activation.
        rows: of one block.
        engine: its name.
    """
    on_gpu = device.type == "cuda"
    return {
        "job_id": job_id,
        "block_rows": rows,
        "engine": engine,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
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


def encode(state: State, known: Facts) -> bytes:
    """A checkpoint as the content of its file."""
    header = {
        "facts": known,
        "step": state.step,
        "seconds": state.seconds,
        "points": [astuple(point) for point in state.points],
        "scores": state.scores,
        "tensors": {name: [str(value.dtype), list(value.shape)] for name, value in state.tensors.items()},
    }
    # As bytes, because numpy does not know every dtype that torch knows.
    arrays = {name: _bytes(value) for name, value in state.tensors.items()}
    buffer = io.BytesIO()
    np.savez(buffer, header=np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _bytes(value: Tensor) -> np.ndarray[Any, np.dtype[np.uint8]]:
    found: np.ndarray[Any, np.dtype[np.uint8]] = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    return found


def read(path: Path, known: Facts) -> State:
    """The inverse of `encode`; what the facts do not agree with is not read further than its header.

    Raises:
        ValueError: if it is one of other facts. One that is damaged or no checkpoint at all raises whatever the decoder
            meets first.
    """
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
        # A checkpoint is stored uncompressed: one that would unpack to more than its own size was not made here.
        if sum(member.file_size for member in archive.zip.infolist()) > os.fstat(file.fileno()).st_size:
            raise ValueError("it promises more than it holds")
        header = json.loads(archive["header"].tobytes())
        for name, value in known.items():
            if header["facts"][name] != value:
                raise ValueError(f"its {name} is {str(header['facts'][name])[:80]!r}, here it is {str(value)[:80]!r}")
        return State(
            step=_typed(header["step"], int),
            seconds={name: _typed(header["seconds"][name], float) for name in (*PHASES, "wall")},
            points=[
                Point(_typed(step, int), _typed(loss, float), held if held is None else _typed(held, float))
                for step, loss, held in header["points"]
            ],
            scores=[{name: _typed(score[name], kind) for name, kind in _SCORE.items()} for score in header["scores"]],
            tensors={
                name: _tensor(archive[name], _DTYPES[dtype]).reshape(shape)
                for name, (dtype, shape) in header["tensors"].items()
            },
        )


def _tensor(content: np.ndarray[Any, np.dtype[np.uint8]], dtype: torch.dtype) -> Tensor:
    return torch.from_numpy(content).view(dtype) if len(content) else torch.empty(0, dtype=dtype)


def _typed(value: Any, kind: type[Any]) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{value!r:.80} is no {kind.__name__}")
    return value


def interval() -> float:
    """Seconds between two checkpoints.

    Raises:
        ValueError: if ``INRBENCH_CHECKPOINT`` is no positive number.
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


class Keeper:
    """Keeps the training of one job, and resumes it.

    Args:
        path: of the checkpoint; None where nothing is to be kept.
        describe: gives the facts; called only where there is a file to be read or written.
        device: whose random numbers are kept, with the CPU's.
        descent, clock, points, scores: what is kept, and changed by `resume`.
    """

    def __init__(
        self,
        path: Path | None,
        describe: Callable[[], Facts],
        device: torch.device,
        descent: Descent,
        clock: Clock,
        points: list[Point],
        scores: list[dict[str, Any]],
    ) -> None:
        self._path, self._describe, self._device = path, describe, device
        self._descent, self._clock, self._points, self._scores = descent, clock, points, scores
        self._interval = math.inf if path is None else interval()
        self._due = time.monotonic() + self._interval

    def due(self) -> bool:
        """Whether it is time for a checkpoint: a look at the clock and at no device, cheap enough for every step."""
        return time.monotonic() >= self._due

    def save(self) -> None:
        """Write a checkpoint. One that cannot be written costs nothing but itself: that is printed."""
        assert self._path is not None
        from bench.store.store import Store

        state = State(
            self._descent.step,
            self._clock.seconds | {"wall": self._clock.wall()},
            self._points,
            self._scores,
            self._descent.state() | _random_state(self._device),
        )
        try:
            Store.write(self._path, encode(state, self._describe()))
        except (OSError, MemoryError) as error:
            cause = getattr(error, "strerror", None) or error
            print(f"no checkpoint at step {state.step}: {cause}; training goes on")
        self._due = time.monotonic() + self._interval

    def resume(self) -> int | None:
        """Go on from the checkpoint, if there is one that counts.

        Returns:
            the step it was taken after; None if the job starts anew.
        """
        if self._path is None or not self._path.exists():
            return None
        try:
            state = read(self._path, self._describe())
            last = state.points[-1].step if state.points else 0
            if not last <= state.step < self._descent.steps:
                raise ValueError(f"it stands at step {state.step} of {self._descent.steps}")
            _set_random_state(state.tensors, self._device)
            self._descent.restore(state.tensors, state.step)  # whole or not at all, and last
        except Exception as error:  # whatever is wrong with it, the job can start anew
            cause = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            print(f"the checkpoint {self._path.name} does not count ({cause}); the job starts anew")
            return None
        self._points[:], self._scores[:] = state.points, state.scores
        self._clock.add(state.seconds)
        print(f"resumed after step {state.step} of {self._descent.steps}")
        return state.step


def _random_state(device: torch.device) -> dict[str, Tensor]:
    found = {"random/cpu": torch.get_rng_state()}
    return found | ({"random/cuda": torch.cuda.get_rng_state(device)} if device.type == "cuda" else {})


def _set_random_state(tensors: Mapping[str, Tensor], device: torch.device) -> None:
    torch.set_rng_state(tensors["random/cpu"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(tensors["random/cuda"], device)
