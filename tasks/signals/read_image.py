"""Picture files at their full bit depth.

Pillow reads most of them. TIFF has a reader of its own (`inrbench.tasks.signals.read_tiff`), and colour PNGs of 16 bits
need another decoder, because Pillow reduces them to 8 bits without notice.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals import read_exr, read_tiff
from inrbench.tasks.signals.picture import MAX_PIXELS, Decoded, check_size, chosen_frame, decoding, picture_signal
from inrbench.tasks.signals.signal import Signal, SignalError
from inrbench.tasks.signals.user_file import UserFile, first_bytes, optional

FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP")
"""Formats that Pillow reads here. Others (PGM, JPEG 2000, …) can be deeper than the 8 bits to which it reduces them."""

RADIANCE = (b"#?RADIANCE", b"#?RGBE")


def read_picture(file: str | Path | UserFile) -> Signal:
    """Signal from a picture file: gray (H, W, 1) or RGB (H, W, 3), float32 in [0, 1].

    Palettes are converted to colours, the orientation is applied, and colour profiles are ignored. Values,
    transparency and gray are as `inrbench.tasks.signals.picture.picture_signal` says; `Signal.notes` has what was
    chosen.

    Raises:
        SignalError: if the file is missing, a directory, no picture, damaged, of a bit depth that cannot be read in
            full, smaller than `MIN_SIDE` along a side, or larger than `MAX_PIXELS`.
    """
    file = file if isinstance(file, UserFile) else UserFile(str(file))
    head = first_bytes(file.location, "a picture")
    return picture_signal(file, _decoded(file, head))


def _decoded(file: UserFile, head: bytes) -> Decoded:
    if head.startswith(read_tiff.MAGIC):
        return read_tiff.read_tiff(file)
    if head.startswith(RADIANCE):
        return _radiance(file)
    if head.startswith(read_exr.MAGIC):
        return read_exr.read_exr(file)
    if head[:8] == b"\x89PNG\r\n\x1a\n" and len(head) > 25 and head[24] == 16 and head[25] != 0:
        check_size(int.from_bytes(head[16:20]), int.from_bytes(head[20:24]), file.location)
        return _deep_colour_png(file)
    return read_with_pillow(file)


def read_with_pillow(file: UserFile, index: int | None = None, notes: tuple[str, ...] = ()) -> Decoded:
    """A picture as Pillow decodes it.

    Args:
        index: number of the frame; by default `UserFile.frame`, or the first.
        notes: what was chosen so far.

    Raises:
        SignalError: if it is not a picture, damaged, too large or too small.
    """
    from PIL import Image, UnidentifiedImageError

    path = file.location
    # From the open file and not from its path, which Pillow would map into memory: it takes the sides of a turned
    # TIFF in the wrong order then.
    with decoding(path), path.open("rb") as opened:
        try:
            image = Image.open(opened, formats=FORMATS)
        except Image.DecompressionBombError:
            raise SignalError(f"{path} has more than {MAX_PIXELS // 10**6} megapixels; make it smaller first") from None
        except UnidentifiedImageError:
            raise SignalError(
                f"{path} is not a picture that can be read; `inrbench list formats` shows what can be"
            ) from None
        check_size(*image.size, path)
        if index is None:
            index, notes = chosen_frame(file, _frames(image))
        image.seek(index)
        image.load()
        if image.mode in ("LAB", "HSV"):  # which Pillow does not convert without colour profiles
            raise SignalError(f"{path} has colours of the kind {image.mode}; save it as RGB")
        return _as_stored(image, notes)


def _frames(image: Any) -> int:
    if image.format == "MPO":  # a JPEG and a preview or a depth map of it
        return 1
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:  # one of the later frames is damaged, which are not needed
        image.seek(0)
        return 1


def _as_stored(image: Any, notes: tuple[str, ...]) -> Decoded:
    """The pixels of a picture of any mode."""
    orientation = image.getexif().get(274, 1)
    alpha, premultiplied = None, image.mode in ("La", "RGBa")
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        colour = _deep(np.asarray(image))
        if "transparency" in image.info:
            alpha = np.asarray(colour != image.info["transparency"])
    else:
        gray = image.mode in ("1", "L", "LA", "La")
        if premultiplied:
            channels = len(image.getbands())
            pixels = np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, image.width, channels)
        elif image.has_transparency_data:
            image = image.convert("RGBA")
            pixels = np.asarray(image.convert("LA") if gray else image)
        else:
            pixels = np.atleast_3d(np.asarray(image.convert("L" if gray else "RGB")))
        colour = pixels[..., :1] if gray else pixels[..., :3]
        if pixels.shape[2] > colour.shape[2]:
            alpha = pixels[..., -1]
    turn = read_tiff.turned
    return Decoded(
        turn(colour, orientation), None if alpha is None else turn(alpha, orientation), premultiplied, notes=notes
    )


def _deep(array: NDArray[Any]) -> NDArray[Any]:
    """Pixels of one channel with more than 8 bits; Pillow may hand over 16 bits as 32."""
    if array.dtype.kind == "i" and array.min() >= 0 and array.max() <= 65535:
        return array.astype(np.uint16)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _deep_colour_png(file: UserFile) -> Decoded:
    from PIL import Image

    path = file.location
    codecs = optional("imagecodecs", path, "save it as a TIFF or with 8 bits (it is a colour PNG of 16 bits)")
    with decoding(path):
        pixels = codecs.png_decode(path.read_bytes())
        with Image.open(path, formats=["PNG"]) as image:
            orientation = image.getexif().get(274, 1)
    pixels = read_tiff.turned(pixels, orientation)
    colours = 3 if pixels.shape[2] >= 3 else 1
    return Decoded(pixels[..., :colours], pixels[..., -1] if pixels.shape[2] in (2, 4) else None)


def _radiance(file: UserFile) -> Decoded:
    path = file.location
    codecs = optional("imagecodecs", path, "convert it to a TIFF of floats (it is a Radiance picture)")
    with decoding(path):
        pixels = codecs.rgbe_decode(path.read_bytes())
    check_size(pixels.shape[1], pixels.shape[0], path)
    return Decoded(pixels)
