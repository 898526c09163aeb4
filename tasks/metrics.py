"""Metrics: one registry of correct ones. Everything here is numpy: (*shape, C) estimate and truth in, a float out.

The truth lies in [0, 1] and the range is therefore 1, stated and never guessed from the data. An estimate is scored
as it is: neither clipped nor rescaled, for a method that gets the scale wrong is wrong. An estimate with a value that
is not finite scores nan.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Metric:
    """A metric. ``direction`` is +1 where higher is better and -1 where lower is better."""

    name: str
    direction: int
    function: Callable[[Array, Array], float]


def mse(estimate: Array, truth: Array) -> float:
    """The mean square error over all values, computed in float64."""
    return _mean_square(estimate, truth, slice(None))


def mae(estimate: Array, truth: Array) -> float:
    """The mean absolute error over all values, computed in float64."""
    _check(estimate, truth)
    if not np.isfinite(estimate).all():
        return math.nan
    return float(np.abs(estimate.astype(np.float64) - truth).mean())


def psnr(estimate: Array, truth: Array) -> float:
    """Peak signal-to-noise ratio in dB for the range 1: -10 log10 MSE. An exact estimate gives inf."""
    return _decibels(mse(estimate, truth))


def psnr_circle(estimate: Array, truth: Array) -> float:
    """`psnr` over the pixels whose centres lie in the inscribed circle, the field of view of a CT scanner."""
    return _decibels(_mean_square(estimate, truth, circle(truth.shape[0], truth.shape[1])))


def ssim(estimate: Array, truth: Array) -> float:
    """Structural similarity for the range 1 [Wang et al., IEEE TIP 2004], windows of 7 x 7, the mean over channels.

    Raises:
        ValueError: if the grid is not two-dimensional with at least 7 pixels a side.
    """
    from skimage.metrics import structural_similarity

    _check(estimate, truth)
    if truth.ndim != 3 or min(truth.shape[:2]) < 7:
        raise ValueError(f"ssim needs a picture of at least 7 x 7 pixels, not {truth.shape}")
    if not np.isfinite(estimate).all():
        return math.nan
    pair = estimate.astype(np.float64), truth.astype(np.float64)
    score = structural_similarity(*pair, data_range=1.0, channel_axis=-1)  # type: ignore[no-untyped-call]
    return float(score)


def circle(height: int, width: int) -> NDArray[np.bool_]:
    """(H, W): whether a pixel's centre lies in the circle inscribed in the picture."""
    down = np.arange(height)[:, None] - (height - 1) / 2
    right = np.arange(width) - (width - 1) / 2
    inside: NDArray[np.bool_] = down**2 + right**2 <= (min(height, width) / 2) ** 2
    return inside


def _check(estimate: Array, truth: Array) -> None:
    # numpy would broadcast (H, W) against (H, W, 1) and score nonsense
    if estimate.shape != truth.shape:
        raise ValueError(f"the estimate has the shape {estimate.shape} and the truth {truth.shape}")


def _mean_square(estimate: Array, truth: Array, where: Any) -> float:
    _check(estimate, truth)
    if not np.isfinite(estimate).all():
        return math.nan
    return float(np.square(estimate[where].astype(np.float64) - truth[where]).mean())


def _decibels(mean_square: float) -> float:
    return math.inf if mean_square == 0 else -10 * math.log10(mean_square)  # nan stays nan


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("psnr", +1, psnr),
        Metric("ssim", +1, ssim),
        Metric("psnr_circle", +1, psnr_circle),
        Metric("mse", -1, mse),
        Metric("mae", -1, mae),
    )
}
"""Every metric by name."""
