"""Data classes for signals and their registry entries, `SignalError`, and the sampling grid.

All modules of `inrbench.tasks.signals` depend on this one. It imports numpy only, so that listing signals is fast.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Sampler = Callable[[tuple[NDArray[np.float64], ...]], NDArray[Any]]
"""Function that is defined at every point: the axes of a grid, each in [-1, 1] -> values, an array of its shape."""

PICTURES = ("image-gray", "image-rgb", "ct")
GRAY = ("image-gray", "ct")
SHAPES = ("shape-2d", "shape-3d")
KINDS = (*PICTURES, "audio", *SHAPES, "function", "distance", "video", "scene", "solids", "waves")
"""Kinds of signals: pictures, one channel over time, indicator functions of shapes, functions of one variable, signed
distance functions, clips, scenes of Gaussian blobs, scenes of coloured solids, standing waves."""

MIN_SIDE = 8
"""Smallest side of a picture in pixels: the windows of SSIM (7 x 7) must fit."""


class SignalError(ValueError):
    """Error for a signal that is unknown, unreadable or unsuitable; one line with its name and the remedy."""


@dataclass(frozen=True)
class Signal:
    """A loaded signal.

    Attributes:
        name: name in suites and results. For a user's file it is made of its stem and its hash (see `file_signal`).
        array: float32. For a picture (H, W, C) in [0, 1]; for audio (N, 1) in [-1, 1]; for a function (N, 1), its
            values at N pixel centres; for a shape its source data: samples, heights, a silhouette or triangles; for a
            distance its samples (N, N, N); for a video (T, H, W, C) in [0, 1]; for a scene (K, 5), the centre, standard
            deviation and peak value of each blob; for waves (K, 3), the frequencies along both axes and the amplitude.
        sha256: hash of the bytes of the array as stored by the source, before scaling; for a user's file see
            `file_signal`.
        licence: licence as stated by the source.
        kind: one of `KINDS`.
        sample: for a shape, a function or a distance, its values on any grid.
        rate: for audio, the sampling rate in Hz.
        notes: what was done to a user's file, apart from dividing by the largest value of its type: short phrases such
            as "first of 3 frames".
    """

    name: str
    array: NDArray[np.float32]
    sha256: str
    licence: str
    kind: str
    sample: Sampler | None = None
    rate: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SignalSource:
    """Registry entry of a named signal: its source, its hash, and the functions that load and scale it.

    Attributes:
        name: name in suites.
        kind: one of `KINDS`; a ``ct`` signal has one channel.
        shape: shape of the raw array.
        package: the package that contains it, with the version of the recorded array, or the repository of a download.
        licence: licence as stated by the source.
        description: one line for `inrbench list signals`.
        sha256: hash of the bytes of the raw array.
        loader: returns the raw array.
        scale: raw array -> float32 values: in [0, 1], in [-1, 1] for audio, in its own unit for a function.
        sampler: for a shape or a function: raw array -> function on any grid.
        rate: for audio, the sampling rate in Hz.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    package: str
    licence: str
    description: str
    sha256: str
    loader: Callable[[], NDArray[Any]]
    scale: Callable[[NDArray[Any]], NDArray[np.float32]]
    sampler: Callable[[NDArray[Any]], Sampler] | None = None
    rate: float | None = None


def pixel_centres(n: int) -> NDArray[np.float64]:
    """Centres (2i+1)/n - 1 of ``n`` equal cells of [-1, 1]: (n,), the sampling points of every axis of every task."""
    return (2 * np.arange(n) + 1) / n - 1


def file_signal(
    path: Path,
    array: NDArray[np.float32],
    kind: str,
    *,
    hashed: NDArray[Any] | None = None,
    sample: Sampler | None = None,
    rate: float | None = None,
    notes: tuple[str, ...] = (),
) -> Signal:
    """Signal from a user's file, named ``<stem>@<8 digits>`` of the hash of its values.

    The name does not contain the folder, so the same file has the same name on every machine, and a changed file has
    another one. The hash is of what a task sees: the kind, and the type, the shape and the bytes of the values after
    scaling. A file that is read in two ways (another frame, another range of values) is therefore two signals, and two
    pictures with the same bytes in another shape are two as well.

    Args:
        path: the file.
        array: its values, as for `Signal.array`.
        kind: one of `KINDS`.
        hashed: what is hashed instead of ``array``, where that is less than the task sees.
        sample: as for `Signal`.
        rate: as for `Signal`.
        notes: as for `Signal`.
    """
    values = np.ascontiguousarray(array if hashed is None else hashed)
    values = values.astype(values.dtype.newbyteorder("<"), copy=False)
    digest = hashlib.sha256(f"{kind} {values.dtype.str} {values.shape} ".encode())
    digest.update(values.tobytes())
    sha256 = digest.hexdigest()
    name = f"{path.stem}@{sha256[:8]}"
    return Signal(name, array, sha256, "the user's own file", kind, sample, rate, notes)


def prepared(signal: Signal, shape: tuple[int, ...]) -> str | None:
    """What was done to a signal before it became a problem on a grid, for the reader; None if nothing was.

    Example:
        >>> prepared(load("coffee"), (64, 96))
        '400 × 600 → 64 × 96'
    """
    original = signal.array.shape[: 2 if signal.kind in PICTURES else 1]
    resized = signal.kind in (*PICTURES, "audio") and original != shape
    sizes = (" × ".join(map(str, original)), " × ".join(map(str, shape)))
    return "; ".join([*signal.notes, *([" → ".join(sizes)] if resized else [])]) or None


def sha256_of(array: NDArray[Any]) -> str:
    """Hash of the bytes of an array in row-major order, as 64 hexadecimal digits."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def reason(error: BaseException) -> str:
    """Message of an error in one line, or the name of its class if it has none."""
    return one_line(getattr(error, "strerror", None) or str(error) or type(error).__name__)


def one_line(text: str) -> str:
    """Text of unknown origin as a message shows it: line breaks, control characters and blanks become one blank."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
