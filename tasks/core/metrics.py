"""Metrics: functions of an estimate and a truth, numpy arrays (*shape, C) each, that return a float; and their labels.

The truth of a picture lies in [0, 1], so the data range is always 1 and is never estimated from the data. An estimate
is neither clipped nor rescaled before it is scored, because a wrong scale is an error of the method. An estimate with a
value that is not finite scores nan. No metric modifies its arguments, and all compute in float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class MetricInfo(NamedTuple):
    """Description of a metric for tables and figures.

    Attributes:
        label: its name as papers write it, without the unit.
        unit: empty if it has none.
        direction: +1 where higher is better, -1 where lower is better, 0 where neither is.
        format: format specification of a value.
    """

    label: str
    unit: str = ""
    direction: int = 0
    format: str = ".4g"


@dataclass(frozen=True)
class Metric:
    """A metric of an estimate against a truth."""

    name: str
    function: Callable[[Array, Array], float]
    info: MetricInfo


def mse(estimate: Array, truth: Array) -> float:
    """Mean square error over all values."""
    return _mean_square(estimate, truth, slice(None))


def mae(estimate: Array, truth: Array) -> float:
    """Mean absolute error over all values."""
    _check(estimate, truth)
    if not np.isfinite(estimate).all():
        return math.nan
    return float(np.abs(estimate.astype(np.float64) - truth).mean())


def psnr(estimate: Array, truth: Array) -> float:
    """Peak signal-to-noise ratio in dB for the data range 1: -10 log10 MSE; inf for an exact estimate."""
    return _decibels(mse(estimate, truth))


def psnr_circle(estimate: Array, truth: Array) -> float:
    """`psnr` over the pixels in the inscribed circle, which is the field of view of a CT scanner."""
    return _decibels(_mean_square(estimate, truth, circle(truth.shape[0], truth.shape[1])))


def ssim(estimate: Array, truth: Array) -> float:
    """Structural similarity for the data range 1 [Wang et al., IEEE TIP 2004], with scikit-image's default settings.

    These are windows of 7 x 7 pixels with equal weights that lie completely in the picture, sample variances (divided
    by n - 1), and the mean over windows and channels.

    Raises:
        ValueError: if the grid is not two-dimensional with at least 7 pixels a side.
    """
    _check(estimate, truth)
    if truth.ndim != 3 or min(truth.shape[:2]) < 7:
        raise ValueError(f"ssim needs a picture of at least 7 x 7 pixels, not {truth.shape}")
    if not np.isfinite(estimate).all():
        return math.nan
    from skimage.metrics import structural_similarity  # here, because importing it takes longer than most metrics

    # In float64, because scikit-image computes in the precision of its arguments.
    value = structural_similarity(  # type: ignore[no-untyped-call]
        estimate.astype(np.float64), truth.astype(np.float64), data_range=1, channel_axis=-1
    )
    return float(value)


def snr(estimate: Array, truth: Array) -> float:
    """Signal-to-noise ratio in dB, 10 log10 Σx² / Σ(x - x̂)² for the truth x; nan if the truth is zero everywhere."""
    error, power = mse(estimate, truth), float(np.square(truth.astype(np.float64)).mean())
    return _decibels(error / power) if power else math.nan


def rel_l2(estimate: Array, truth: Array) -> float:
    """Relative error ‖x̂ - x‖ / ‖x‖ over all values; nan if the truth is zero everywhere."""
    error, power = mse(estimate, truth), float(np.square(truth.astype(np.float64)).mean())
    return math.sqrt(error / power) if power else math.nan


WINDOW, HOP = 2048, 512
"""Length of the windows of `lsd` and the step between them, in samples."""

FLOOR = 1e-10
"""Smallest power in `lsd`: -100 dB relative to a sine of amplitude 1."""


def lsd(estimate: Array, truth: Array) -> float:
    """Log-spectral distance in dB [Gray and Markel, IEEE TASSP 1976] between (N, 1) samples in [-1, 1].

    The root mean square over frequencies of the difference of two log power spectra, 10 log10 P, averaged over windows
    (Hann, `WINDOW` samples or the largest power of two that fits, overlapping by three quarters, no padding). Powers
    are relative to that of a sine of amplitude 1, and those below `FLOOR` are raised to it, so that inaudible
    differences between two silent passages do not count.

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
    """Log power spectra (windows, frequencies) in dB."""
    length = min(WINDOW, 2 ** int(math.log2(len(samples))))
    window = np.hanning(length + 1)[:-1]  # periodic
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), length)[:: length * HOP // WINDOW]
    amplitude = np.abs(np.fft.rfft(frames * window, axis=1)) / (window.sum() / 2)
    decibels: NDArray[np.float64] = 10 * np.log10(np.maximum(np.square(amplitude), FLOOR))
    return decibels


def iou(estimate: Array, truth: Array) -> float:
    """Intersection over union of the sets where each array exceeds 1/2; 1 if both sets are empty."""
    _check(estimate, truth)
    if not np.isfinite(estimate).all():
        return math.nan
    ours, theirs = estimate > 0.5, truth > 0.5
    union = np.count_nonzero(ours | theirs)
    return float(np.count_nonzero(ours & theirs) / union) if union else 1.0


BAND = 0.1
"""Half the width of the narrow band about a surface, in the units of the coordinates."""


def normal_angle(estimate: Array, truth: Array) -> float:
    """Mean angle in degrees between the normals of two signed distances, over the points with abs(truth) < 0.1.

    The normal is the direction of the gradient by central differences on the grid, one-sided at its border, of estimate
    and truth alike, so that the truth scores 0. Where the gradient of the estimate vanishes the angle counts as 90°.

    Raises:
        ValueError: if the arrays are not (N, N, N, 1), or no point lies in the band.
    """
    _check(estimate, truth)
    near = np.abs(truth[..., 0]) < BAND
    if truth.ndim != 4 or truth.shape[3] != 1 or not near.any():
        raise ValueError(f"normal_angle needs a volume (N, N, N, 1) with a surface in it, not {truth.shape}")
    if not np.isfinite(estimate).all():
        return math.nan
    ours, theirs = (
        np.stack([np.gradient(f[..., 0].astype(np.float64), axis=axis)[near] for axis in range(3)], axis=-1)
        for f in (estimate, truth)
    )
    # the arc cosine of a dot product would lose half of the digits of small angles
    angles = np.arctan2(np.linalg.norm(np.cross(ours, theirs), axis=1), (ours * theirs).sum(axis=1))
    angles[~ours.any(axis=1)] = np.pi / 2
    return float(np.rad2deg(angles.mean()))


def freq_error(estimate: Array, truth: Array, frequency: int | None = None) -> float:
    """Relative error of the DFT along the first axis, ‖F x̂ - F x‖ / ‖F x‖, at one frequency or over all of them."""
    _check(estimate, truth)
    if not np.isfinite(estimate).all():
        return math.nan
    bins = slice(None) if frequency is None else frequency
    ours, theirs = (np.fft.rfft(values.astype(np.float64), axis=0)[bins] for values in (estimate, truth))
    return float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))


def circle(height: int, width: int) -> NDArray[np.bool_]:
    """Boolean mask (H, W) of the pixels whose centres lie in the circle inscribed in the picture."""
    down = np.arange(height)[:, None] - (height - 1) / 2
    right = np.arange(width) - (width - 1) / 2
    inside: NDArray[np.bool_] = down**2 + right**2 <= (min(height, width) / 2) ** 2
    return inside


def _check(estimate: Array, truth: Array) -> None:
    # Without this check numpy would broadcast (H, W) against (H, W, 1) and the score would be meaningless.
    if estimate.shape != truth.shape:
        raise ValueError(f"the estimate has the shape {estimate.shape}, the truth {truth.shape}; make them equal")


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
        Metric("psnr", psnr, MetricInfo("PSNR", "dB", +1, ".2f")),
        Metric("ssim", ssim, MetricInfo("SSIM", "", +1, ".4f")),
        Metric("psnr_circle", psnr_circle, MetricInfo("PSNR in circle", "dB", +1, ".2f")),
        Metric("mse", mse, MetricInfo("MSE", "", -1, ".2e")),
        Metric("mae", mae, MetricInfo("MAE", "", -1, ".2e")),
        # For the metrics of unseen values the task passes only the values that were not measured.
        Metric("psnr_unseen", psnr, MetricInfo("PSNR on unseen pixels", "dB", +1, ".2f")),
        Metric("snr", snr, MetricInfo("SNR", "dB", +1, ".2f")),
        Metric("snr_unseen", snr, MetricInfo("SNR on unseen samples", "dB", +1, ".2f")),
        Metric("lsd", lsd, MetricInfo("log-spectral distance", "dB", -1, ".2f")),
        Metric("iou", iou, MetricInfo("IoU", "", +1, ".4f")),
        Metric("rel_l2", rel_l2, MetricInfo("relative error", "", -1, ".2e")),
        Metric("freq_error", freq_error, MetricInfo("relative DFT error", "", -1, ".2e")),
        Metric("mae_surface", mae, MetricInfo("MAE near surface", "", -1, ".2e")),
        Metric("normal_angle", normal_angle, MetricInfo("angle of normals", "°", -1, ".2f")),
    )
}
"""Every metric by name."""

_WITHOUT_TRUTH = {
    "loss": MetricInfo("data loss", "", -1, ".2e"),
    "heldout_loss": MetricInfo("held-out loss", "", 0, ".2e"),  # a stopping rule reads it; it ranks no method
    "path_norm": MetricInfo("path norm"),
    "path_quasi_norm": MetricInfo("path quasi-norm"),
    "dead_units": MetricInfo("dead units", "", 0, ".2%"),
    "feature_std": MetricInfo("feature standard deviation"),
    "feature_cond": MetricInfo("feature condition number", "", 0, ".2e"),
    "feature_rank": MetricInfo("effective feature rank"),
    "feature_stable_rank": MetricInfo("stable rank of features"),
    "weight_stable_rank": MetricInfo("stable rank of weights"),
    "passes": MetricInfo("forward and backward passes", "", 0, ",.0f"),
    "grad_norm": MetricInfo("gradient norm", "", 0, ".2e"),
    "ntk_rank": MetricInfo("effective rank of the tangent kernel"),
    "ntk_decay": MetricInfo("exponent of the decay of its eigenvalues"),
}


def describe(name: str) -> MetricInfo:
    """Description of a metric by the name under which its scores are stored; one not known here is its own label.

    The part after a slash restricts a metric: ``freq_error/3`` is ``freq_error`` at the frequency 3, and its label has
    the 3 in brackets.
    """
    base, slash, part = name.partition("/")
    info = METRICS[base].info if base in METRICS else _WITHOUT_TRUTH.get(base, MetricInfo(base))
    return info._replace(label=f"{info.label} ({part})") if slash else info
