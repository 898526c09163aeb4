"""Loading of signals by registered name or from a user's file.

Every registered array is compared with its recorded hash, because a package may change a picture under the same name,
as scikit-image did with ``camera``.
"""

from __future__ import annotations

import difflib
from pathlib import Path

import numpy as np

from inrbench.tasks.signals.formats import MESHES, SUFFIXES
from inrbench.tasks.signals.packaged import SOURCES
from inrbench.tasks.signals.signal import PICTURES, Signal, SignalError, reason, sha256_of
from inrbench.tasks.signals.user_file import UserFile, first_bytes


def load(name: str | UserFile) -> Signal:
    """Signal by its registered name, or from a user's file.

    Files are recognised by their first bytes, meshes and NIfTI by their suffix; `inrbench.tasks.signals.formats` lists
    them.

    Raises:
        SignalError: if the name is unknown, the file cannot be used, a download is missing and cannot be fetched (see
            `inrbench.tasks.signals.downloads`), or the array of the package is not the recorded one.

    Example:
        >>> load("camera").array.shape
        (512, 512, 1)
    """
    if isinstance(name, UserFile):
        return _read(name)
    source = SOURCES.get(name)
    if source is None:
        if _is_path(name):
            return _read(UserFile(name))
        close = difflib.get_close_matches(name.lower(), SOURCES, n=1)
        choices = f"; choose one of {', '.join(names())}, or give the path of a file"
        hint = f" — did you mean {close[0]!r}?" if close else choices
        raise SignalError(f"unknown signal {name!r}{hint}")
    try:
        raw = source.loader()
    except SignalError:
        raise
    except (ImportError, OSError, ValueError) as error:
        raise SignalError(
            f"signal {name!r} cannot be read from {source.package}: {reason(error)}; install that package again"
        ) from error
    digest = sha256_of(raw)
    if digest != source.sha256:
        raise SignalError(
            f"signal {name!r} is not the recorded array (sha256 {digest[:12]}…, expected {source.sha256[:12]}…), "
            f"because the installed package has or decodes other data; install {source.package}"
        )
    array = np.ascontiguousarray(source.scale(raw))
    if source.kind in ("image-gray", "ct", "audio", "function"):
        array = array.reshape(*array.shape[: 2 if source.kind in PICTURES else 1], 1)
    sample = source.sampler(raw) if source.sampler else None
    return Signal(name, array, source.sha256, source.licence, source.kind, sample, source.rate)


def is_registered(name: str) -> bool:
    """Whether a signal of that name is registered; any other is a file."""
    return name in SOURCES


def load_named(source: str | UserFile, name: str) -> Signal:
    """The signal of a job, which was given its name when the jobs of a run were laid out.

    Raises:
        SignalError: as for `load`; and if the file has changed since then, so that it is another signal.
    """
    signal = load(source)
    if signal.name != name:
        raise SignalError(f"{source} has changed since the run began: it was {name} and is {signal.name}; run again")
    return signal


def names() -> tuple[str, ...]:
    """Registered names, sorted."""
    return tuple(sorted(SOURCES))


def describe() -> tuple[dict[str, str], ...]:
    """Table of the registered signals, sorted by name: name, kind, size, licence, package, description."""
    rows = []
    for name in names():
        source = SOURCES[name]
        sides = source.shape[: 2 if source.kind in PICTURES else 3 if source.kind == "video" else 1]
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


def _read(file: UserFile) -> Signal:
    path = file.location
    head, suffix = first_bytes(path, "a file"), path.suffix.lower()
    if suffix in MESHES:
        from inrbench.tasks.signals.read_mesh import read_mesh

        return read_mesh(file)
    if suffix == ".nii" or path.name.lower().endswith(".nii.gz"):
        from inrbench.tasks.signals.read_array import read_nifti

        return read_nifti(file)
    from inrbench.tasks.signals import read_dicom, read_sound

    if read_dicom.is_dicom(head) or suffix == ".dcm":
        return read_dicom.read_dicom(file)
    if read_sound.is_sound(head) or suffix == ".wav":
        return read_sound.read_sound(file)
    if head.startswith(b"\x93NUMPY") or suffix == ".npy":
        from inrbench.tasks.signals.read_array import read_npy

        return read_npy(file)
    from inrbench.tasks.signals.read_image import read_picture

    return read_picture(file)


def _is_path(name: str) -> bool:
    if "/" in name or "\\" in name or Path(name).suffix.lower() in SUFFIXES:
        return True
    try:
        return bool(name) and Path(name).exists()
    except (OSError, ValueError):  # too long for the file system, or no file name at all
        return False
