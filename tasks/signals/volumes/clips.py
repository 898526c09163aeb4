"""Video clips: an echocardiogram of pydicom, and coloured discs that move over a drifting grating."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.signal import SignalSource

FRAMES, SIDE, SUBSAMPLES = 32, 128, 4
"""Frames and pixels a side of the moving discs, and sampling points along each side of a pixel."""

SPEED = 0.02
"""Drift of the grating along both axes, per frame, where the picture spans [-1, 1]."""

REPEATED = (11, 28)
"""Frames of the echocardiogram that are copies of the frame before; they would be found by copying, too."""

# Radius, centre in frame 0 (down, right), velocity per frame (down, right) and colour; later discs cover earlier ones.
DISCS = (
    (0.30, (-0.50, -0.50), (0.024, 0.032), (230, 60, 40)),
    (0.22, (0.55, 0.10), (-0.040, -0.008), (40, 200, 90)),
    (0.15, (0.00, 0.70), (0.008, -0.048), (60, 90, 240)),
)


def moving_discs(frames: int = FRAMES, side: int = SIDE) -> NDArray[np.uint8]:
    """Three discs of known constant velocities over a drifting triangular grating: (T, H, W, 3).

    A pixel is the mean over 4 x 4 sampling points. Only elementary arithmetic is used, in which all machines agree.
    """
    fine = side * SUBSAMPLES
    at = (2 * np.arange(fine) + 1) / fine - 1
    y, x = at[:, None], at[None, :]
    clip = np.empty((frames, side, side, 3), np.uint8)
    for t in range(frames):
        phase = np.mod(2.5 * (y + x - 2 * SPEED * t), 1)
        grey = 60 + np.floor(120 * np.abs(2 * phase - 1))
        picture = np.repeat(grey[..., None], 3, axis=2).astype(np.int64)
        for radius, (down, right), (v_down, v_right), colour in DISCS:
            inside = (y - down - v_down * t) ** 2 + (x - right - v_right * t) ** 2 < radius**2
            picture[inside] = colour
        sums = picture.reshape(side, SUBSAMPLES, side, SUBSAMPLES, 3).sum(axis=(1, 3))
        clip[t] = sums // SUBSAMPLES**2
    return clip


def _echo() -> NDArray[Any]:
    """Luminance of 128 x 128 pixels about the valves, without the device's text: (28, 128, 128) uint8."""
    import pydicom
    from pydicom.data import get_testdata_file

    path = get_testdata_file("examples_ybr_color.dcm", download=False)
    if path is None:
        raise OSError("examples_ybr_color.dcm is missing")
    frames = pydicom.dcmread(str(path)).pixel_array
    return np.delete(frames[:, 56:184, 90:218, 0], REPEATED, axis=0)


def _full_range(raw: NDArray[Any]) -> NDArray[np.float32]:
    frames = raw[..., None] if raw.ndim == 3 else raw
    scaled: NDArray[np.float32] = (frames / raw.max()).astype(np.float32)
    return scaled


# fmt: off
SOURCES = (
    SignalSource("echo", "video", (28, 128, 128), "pydicom 3.0.2", "MIT (the package's)",
                 "an ultrasound clip of a beating heart",
                 "f1f3caa033f18e82603fe45e46d93ed9a8fef77180de60eab7715af8c3b4229f", _echo, _full_range),
    SignalSource("moving-discs", "video", (FRAMES, SIDE, SIDE, 3), "inrbench", "none needed (a formula)",
                 "coloured discs of known speed over a drifting grating",
                 "8c4720f7d6adab774c29b9f3959e82e243e5a98d20c38c8d17831e4049d628d8", moving_discs, _full_range),
)
# fmt: on
