"""What a signal is, and what a named one is before it is loaded: where it comes from; and the error of all signals."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Sampler = Callable[[tuple[NDArray[np.float64], ...]], NDArray[Any]]
"""Values of what is known at every point: the axes of a grid, each within [-1, 1], -> an array of the grid's shape."""

PICTURES = ("image-gray", "image-rgb", "ct")
SHAPES = ("shape-2d", "shape-3d")
KINDS = (*PICTURES, "audio", *SHAPES, "function")
"""``audio`` is one channel over time; a shape is what lies inside; a ``function`` has one variable."""


class SignalError(ValueError):
    """A signal that is unknown, unreadable or does not fit; the message names it and the remedy, in one line."""


@dataclass(frozen=True)
class Signal:
    """A loaded signal.

    Attributes:
        name: what a suite calls it; for a user's file its stem and the first digits of the sha256, never its path.
        array: float32. For a picture (H, W, C) in [0, 1]; for audio (N, 1) in [-1, 1]; for a function (N, 1), its
            values at N pixel centres; for a shape what it is made from: samples, heights, a silhouette, triangles.
        sha256: of the bytes of the array as the source gave it, before any scaling.
        licence: as the source states it.
        kind: one of `KINDS`.
        sample: for a shape or a function, its values on any grid.
        rate: for audio, samples a second.
    """

    name: str
    array: NDArray[np.float32]
    sha256: str
    licence: str
    kind: str
    sample: Sampler | None = None
    rate: float | None = None


@dataclass(frozen=True)
class SignalSource:
    """Where a named signal comes from.

    Attributes:
        name: what a suite calls it.
        kind: one of `KINDS`; a ``ct`` signal has one channel.
        shape: of the raw array.
        package: what carries it, with the version whose array was recorded, or the repository of an original.
        licence: as the source states it.
        description: one line.
        sha256: of the bytes of the raw array.
        loader: gives the raw array.
        scale: turns the raw array into values: in [0, 1], in [-1, 1] for audio, in its own unit for a function.
        sampler: for a shape or a function, what the raw array says at any point.
        rate: for audio, samples a second.
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


def sha256_of(array: NDArray[Any]) -> str:
    """The sha256 of an array's bytes, row-major."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def reason(error: BaseException) -> str:
    """The message of an error in one line."""
    return " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())
