"""Area-average resizing of pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.signals.signal import PICTURES
from tasks.signals.signal import Signal as Signal
from tasks.signals.signal import SignalError as SignalError
from tasks.signals.signal import sha256_of as sha256_of

Size = int | tuple[int, int] | None
"""A size to reduce a picture to: its longer side, (height, width), or None for the size it has."""


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
