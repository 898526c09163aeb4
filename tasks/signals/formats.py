"""The files that can be read, as a table for `inrbench list formats` and the documentation."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes:
        name: what it is called.
        suffixes: usual ends of its name.
        signal: what it becomes.
        values: how its values are scaled, where no ``range`` is declared.
        needs: the package that is not installed with inrbench, without which it cannot be read.
    """

    name: str
    suffixes: tuple[str, ...]
    signal: str
    values: str
    needs: str = ""


_BY_TYPE = "divided by 255 or 65535"
_FLOATS = "floats in [0, 1]; declare the range of any other"
_FULL_SCALE = "full scale is 1"

FORMATS = (
    Format("PNG", (".png",), "picture", _BY_TYPE),
    Format("PNG, colour of 16 bits", (".png",), "picture", _BY_TYPE, "imagecodecs"),
    Format("JPEG", (".jpg", ".jpeg"), "picture", _BY_TYPE),
    Format("TIFF", (".tif", ".tiff"), "picture", f"{_BY_TYPE}; {_FLOATS}"),
    Format("TIFF, colour of 16 bits compressed by LZW", (".tif", ".tiff"), "picture", _BY_TYPE, "imagecodecs"),
    Format("BMP, GIF, WebP", (".bmp", ".gif", ".webp"), "picture", _BY_TYPE),
    Format("Radiance", (".hdr",), "picture", "declare the range", "imagecodecs"),
    Format("OpenEXR", (".exr",), "picture", _FLOATS, "OpenEXR"),
    Format("DICOM", (".dcm",), "picture, CT slice", "the file's window, else least and largest of the frame"),
    Format("NIfTI", (".nii", ".nii.gz"), "slice of a volume", "cal_min and cal_max, else least and largest", "nibabel"),
    Format("NumPy", (".npy",), "picture, frame of several, sound", f"{_BY_TYPE}; {_FLOATS}"),
    Format("WAV", (".wav",), "sound", _FULL_SCALE),
    Format("FLAC, AIFF, Ogg, MP3", (".flac", ".aif", ".aiff", ".ogg", ".mp3"), "sound", _FULL_SCALE, "soundfile"),
    Format("mesh", (".obj", ".off", ".ply", ".stl"), "solid", "the longest side of the box around it is 1.8"),
)

MESHES = frozenset(FORMATS[-1].suffixes)
"""Suffixes of mesh files, in lower case."""

SUFFIXES = frozenset(suffix for each in FORMATS for suffix in each.suffixes) | {".gz"}
"""Suffixes that mark a name as a path, so that the message for a missing file is about a file."""


def describe() -> tuple[dict[str, str], ...]:
    """The table: name, suffixes, signal, values, needs."""
    return tuple(asdict(each) | {"suffixes": " ".join(each.suffixes)} for each in FORMATS)
