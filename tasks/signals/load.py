"""Loading signals: named ones from `tasks.signals.packaged`, a user's own file, and pictures at a wanted size.

A package may change a picture under an unchanged name (scikit-image did, with ``camera``), so every array is checked
when it is loaded.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import numpy as np

from tasks.signals.packaged import SOURCES
from tasks.signals.read_mesh import SUFFIXES as MESHES
from tasks.signals.signal import PICTURES, SHAPES
from tasks.signals.signal import Signal as Signal
from tasks.signals.signal import SignalError as SignalError
from tasks.signals.signal import sha256_of as sha256_of

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".wav", ".webp"}) | MESHES
"""A name that ends so is a file of the user's, even where the file is missing."""


def load(name: str) -> Signal:
    """A signal by its registered name, or a user's file by its path.

    A name that ends in .wav is read by `tasks.signals.read_sound.read_sound`, of a mesh by
    `tasks.signals.read_mesh.read_mesh`, any other by `tasks.signals.read_image.read_picture`.

    Raises:
        SignalError: if the name is unknown, the file unusable, an original neither there nor to be downloaded (see
        `tasks.signals.downloads`), or the package gives another array than the one recorded.

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
        from tasks.signals.read_sound import read_sound

        return read_sound(path)
    if suffix in MESHES:
        from tasks.signals.read_mesh import read_mesh

        return read_mesh(path)
    from tasks.signals.read_image import read_picture

    return read_picture(path)


def _is_path(name: str) -> bool:
    if "/" in name or "\\" in name or Path(name).suffix.lower() in SUFFIXES:
        return True
    try:
        return bool(name) and Path(name).exists()
    except (OSError, ValueError):  # too long for the file system, or no file name at all
        return False


# -- size ------------------------------------------------------------------------------------------------------------
