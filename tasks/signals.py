"""Loading signals: named ones from `tasks.catalogue`, a user's own file, and pictures at a wanted size.

A package may change a picture under an unchanged name (scikit-image did, with ``camera``), so every array is checked
when it is loaded.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.catalogue import SOURCES
from tasks.sources import PICTURES, SHAPES
from tasks.sources import Signal as Signal
from tasks.sources import SignalError as SignalError
from tasks.sources import sha256_of as sha256_of

Size = int | tuple[int, int] | None
"""A size to reduce a picture to: its longer side, (height, width), or None for the size it has."""

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".off", ".png", ".tif", ".tiff", ".wav", ".webp"})
"""A name that ends so is a file of the user's, even where the file is missing."""


def load(name: str) -> Signal:
    """A signal by its registered name, or a user's file by its path.

    A name that ends in .wav is read by `tasks.sound.read_sound`, one in .off by `tasks.mesh.read_mesh`, any other by
    `tasks.files.read_picture`.

    Raises:
        SignalError: if the name is unknown, the file unusable, an original neither there nor to be downloaded (see
        `tasks.originals`), or the package gives another array than the one recorded.

    Example:
        >>> load("camera").array.shape
        (512, 512, 1)
    """
    source = SOURCES.get(name)
    if source is None:
        if _is_path(name):
            return _read(name)
        close = difflib.get_close_matches(name.lower(), SOURCES, n=1)
        hint = f" — did you mean {close[0]!r}?" if close else f"; known: {', '.join(names())}, or the path of a file"
        raise SignalError(f"unknown signal {name!r}{hint}")
    try:
        raw = source.loader()
    except SignalError:
        raise
    except (ImportError, OSError, ValueError) as error:
        raise SignalError(f"signal {name!r} cannot be read from {source.package}: {error}") from error
    found = sha256_of(raw)
    if found != source.sha256:
        raise SignalError(
            f"signal {name!r} is not the array that was recorded (sha256 {found[:12]}…, expected "
            f"{source.sha256[:12]}…): the package changed the picture or decodes it otherwise; "
            f"expected {source.package}"
        )
    array = np.ascontiguousarray(source.scale(raw))
    if source.kind not in SHAPES and source.kind != "image-rgb":
        array = array.reshape(*array.shape[: 2 if source.kind in PICTURES else 1], 1)
    sample = source.sampler(raw) if source.sampler else None
    return Signal(name, array, source.sha256, source.licence, source.kind, sample, source.rate)


def identify(source: str) -> str:
    """The name that the signal of `load` would have; a registered one is not loaded for it, a file is read.

    Raises:
        SignalError: as for `load`, for a file; if the name is unknown.
    """
    return source if source in SOURCES else load(source).name


def names() -> tuple[str, ...]:
    """The registered names, sorted."""
    return tuple(sorted(SOURCES))


def describe() -> tuple[dict[str, str], ...]:
    """One row for each registered signal, sorted by name: name, kind, size, licence, package, description."""
    rows = []
    for name in names():
        source = SOURCES[name]
        sides = source.shape[: 2 if source.kind in PICTURES else 1]
        size = "any" if source.sampler else " x ".join(map(str, sides))
        rows.append(
            {
                "name": name,
                "kind": source.kind,
                "size": size,
                "licence": source.licence,
                "package": source.package,
                "description": source.description,
            }
        )
    return tuple(rows)


def _read(path: str) -> Signal:
    suffix = Path(path).suffix.lower()
    if suffix == ".wav":
        from tasks.sound import read_sound

        return read_sound(path)
    if suffix == ".off":
        from tasks.mesh import read_mesh

        return read_mesh(path)
    from tasks.files import read_picture

    return read_picture(path)


def _is_path(name: str) -> bool:
    if "/" in name or "\\" in name or Path(name).suffix.lower() in SUFFIXES:
        return True
    try:
        return bool(name) and Path(name).exists()
    except (OSError, ValueError):  # too long for the file system, or no file name at all
        return False


# -- size ------------------------------------------------------------------------------------------------------------


def resize(array: NDArray[Any], size: Size, name: str = "the picture") -> NDArray[np.float32]:
    """A picture at a size not larger than its own: every new pixel is the mean over the area that it covers.

    The new pixels are square, so the aspect is never changed: where ``size`` asks for another one, the picture is first
    cropped about its centre, to a fraction of a pixel.

    Args:
        array: (H, W, C) in any unit.
        size: the longer side, the other following from the aspect; or (height, width); or None for the size it has.
        name: what an error calls the picture.

    Returns:
        (h, w, C) float32, computed in float64.

    Raises:
        SignalError: if the picture is smaller than what is asked for, or is none.
    """
    if array.ndim != 3:
        raise SignalError(f"{name} is no picture; choose one of kind {', '.join(PICTURES)}")
    height, width = array.shape[:2]
    if size is None:
        return np.ascontiguousarray(array, dtype=np.float32)
    if isinstance(size, int):
        longer = max(height, width)
        wanted = max(1, round(height * size / longer)), max(1, round(width * size / longer))
    else:
        wanted = size
    scale = min(height / wanted[0], width / wanted[1])
    if scale < 1:
        raise SignalError(
            f"{name} is {height} x {width} pixels and would have to be enlarged to {wanted[0]} x {wanted[1]}; "
            f"ask for a size of at most {height} x {width}"
        )
    if scale == 1 and wanted == (height, width):
        return np.ascontiguousarray(array, dtype=np.float32)
    rows, columns = (_overlaps(n, m, scale) for n, m in zip((height, width), wanted, strict=True))
    # einsum and not two matrix products: it keeps the channels last
    smaller = np.einsum("ih,hwc,jw->ijc", rows, array.astype(np.float64), columns, optimize=True)
    return np.ascontiguousarray(smaller, dtype=np.float32)


def _overlaps(n: int, m: int, scale: float) -> NDArray[np.float64]:
    """(m, n): the share that each of ``n`` unit pixels has in each of ``m`` centred cells of width ``scale``."""
    start = (n - m * scale) / 2
    edges = start + scale * np.arange(m + 1)
    below = np.clip(edges[:, None] - np.arange(n), 0, 1)
    overlap = np.diff(below, axis=0)
    shares: NDArray[np.float64] = overlap / overlap.sum(axis=1, keepdims=True)
    return shares
