"""Trained networks of stored results: as modules, and drawn at any resolution."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.engine.block_size import DEFAULT
from inrbench.bench.engine.engine import AutogradEngine, choose_engine
from inrbench.bench.errors import BadInput, did_you_mean
from inrbench.bench.machine.process_setup import as_in_a_worker
from inrbench.bench.store.reader import Reader
from inrbench.bench.training.scoring import evaluate
from inrbench.bench.training.weights import Blueprint, rebuild
from inrbench.tasks.core.base import Task, grid_coords

MOST = 1 << 28
"""Grid points that may be drawn: their values take a gigabyte or a few."""


@dataclass(frozen=True)
class TrainedNetwork:
    """A trained network with what is known of its job."""

    module: nn.Module
    blueprint: Blueprint
    task: Task

    def at(self, coords: Tensor) -> Tensor:
        """Values (N, C) at coordinates (N, d), in blocks."""
        return evaluate(AutogradEngine(self.module), coords.float(), DEFAULT)

    def on_its_grid(self) -> Tensor:
        """Values (N, C) at the coordinates of the job, computed as the job computed them, to the bit."""
        how, coords = self.blueprint.evaluation, grid_coords(self.blueprint.shape)

        def values() -> Tensor:
            engine = choose_engine(
                self.module, coords, large=how.large, precision=how.precision, derivatives=how.derivatives
            )
            return evaluate(engine, coords, how.block_rows)

        return as_in_a_worker(how.threads, values)

    def reconstruction(self, size: int | None = None) -> NDArray[np.float32]:
        """The reconstruction: (*shape, C).

        Args:
            size: samples along the longest axis; None for the grid of the job, where it equals the stored array.

        Raises:
            BadInput: if the size is not positive, or too large.
        """
        shape = self.blueprint.shape if size is None else _scaled(self.blueprint.shape, size)
        values = self.on_its_grid() if size is None else self.at(grid_coords(shape))
        picture: NDArray[np.float32] = self.task.comparable(values).detach().float().numpy()
        return picture.reshape(*shape, picture.shape[-1])


def trained(store: Reader, job: str, plugins: Sequence[str | Path] = ()) -> TrainedNetwork:
    """The trained network of a job, by its id or the first digits of it.

    Raises:
        BadInput: if the job is unknown or ambiguous, its weights were not kept, or its plugin file was not given.
    """
    job_id = _job_id(store, job)
    weights = store.weights(job_id)
    if weights is None:
        raise BadInput(
            f"job {job_id}: its weights were not kept; run the suite again with --retry ok --keep-weights, which "
            "trains its finished jobs again"
        )
    blueprint = Blueprint.from_json(weights[1])
    registries = Plugins(plugins)
    names = {*registries.activations.names(), *registries.tasks.names()}
    if missing := {blueprint.activation.name, blueprint.task.name} - names:
        raise BadInput(
            f"job {job_id}: {min(missing)} is of a plugin file ({blueprint.plugin_file}, sha256 "
            f"{blueprint.plugin_sha256[:12]}…) that is not loaded; name it: --plugin FILE, or plugins=[FILE]"
        )
    return TrainedNetwork(
        rebuild(blueprint, weights[0], registries), blueprint, registries.tasks.create(blueprint.task)
    )


def _job_id(store: Reader, job: str) -> str:
    ids = store.table("runs").column("job_id").to_pylist()
    matches = [job_id for job_id in ids if job_id.startswith(job)] if job else []
    if len(matches) != 1:
        what = "no job" if not matches else f"{len(matches)} jobs"
        hint = did_you_mean(job, ids) if not matches and len(ids) < 20 else "; `inrbench export` lists them"
        raise BadInput(f"{job!r}: {what} of that id in {store.root}{hint}")
    return str(matches[0])


def _scaled(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    scaled = tuple(max(1, round(side * size / max(shape))) for side in shape) if size > 0 else (0,)
    if not 0 < np.prod(scaled, dtype=float) <= MOST:
        raise BadInput(f"size {size}: must be positive and give at most {MOST:,} points; here it gives {scaled}")
    return scaled


# -- files -------------------------------------------------------------------------------------------------------------


def write(values: NDArray[np.float32], blueprint: Blueprint, path: Path) -> None:
    """Write a reconstruction as a picture (.png), sound (.wav) or array (.npy, values as they are), by the suffix.

    Raises:
        BadInput: if values of this shape cannot be written as such a file.
    """
    writers: dict[str, Callable[[NDArray[np.float32]], bytes | None]] = {
        ".png": _png,
        ".wav": partial(_wav, rate=_rate(values, blueprint)),
        ".npy": _npy,
    }
    if path.suffix.lower() not in writers:
        raise BadInput(f"{path}: the file must end in {', '.join(writers)}")
    content = writers[path.suffix.lower()](values)
    if content is None:
        raise BadInput(f"{path}: values of shape {values.shape} are none of that kind; write them as .npy")
    atomic_write(path, content)


def suffix(values: NDArray[np.float32], blueprint: Blueprint) -> str:
    """The kind of file that shows values best: a picture, a sound, or an array for what is neither."""
    if values.ndim == 3 and values.shape[-1] in (1, 3):
        return ".png"
    return ".wav" if values.ndim == 2 and blueprint.rate else ".npy"


def _rate(values: NDArray[np.float32], blueprint: Blueprint) -> float | None:
    """Samples a second at which a sound lasts as long as its signal."""
    return blueprint.rate and blueprint.rate * len(values) / blueprint.shape[0]


def _png(values: NDArray[np.float32]) -> bytes | None:
    if values.ndim != 3 or values.shape[-1] not in (1, 3):
        return None
    pixels = np.round(255 * np.clip(np.nan_to_num(values), 0, 1)).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(buffer, "png")
    return buffer.getvalue()


def _wav(values: NDArray[np.float32], rate: float | None) -> bytes | None:
    if values.ndim != 2 or rate is None:
        return None
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(values.shape[1])
        file.setsampwidth(2)
        file.setframerate(max(1, round(rate)))
        file.writeframes(np.round(32767 * np.clip(np.nan_to_num(values), -1, 1)).astype("<i2").tobytes())
    return buffer.getvalue()


def _npy(values: NDArray[np.float32]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()
