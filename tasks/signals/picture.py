"""From the pixels that a file stores to a picture with values in [0, 1].

Every decoder hands over a `Decoded`; what colours, transparency and ranges of values mean is decided here alone.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.signal import MIN_SIDE, Signal, SignalError, file_signal, reason
from inrbench.tasks.signals.user_file import UserFile, scaled, undeclared

MAX_PIXELS = 50_000_000
"""Largest number of pixels; it is checked before a picture is decoded."""


@dataclass(frozen=True)
class Decoded:
    """A picture as its file stores it.

    Attributes:
        colour: (H, W) or (H, W, 3), of any type.
        alpha: opacity (H, W), of the same type; None for an opaque picture.
        premultiplied: whether the colour is already multiplied by the opacity.
        range: values of black and of white, where the file states them.
        unit: their unit.
        inverted: whether the lower value is white.
        kind: ``"image"``, or ``"ct"`` for a slice of computed tomography.
        notes: what the decoder chose, as for `Signal.notes`.
    """

    colour: NDArray[Any]
    alpha: NDArray[Any] | None = None
    premultiplied: bool = False
    range: tuple[float, float] | None = None
    unit: str = ""
    inverted: bool = False
    kind: str = "image"
    notes: tuple[str, ...] = ()


def picture_signal(file: UserFile, decoded: Decoded) -> Signal:
    """The signal of a decoded picture.

    Unsigned values of 8 and 16 bits are divided by the largest of their type, floats must be in [0, 1], and any other
    range is declared (`UserFile.range`) or stated by the file. Transparency is composited over white. A colour picture
    with three equal channels is a gray one.

    Raises:
        SignalError: if the range of the values is not known, or a value is not finite.
    """
    path = file.location
    notes = list(decoded.notes)
    limits, unit = (file.range, file.unit) if file.range else (decoded.range, decoded.unit)
    colour = decoded.colour[..., None] if decoded.colour.ndim == 2 else decoded.colour
    if colour.ndim != 3 or colour.shape[2] not in (1, 3):
        raise SignalError(f"{path} has the shape {decoded.colour.shape}; save it as a gray or an RGB picture")
    if limits is not None:
        try:
            array, note = scaled(colour, limits, unit)
        except SignalError as error:
            raise SignalError(f"{path} {error}") from error
        notes.append(note)
    else:
        array = _unit(colour, path)
    if decoded.inverted:
        array = 1 - array
    if decoded.alpha is not None:
        alpha = _unit(decoded.alpha, path)[..., None]
        if (alpha < 1).any():
            array = (array if decoded.premultiplied else array * alpha) + (1 - alpha)
            array = array.clip(0, 1)  # a colour may exceed its opacity by a rounding
            notes.append("transparency over white")
    if array.shape[2] == 3 and (array == array[..., :1]).all():
        array = array[..., :1]
        notes.append("three equal channels → gray")
    kind = decoded.kind if decoded.kind == "ct" and array.shape[2] == 1 else None
    kind = kind or ("image-gray" if array.shape[2] == 1 else "image-rgb")
    return file_signal(path, np.ascontiguousarray(array), kind, notes=tuple(notes))


def _unit(raw: NDArray[Any], path: Path) -> NDArray[np.float32]:
    """Values scaled to [0, 1] by their type."""
    if raw.dtype.kind == "b":
        return raw.astype(np.float32)
    if raw.dtype.kind == "u" and raw.dtype.itemsize <= 2:
        return (raw / np.iinfo(raw.dtype).max).astype(np.float32)
    if raw.dtype.kind == "f" and np.isfinite(raw).all() and raw.min() >= 0 and raw.max() <= 1:
        return raw.astype(np.float32)
    raise undeclared(raw, path)


def check_size(width: int, height: int, path: Path) -> None:
    """Refuse a picture that is too large or too small, before it is decoded.

    Raises:
        SignalError: if it has more than `MAX_PIXELS` pixels or a side below `MIN_SIDE`.
    """
    if width * height > MAX_PIXELS:
        raise SignalError(
            f"{path} is {height} x {width} pixels, more than {MAX_PIXELS // 10**6} megapixels; make it smaller first"
        )
    if min(width, height) < MIN_SIDE:
        raise SignalError(f"{path} is {height} x {width} pixels; use a picture of at least {MIN_SIDE} x {MIN_SIDE}")


def chosen_frame(file: UserFile, count: int, default: int = 0, name: str = "frame") -> tuple[int, tuple[str, ...]]:
    """The number of the frame that is read, and a note if there are several.

    Raises:
        SignalError: if the file has no frame of the number asked for.
    """
    index = default if file.frame is None else file.frame
    if index >= count:
        raise SignalError(f"{file} has {count} {name}{'s' if count != 1 else ''}; choose a frame from 0 to {count - 1}")
    return index, ((f"{name} {index + 1} of {count}",) if count > 1 else ())


@contextlib.contextmanager
def decoding(path: Path, failure: str = "is damaged", advice: str = "save it again") -> Iterator[None]:
    """`quiet`, and whatever a decoder raises, which are errors of many types, becomes a `SignalError`."""
    try:
        with quiet():
            yield
    except SignalError:
        raise
    except Exception as error:
        raise SignalError(f"{path} {failure}: {reason(error)}; {advice}") from error


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing that a decoder says reaches the terminal: not its warnings, its log, nor what its C library prints.

    What matters raises an exception, and its message is the only line that the user should read.
    """
    with contextlib.ExitStack() as stack:
        for logger in map(logging.getLogger, ("tifffile", "pydicom", "nibabel.global")):
            stack.callback(setattr, logger, "disabled", logger.disabled)
            logger.disabled = True
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        with contextlib.suppress(OSError, ValueError):  # standard error may be closed
            sys.stderr.flush()
            saved = os.dup(2)
            stack.callback(os.close, saved)
            null = os.open(os.devnull, os.O_WRONLY)
            stack.callback(os.close, null)
            os.dup2(null, 2)
            stack.callback(os.dup2, saved, 2)
        yield
