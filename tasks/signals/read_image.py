"""Picture files at their full bit depth.

Two decoders are needed, because Pillow alone reduces 16-bit colour to 8 bits without notice.
"""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.signal import MIN_SIDE, Signal, SignalError, file_signal, reason

MAX_PIXELS = 50_000_000
"""Largest number of pixels; it is checked before a picture is decoded."""

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP")
"""Formats that are read. Others (PGM, JPEG 2000, …) can have bit depths that Pillow reduces to 8 without notice."""


def read_picture(path: str | Path) -> Signal:
    """Signal from a picture file: gray (H, W, 1) or RGB (H, W, 3), float32 in [0, 1].

    8-bit values are divided by 255 and 16-bit values by 65535; floating-point TIFFs must already be in [0, 1]. Palettes
    are converted to colours, transparency is composited over white, only the first frame is used, the EXIF orientation
    is applied, and colour profiles are ignored. The signal's name contains the hash of the decoded array
    (`inrbench.tasks.signals.signal.file_signal`).

    Raises:
        SignalError: if the file is missing, a directory, no picture, damaged, of a bit depth that cannot be read in
            full, smaller than `MIN_SIDE` along a side, or larger than `MAX_PIXELS`.
    """
    path = Path(path).expanduser()
    if path.is_dir():
        raise SignalError(f"{path} is a directory; name a picture file in it")
    try:
        with path.open("rb") as file:
            head = file.read(32)
    except FileNotFoundError:
        raise SignalError(f"{path} does not exist; give the path of a picture, or a name from `list signals`") from None
    except (OSError, ValueError) as error:
        raise SignalError(f"{path} cannot be opened: {reason(error)}; make it readable") from error
    tiff = head[:4] in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
    raw = _read_tiff(path) if tiff else None
    if raw is None:
        raw = _read_with_pillow(path, head)
    array = _opaque(_unit(raw, path), path)
    kind = "image-gray" if array.shape[-1] == 1 else "image-rgb"
    return file_signal(path, raw, np.ascontiguousarray(array), kind)


def _read_tiff(path: Path) -> NDArray[Any] | None:
    """First page of a TIFF as stored, or None if it must be read with Pillow: 8 bits, a palette, 16-bit gray in LZW.

    Pillow is the second choice, because it reduces 16-bit colour to 8 bits.
    """
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            page = file.pages.first
            _check_size(int(page.imagewidth), int(page.imagelength), path)
            if page.bitspersample <= 8:
                return None
            plain = page.photometric in (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.RGB)
            if not plain or page.bitspersample not in (16, 32, 64):
                raise SignalError(f"{path} is a TIFF of an unsupported kind; save it as gray or RGB with 8 or 16 bits")
            gray = page.samplesperpixel == 1
            if gray and page.bitspersample == 16 and page.compression == tifffile.COMPRESSION.LZW:
                return None
            array: NDArray[Any] = page.asarray()
            if page.planarconfig == 2 and array.ndim == 3:
                array = np.moveaxis(array, 0, -1)
    except SignalError:
        raise
    except Exception as error:  # the decoder raises errors of many types, even KeyError and struct.error
        raise SignalError(
            f"{path} cannot be decoded: {reason(error)}; save it as an uncompressed TIFF or a PNG"
        ) from error
    if array.dtype.kind not in "uf" or (array.dtype.itemsize > 2 and array.dtype.kind == "u"):
        raise SignalError(f"{path} has {array.dtype} values; save it with 8 or 16 bits, or as floats in [0, 1]")
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))


def _read_with_pillow(path: Path, head: bytes) -> NDArray[Any]:
    from PIL import Image, ImageOps, UnidentifiedImageError

    if head[:8] == b"\x89PNG\r\n\x1a\n" and len(head) > 25 and head[24] == 16 and head[25] != 0:
        raise SignalError(
            f"{path} is a colour PNG of 16 bits, of which the decoder reads 8; save it as a TIFF or with 8 bits"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # MAX_PIXELS is lower
            warnings.simplefilter("ignore", UserWarning)  # for damaged metadata; damaged pixels raise an error
            with Image.open(path, formats=FORMATS) as image:
                _check_size(*image.size, path)
                if image.mode in ("I", "F") or image.mode.startswith("I;16"):
                    return _deep(np.asarray(image), path)
                return _shallow(ImageOps.exif_transpose(image))
    except Image.DecompressionBombError:
        raise SignalError(f"{path} has more than {MAX_PIXELS // 10**6} megapixels; make it smaller first") from None
    except UnidentifiedImageError:
        raise SignalError(f"{path} is not a picture that can be read; use one of {', '.join(FORMATS)}") from None
    except SignalError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        raise SignalError(f"{path} is damaged: {reason(error)}; save it again") from error


def _shallow(image: Any) -> NDArray[np.uint8]:
    """8-bit picture of any mode as (H, W), (H, W, 2), (H, W, 3) or (H, W, 4)."""
    gray = image.mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        image = image.convert("RGBA").convert("LA") if gray else image.convert("RGBA")
    else:
        image = image.convert("L" if gray else "RGB")
    return np.asarray(image)


def _deep(array: NDArray[Any], path: Path) -> NDArray[Any]:
    """Picture of one channel with more than 8 bits: uint16 or float32."""
    if array.dtype.kind == "f":
        return array
    if array.dtype.itemsize > 2 and (array.min() < 0 or array.max() > 65535):
        raise SignalError(f"{path} has {array.dtype} values; save it with 8 or 16 bits, or as floats in [0, 1]")
    return array.astype("<u2")


def _unit(raw: NDArray[Any], path: Path) -> NDArray[np.float32]:
    """Raw values scaled to [0, 1]."""
    if raw.dtype.kind == "u":
        return (raw / np.iinfo(raw.dtype).max).astype(np.float32)
    if not np.isfinite(raw).all() or raw.min() < 0 or raw.max() > 1:
        raise SignalError(f"{path} has floats outside [0, 1] (or not finite); scale them to [0, 1] first")
    return raw.astype(np.float32)


def _opaque(array: NDArray[np.float32], path: Path) -> NDArray[np.float32]:
    """Picture with one channel or three, from (H, W) or from (H, W, 2) and (H, W, 4) composited over white."""
    if array.ndim == 2:
        return array[..., None]
    if array.ndim != 3 or array.shape[2] > 4:
        raise SignalError(f"{path} has the shape {array.shape}; save it as a gray or an RGB picture")
    if array.shape[2] in (1, 3):
        return array
    alpha = array[..., -1:]
    over: NDArray[np.float32] = array[..., :-1] * alpha + (1 - alpha)
    return over


def _check_size(width: int, height: int, path: Path) -> None:
    if width * height > MAX_PIXELS:
        raise SignalError(
            f"{path} is {height} x {width} pixels, more than {MAX_PIXELS // 10**6} megapixels; make it smaller first"
        )
    if min(width, height) < MIN_SIDE:
        raise SignalError(f"{path} is {height} x {width} pixels; use a picture of at least {MIN_SIDE} x {MIN_SIDE}")
