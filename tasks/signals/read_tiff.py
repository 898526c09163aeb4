"""TIFF files at their full bit depth.

The structure of a file is read with tifffile. Its pixels too, as Pillow reduces 16-bit colour to 8 bits without notice;
pages of unsigned samples of up to 8 bits are left to Pillow where it has a decompressor that tifffile lacks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.picture import Decoded, check_size, chosen_frame, quiet
from inrbench.tasks.signals.signal import SignalError, reason
from inrbench.tasks.signals.user_file import UserFile

MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
"""First bytes of TIFF and BigTIFF files."""

UNSPECIFIED, PREMULTIPLIED, STRAIGHT = 0, 1, 2
"""What a sample beside the colours is, as of the tag ExtraSamples. Only the last two are transparency."""


def read_tiff(file: UserFile) -> Decoded:
    """The chosen page of a TIFF, as stored; by default the first that is neither a thumbnail nor a mask.

    Raises:
        SignalError: if it is damaged or of a kind that cannot be read in full.
    """
    import tifffile

    path = file.location
    try:
        with quiet(), tifffile.TiffFile(path) as tiff:
            if not len(tiff.pages):
                raise ValueError("it has no page")
            pages = [index for index, page in enumerate(tiff.pages) if not _is_auxiliary(page)]
            if not pages and not any(page.subifds for page in tiff.pages):
                pages = [0]  # a reduced copy, of which the original is not in the file
            if not pages or _is_preview(tiff, tiff.pages[pages[0]]):
                raise SignalError(f"{path} holds a preview of a raw picture; develop it and save it as a TIFF or a PNG")
            nth, notes = chosen_frame(file, len(pages), name="page")
            page: Any = tiff.pages[pages[nth]]
            check_size(int(page.imagewidth), int(page.imagelength), path)
            dropped = _extra_samples(page, file)
            if dropped:
                notes += (f"{dropped} channel{'s' if dropped > 1 else ''} beside the colours dropped",)
            if _is_for_pillow(page):
                return _with_pillow(file, pages[nth], notes)
            return _decoded(page, file, notes)
    except SignalError:
        raise
    except Exception as error:  # the decoder raises errors of many types, even KeyError and struct.error
        why = reason(error)
        if "imagecodecs" in why:
            raise SignalError(
                f"{path} is compressed ({why}); run `pip install imagecodecs`, or save it as an uncompressed TIFF"
            ) from error
        raise SignalError(f"{path} cannot be decoded: {why}; save it as an uncompressed TIFF or a PNG") from error


def _is_auxiliary(page: Any) -> bool:
    """Whether a page is a reduced copy of another one, or a mask of transparency."""
    kinds = int(page.subfiletype) & 0b101
    old = page.tags.get(255)  # SubfileType, which NewSubfileType replaced
    return bool(kinds) or (old is not None and old.value == 2)


def _is_preview(tiff: Any, page: Any) -> bool:
    """Whether the real picture is elsewhere: a larger one below the page, or in the private data of a camera."""
    with open(tiff.filehandle.path, "rb") as start:
        if start.read(10)[8:] == b"CR":  # Canon's raw files begin with a JPEG preview
            return True
    below = [part for part in (page.pages or ()) if not part.is_frame]
    return any(part.imagewidth > page.imagewidth for part in below)


def _extra_samples(page: Any, file: UserFile) -> int:
    """Number of samples of a pixel that are neither colour nor transparency.

    Raises:
        SignalError: if a page that calls itself gray has several of them, which may be colours.
    """
    extra = [int(sample) for sample in page.extrasamples]
    if page.photometric > 2:  # colours of another kind, such as CMYK or those of JPEG
        return sum(sample == UNSPECIFIED for sample in extra)
    declared = 3 if page.photometric == 2 else 1
    extra += [UNSPECIFIED] * (int(page.samplesperpixel) - declared - len(extra))
    dropped = sum(sample not in (PREMULTIPLIED, STRAIGHT) for sample in extra)
    if declared == 1 and dropped > 1:
        raise SignalError(
            f"{file} has {page.samplesperpixel} channels and does not say which of them are colours; "
            "save the one or the three that are meant"
        )
    return dropped


def _is_for_pillow(page: Any) -> bool:
    """Whether Pillow reads a page in full, and tifffile perhaps not: it has no decoder of LZW or JPEG of its own."""
    if page.sampleformat != 1:
        return False
    plain = page.photometric in (1, 2) and page.compression in (1, 8, 32946)  # gray or RGB; none or deflate
    if page.bitspersample <= 8:
        return not (plain and page.bitspersample == 8)
    gray = page.samplesperpixel == 1 and page.photometric == 1
    return bool(gray and page.bitspersample == 16 and page.compression == 5)


def _with_pillow(file: UserFile, index: int, notes: tuple[str, ...]) -> Decoded:
    from inrbench.tasks.signals.read_image import read_with_pillow

    return read_with_pillow(file, index, notes)


def _decoded(page: Any, file: UserFile, notes: tuple[str, ...]) -> Decoded:
    if page.photometric not in (1, 2):  # neither gray nor RGB
        raise SignalError(f"{file} is a TIFF of an unsupported kind; save it as gray or RGB with 8 or 16 bits")
    array: NDArray[Any] = page.asarray()
    if page.planarconfig == 2 and page.samplesperpixel > 1:
        array = np.moveaxis(array, 0, -1)
    if array.shape[:2] != (page.imagelength, page.imagewidth):  # such as by an unknown planar configuration
        raise ValueError(f"pixels of shape {array.shape} in a picture of {page.imagelength} × {page.imagewidth}")
    array = turned(array.astype(array.dtype.newbyteorder("="), copy=False), _orientation(page))
    colours = 3 if page.photometric == 2 else 1
    if array.ndim == 2:
        return Decoded(array, notes=notes)
    kinds = [int(sample) for sample in page.extrasamples]
    alpha = next((colours + nth for nth, kind in enumerate(kinds) if kind in (PREMULTIPLIED, STRAIGHT)), None)
    if alpha is None:
        return Decoded(array[..., :colours], notes=notes)
    return Decoded(array[..., :colours], array[..., alpha], kinds[alpha - colours] == PREMULTIPLIED, notes=notes)


def _orientation(page: Any) -> int:
    tag = page.tags.get(274)
    return int(tag.value) if tag is not None else 1


def turned(array: NDArray[Any], orientation: int) -> NDArray[Any]:
    """A picture (H, W) or (H, W, C) as it is to be seen; ``orientation`` is the tag of TIFF and EXIF, 1 to 8."""
    match orientation:
        case 2:
            array = array[:, ::-1]
        case 3:
            array = array[::-1, ::-1]
        case 4:
            array = array[::-1]
        case 5:
            array = array.swapaxes(0, 1)
        case 6:
            array = array.swapaxes(0, 1)[:, ::-1]
        case 7:
            array = array.swapaxes(0, 1)[::-1, ::-1]
        case 8:
            array = array.swapaxes(0, 1)[::-1]
    return np.ascontiguousarray(array)
