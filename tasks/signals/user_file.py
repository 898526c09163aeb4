"""A user's file as a suite names it, and the scaling of its values."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.signal import SignalError, reason


@dataclass(frozen=True)
class UserFile:
    """A file of the user's and how it is to be read.

    Attributes:
        path: the file.
        range: the values that become 0 and 1 (-1 and 1 for a sound); values outside are clipped. None for the range of
            the file's type, or the one that the file itself states.
        unit: the unit of ``range``, for the reader of a report.
        frame: which frame, slice or page of a file with several, from 0; None for the first, of a volume the middle
            one.
    """

    path: str
    range: tuple[float, float] | None = None
    unit: str = ""
    frame: int | None = None

    @classmethod
    def of(cls, options: Mapping[Any, Any]) -> UserFile:
        """From the mapping of a suite, such as ``{path: x.dcm, range: [-1000, 2000], unit: HU}``.

        Raises:
            SignalError: if a key or a value is wrong.
        """
        names = [field.name for field in fields(cls)]
        for key in options:
            if key not in names:
                raise SignalError(f"{key!r} is not an option of a file; use {', '.join(names)}")
        path, limits = options.get("path"), options.get("range")
        if not isinstance(path, str) or not path:
            raise SignalError(
                f"path: {path!r} is not the path of a file; write e.g. {{path: slice.dcm, range: [0, 1]}}"
            )
        if limits is not None:
            pair = isinstance(limits, list | tuple) and len(limits) == 2 and all(map(_is_number, limits))
            if not pair or not limits[0] < limits[1]:
                raise SignalError(f"range: {limits!r} is not a pair of two numbers, the lower one first")
            limits = (float(limits[0]), float(limits[1]))
        unit, frame = options.get("unit"), options.get("frame")
        if not isinstance(unit, str | None):
            raise SignalError(f"unit: {unit!r} is not text; write it in quotes")
        if frame is not None and (not isinstance(frame, int) or isinstance(frame, bool) or frame < 0):
            raise SignalError(f"frame: {frame!r} is not the number of a frame; give 0 or more")
        return cls(path, limits, unit or "", frame)

    @property
    def location(self) -> Path:
        """The path, with ``~`` replaced by the home folder."""
        return Path(self.path).expanduser()

    def __str__(self) -> str:
        return self.path


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def scaled(
    values: NDArray[Any], limits: tuple[float, float], unit: str, black: float = 0.0
) -> tuple[NDArray[np.float32], str]:
    """Values mapped linearly from ``limits`` to [black, 1] and clipped there, and a note that says so.

    Raises:
        SignalError: if a value is not finite.
    """
    if not np.isfinite(values).all():
        raise SignalError("has values that are not finite; replace them first")
    low, high = limits
    share = (values.astype(np.float64) - low) / (high - low)
    outside = float(np.mean((share < 0) | (share > 1)))
    note = f"{low:g}…{high:g}{f' {unit}' if unit else ''} → {black:g}…1"
    if outside:
        note += f", {100 * outside:.2g} % of the values clipped"
    return (black + (1 - black) * share.clip(0, 1)).astype(np.float32), note


def undeclared(values: NDArray[Any], path: Path | str) -> SignalError:
    """The error for values whose type does not say which of them is black and which white."""
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    span = f" from {finite.min():g} to {finite.max():g}" if finite.size else ""
    return SignalError(
        f"{path} has {values.dtype} values{span}, whose range is not known; declare it, "
        f"e.g. signals: [{{path: {path}, range: [0, 1000]}}]"
    )


def first_bytes(path: Path, what: str) -> bytes:
    """The first 132 bytes of a file, by which its format is known.

    Args:
        what: what the user should name, in messages: "a picture".

    Raises:
        SignalError: if the file is missing, a directory or not readable.
    """
    if path.is_dir():
        raise SignalError(f"{path} is a directory; name {what} in it")
    try:
        with path.open("rb") as opened:
            return opened.read(132)
    except FileNotFoundError:
        raise SignalError(f"{path} does not exist; give the path of {what}, or a name from `list signals`") from None
    except (OSError, ValueError) as error:
        raise SignalError(f"{path} cannot be opened: {reason(error)}; make it readable") from error


def optional(package: str, path: Path, otherwise: str) -> ModuleType:
    """A package that is not installed with inrbench, for a file that needs it.

    Raises:
        SignalError: if it cannot be imported; ``otherwise`` says what to do without it.
    """
    try:
        return importlib.import_module(package)
    except (ImportError, OSError) as error:
        raise SignalError(f"{path} needs the package {package}; run `pip install {package}`, or {otherwise}") from error
