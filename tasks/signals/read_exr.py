"""Pictures from OpenEXR files."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.picture import Decoded, check_size, chosen_frame, decoding
from inrbench.tasks.signals.signal import SignalError
from inrbench.tasks.signals.user_file import UserFile, optional

MAGIC = b"\x76\x2f\x31\x01"


def read_exr(file: UserFile) -> Decoded:
    """The colours R, G, B or the luminance Y of a part, the first or that of `UserFile.frame`, with its opacity A.

    Values are taken as they are, linear in light; no tone curve is applied. Other channels and layers are left out, and
    so is what lies outside the data window.

    Raises:
        SignalError: if OpenEXR is not installed, or the file is damaged or has no such channels.
    """
    path = file.location
    exr = optional("OpenEXR", path, "convert it to a TIFF of floats (it is an OpenEXR file)")
    with decoding(path), contextlib.redirect_stdout(io.StringIO()):  # where it prints its warnings
        with exr.File(str(path), separate_channels=True, header_only=True) as heads:
            index, notes = chosen_frame(file, len(heads.parts), name="part")
            low, high = (np.asarray(corner) for corner in heads.header(index)["dataWindow"])
        width, height = (high - low + 1).tolist()
        check_size(width, height, path)
        with exr.File(str(path), separate_channels=True) as whole:
            channels = {name: _whole(channel) for name, channel in whole.channels(index).items()}
    names = ("R", "G", "B") if "R" in channels else ("Y",)
    if not all(name in channels and channels[name].shape == (height, width) for name in names) or "RY" in channels:
        raise SignalError(
            f"{path} has the channels {', '.join(sorted(channels)) or 'none'}; it needs R, G, B or Y, of single pixels"
        )
    if left_out := sorted(set(channels) - {*names, "A"}):
        notes += (f"channels {', '.join(left_out)} left out",)
    return _decoded(np.stack([channels[name] for name in names], axis=-1), channels, notes)


def _whole(channel: Any) -> NDArray[Any]:
    """The pixels of a channel; none where it is coarser than the picture, or has several values a pixel."""
    pixels = np.asarray(channel.pixels)
    return pixels if (channel.xSampling, channel.ySampling) == (1, 1) and pixels.dtype != object else np.zeros((0, 0))


def _decoded(colour: NDArray[Any], channels: Mapping[str, NDArray[Any]], notes: tuple[str, ...]) -> Decoded:
    """Colours, which the file has multiplied by the opacity, without it."""
    if colour.dtype.kind == "f":
        colour = colour.astype(np.float32)
    alpha = channels.get("A")
    if alpha is None or alpha.shape != colour.shape[:2] or (alpha >= 1).all():
        return Decoded(colour, notes=notes)
    alpha = alpha.astype(np.float32).clip(0, 1)
    return Decoded(
        np.divide(colour, alpha[..., None], where=alpha[..., None] > 0, out=np.zeros_like(colour)), alpha, notes=notes
    )
