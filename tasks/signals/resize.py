"""Area-average resizing of pictures.

Averaging over areas avoids aliasing, and its weights are exact for any ratio of sizes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.signal import PICTURES, SignalError


def resize(array: NDArray[Any], size: int | tuple[int, int] | None, name: str = "the picture") -> NDArray[np.float32]:
    """Picture reduced to a smaller size: each new pixel is the mean over the area that it covers.

    The new pixels are square, so the aspect ratio is kept. For a ``size`` of another ratio, the picture is first
    cropped about its centre, to a fraction of a pixel.

    Args:
        array: (H, W, C) in any unit.
        size: in pixels: the longer side, (height, width), or None for the picture's own size.
        name: name of the picture in error messages.

    Returns:
        (h, w, C) float32, computed in float64.

    Raises:
        SignalError: if the array is not a picture, or the picture is smaller than ``size``.
    """
    if array.ndim != 3:
        raise SignalError(f"{name} is not a picture; choose one of kind {', '.join(PICTURES)}")
    height, width = array.shape[:2]
    if size is None:
        return np.ascontiguousarray(array, dtype=np.float32)
    wanted = target(height, width, size, name)
    scale = min(height / wanted[0], width / wanted[1])
    if scale == 1 and wanted == (height, width):
        return np.ascontiguousarray(array, dtype=np.float32)
    rows, columns = (_overlaps(n, m, scale) for n, m in zip((height, width), wanted, strict=True))
    # einsum instead of two matrix products, because it keeps the channels last
    smaller = np.einsum("ih,hwc,jw->ijc", rows, array.astype(np.float64), columns, optimize=True)
    return np.ascontiguousarray(smaller, dtype=np.float32)


def target(height: int, width: int, size: int | tuple[int, int], name: str = "the picture") -> tuple[int, int]:
    """Height and width of a picture of that size; arguments are those of `resize`.

    Raises:
        SignalError: if the picture is smaller than ``size``.
    """
    if isinstance(size, int):
        longer = max(height, width)
        wanted = max(1, round(height * size / longer)), max(1, round(width * size / longer))
    else:
        wanted = size
    if min(height / wanted[0], width / wanted[1]) < 1:
        raise SignalError(
            f"{name} is {height} x {width} pixels and would have to be enlarged to {wanted[0]} x {wanted[1]}; "
            f"set a size of at most {height} x {width}"
        )
    return wanted


def _overlaps(n: int, m: int, scale: float) -> NDArray[np.float64]:
    """Weights (m, n): the share of each of ``n`` unit pixels in each of ``m`` cells of width ``scale``, centred."""
    start = (n - m * scale) / 2
    edges = start + scale * np.arange(m + 1)
    below = np.clip(edges[:, None] - np.arange(n), 0, 1)
    overlap = np.diff(below, axis=0)
    shares: NDArray[np.float64] = overlap / overlap.sum(axis=1, keepdims=True)
    return shares
