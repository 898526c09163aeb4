"""Metrics: one registry of correct ones. Everything here is numpy: (*shape, C) estimate and truth in, a float out.

The truth of a picture lies in [0, 1] and the range is therefore 1, stated and never guessed from the data. An estimate
is scored as it is: neither clipped nor rescaled, for a method that gets the scale wrong is wrong. An estimate with a
value that is not finite scores nan. No metric changes the arrays that it is given.
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
    """Structural similarity for the range 1 [Wang et al., IEEE TIP 2004], as scikit-image computes it by default.

    Windows of 7 x 7 pixels with equal weights, sample variances (n - 1), only windows that lie in the picture; the mean
    over channels.

    Raises:
        ValueError: if the grid is not two-dimensional with at least 7 pixels a side.
    """
    _check(estimate, truth)
    if truth.ndim != 3 or min(truth.shape[:2]) < 7:
        raise ValueError(f"ssim needs a picture of at least 7 x 7 pixels, not {truth.shape}")
    if not np.isfinite(estimate).all():
        return math.nan
    from skimage.metrics import structural_similarity  # here, because importing it takes longer than most metrics

    # In float64: scikit-image computes in the precision of what it is given.
    value = structural_similarity(  # type: ignore[no-untyped-call]
        estimate.astype(np.float64), truth.astype(np.float64), data_range=1, channel_axis=-1
    )
    return float(value)


def snr(estimate: Array, truth: Array) -> float:
    """Signal-to-noise ratio in dB, 10 log10 Σx² / Σ(x - x̂)², where x is the truth, which must not be zero."""
    error = mse(estimate, truth)
    return _decibels(error / float(np.square(truth.astype(np.float64)).mean()))


WINDOW, HOP = 2048, 512
FLOOR = 1e-10


def lsd(estimate: Array, truth: Array) -> float:
    """Log-spectral distance in dB [Gray and Markel, IEEE TASSP 1976]: (N, 1) samples in [-1, 1] each.

    The root mean square over frequencies of the difference of two log power spectra, 10 log10 P, averaged over windows
    (Hann, 2048 samples or the largest power of two that fits, every quarter of a window, no padding). Powers are
    relative to that of a sine of amplitude 1, and those below -100 dB count as -100 dB, so that silence equals silence.

    Raises:
        ValueError: if the arrays are not (N, 1) with N of at least 16.
    """
    _check(estimate, truth)
    if truth.ndim != 2 or truth.shape[1] != 1 or len(truth) < 16:
        raise ValueError(f"lsd needs (N, 1) samples, at least 16, not {truth.shape}")
    if not np.isfinite(estimate).all():
        return math.nan
    difference = _log_spectra(estimate[:, 0]) - _log_spectra(truth[:, 0])
    return float(np.sqrt(np.square(difference).mean(axis=1)).mean())


def _log_spectra(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """(windows, frequencies) in dB."""
    length = min(WINDOW, 2 ** int(math.log2(len(samples))))
    window = np.hanning(length + 1)[:-1]  # periodic
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), length)[:: length * HOP // WINDOW]
    amplitude = np.abs(np.fft.rfft(frames * window, axis=1)) / (window.sum() / 2)
    decibels: NDArray[np.float64] = 10 * np.log10(np.maximum(np.square(amplitude), FLOOR))
    return decibels


def iou(estimate: Array, truth: Array) -> float:
    """Intersection over union of what exceeds 1/2 in each; 1 where nothing does in either."""
    _check(estimate, truth)
    if not np.isfinite(estimate).all():
        return math.nan
    ours, theirs = estimate > 0.5, truth > 0.5
    union = np.count_nonzero(ours | theirs)
    return float(np.count_nonzero(ours & theirs) / union) if union else 1.0


def freq_error(estimate: Array, truth: Array, frequency: int | None = None) -> float:
    """Relative error of the DFT along the first axis: ‖F x̂ - F x‖ / ‖F x‖, of one frequency or of all of them."""
    _check(estimate, truth)
    if not np.isfinite(estimate).all():
        return math.nan
    kept = slice(None) if frequency is None else frequency
    ours, theirs = (np.fft.rfft(values.astype(np.float64), axis=0)[kept] for values in (estimate, truth))
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


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
        Metric("psnr_unseen", +1, psnr),  # the task hands over nothing but the values that were not measured
        Metric("snr", +1, snr),
        Metric("snr_unseen", +1, snr),
        Metric("lsd", -1, lsd),
        Metric("iou", +1, iou),
        Metric("freq_error", -1, freq_error),
    )
}
"""Every metric by name."""


def direction(name: str) -> int:
    """+1 where higher is better, -1 where lower is, 0 for a metric that is not known.

    What follows a slash says what a metric was taken of: ``freq_error/3`` is ``freq_error`` of frequency 3.
    """
    metric = METRICS.get(name.partition("/")[0])
    return metric.direction if metric else 0
