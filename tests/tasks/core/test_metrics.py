import math

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from inrbench.tasks.core.metrics import (
    METRICS,
    circle,
    describe,
    freq_error,
    iou,
    lsd,
    mae,
    mse,
    psnr,
    psnr_circle,
    rel_l2,
    snr,
    ssim,
)

Array = NDArray[np.float32]


def pair(peak: float = 0.5, channels: int = 1) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    truth = (peak * rng.random((24, 32, channels))).astype(np.float32)
    truth[0, 0] = peak
    return (truth + 0.05 * rng.standard_normal(truth.shape)).astype(np.float32), truth


def test_psnr_agrees_with_skimage_and_the_formula() -> None:
    estimate, truth = pair(channels=3)
    assert psnr(estimate, truth) == pytest.approx(peak_signal_noise_ratio(truth, estimate, data_range=1), abs=1e-5)
    assert psnr(truth + np.float32(0.1), truth) == pytest.approx(20, abs=1e-4)


def test_the_relative_error_is_that_of_norms_and_the_snr_in_another_unit() -> None:
    estimate, truth = pair(channels=3)
    expected = np.linalg.norm((estimate - truth).astype(np.float64)) / np.linalg.norm(truth.astype(np.float64))
    assert rel_l2(estimate, truth) == pytest.approx(expected, rel=1e-6)
    assert -20 * math.log10(rel_l2(estimate, truth)) == pytest.approx(snr(estimate, truth), abs=1e-9)
    assert math.isnan(rel_l2(estimate, np.zeros_like(truth)))


def test_psnr_does_not_divide_the_peak_of_the_truth_by_the_mse() -> None:
    # wire, relu-inrs, INCODE and STAF compute 10 log10(max(x) / MSE), which changes with the brightness of the picture
    estimate, truth = pair(peak=0.5)
    theirs = 10 * math.log10(truth.max() / mse(estimate, truth))
    assert psnr(estimate, truth) - theirs == pytest.approx(10 * math.log10(2), abs=1e-6)


def test_psnr_does_not_rescale_the_estimate() -> None:
    # relu-inrs stretches the reconstruction to [0, 1] first, which forgives any error of scale and offset
    _, truth = pair()
    truth = (truth - truth.min()) / (truth.max() - truth.min())
    estimate = 0.5 * truth + np.float32(0.2)
    stretched = (estimate - estimate.min()) / (estimate.max() - estimate.min())
    assert psnr(stretched, truth) > 100
    assert psnr(estimate, truth) < 20


def test_psnr_does_not_clip_the_estimate() -> None:
    truth = np.ones((8, 8, 1), np.float32)
    assert psnr(truth + 1, truth) == 0


def test_ssim_states_the_range() -> None:
    # scikit-image took 2 for floats where no range was stated, the width of [-1, 1], which hides noise in flat areas
    noisy, clean = pair()
    truth = np.broadcast_to(np.linspace(0, 1, 32, dtype=np.float32)[:, None], clean.shape)
    estimate = truth + noisy - clean
    inflated = structural_similarity(estimate, truth, data_range=2, channel_axis=-1)
    assert ssim(estimate, truth) < inflated - 0.02
    expected = structural_similarity(estimate.astype(float)[..., 0], truth.astype(float)[..., 0], data_range=1)
    assert ssim(estimate, truth) == pytest.approx(expected)


@pytest.mark.parametrize("shape", [(7, 7, 1), (8, 40, 3), (200, 130, 3), (100, 1000, 1)])
def test_ssim_is_the_mean_over_windows_of_the_published_formula(shape: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(0)
    truth = np.sin(rng.random(shape).cumsum(0)).astype(np.float32)
    estimate = (0.9 * truth + 0.1 * rng.standard_normal(shape)).astype(np.float32)
    x, y = (
        np.lib.stride_tricks.sliding_window_view(values.astype(float), (7, 7), axis=(0, 1)).reshape(-1, 49)
        for values in (estimate, truth)
    )
    mean_x, mean_y, var_x, var_y = x.mean(1), y.mean(1), x.var(1, ddof=1), y.var(1, ddof=1)
    covariance = ((x - mean_x[:, None]) * (y - mean_y[:, None])).sum(1) / 48
    c1, c2 = 0.01**2, 0.03**2
    numerator = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    expected = (numerator / ((mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2))).mean()
    assert ssim(estimate, truth) == pytest.approx(expected, abs=1e-9)


def test_psnr_circle_sees_only_the_circle() -> None:
    estimate, truth = pair()
    spoilt = np.where(circle(24, 32)[..., None], estimate, np.float32(9))
    assert psnr_circle(spoilt, truth) == psnr_circle(estimate, truth)
    assert psnr(spoilt, truth) < psnr(estimate, truth)
    assert circle(64, 64).mean() == pytest.approx(math.pi / 4, abs=0.01)


@pytest.mark.parametrize("name", METRICS)
def test_perfect_and_broken_estimates(name: str) -> None:
    estimate, truth = pair(peak=1, channels=3)
    if name == "lsd":
        estimate, truth = estimate.reshape(-1, 1), truth.reshape(-1, 1)
    if name == "normal_angle":
        estimate, truth = estimate.reshape(8, 12, 24, 1), truth.reshape(8, 12, 24, 1)
    metric = METRICS[name]
    perfect, good = metric.function(truth.copy(), truth), metric.function(estimate, truth)
    assert metric.name == name
    assert metric.info.direction * (perfect - good) > 0
    for bad in (np.nan, np.inf, -np.inf):
        broken = estimate.copy()
        broken.flat[100] = bad
        assert math.isnan(metric.function(broken, truth))
    assert math.isfinite(metric.function(np.full_like(truth, 3e38), truth))


@pytest.mark.parametrize("name", METRICS)
def test_shapes_must_agree(name: str) -> None:
    estimate, truth = pair()
    with pytest.raises(ValueError, match="shape"):
        METRICS[name].function(estimate[..., 0], truth)


def test_mae() -> None:
    _, truth = pair()
    assert mae(truth + np.float32(0.25), truth) == pytest.approx(0.25, abs=1e-6)


def test_ssim_refuses_what_is_no_picture() -> None:
    with pytest.raises(ValueError, match="7 x 7"):
        ssim(np.zeros((6, 6, 1), np.float32), np.zeros((6, 6, 1), np.float32))


def test_a_part_after_a_slash_keeps_the_description_of_its_metric() -> None:
    whole, part = describe("freq_error"), describe("freq_error/3")
    assert (part.unit, part.direction, part.format) == (whole.unit, whole.direction, whole.format) == ("", -1, ".2e")
    assert part.label == f"{whole.label} (3)"
    assert describe("psnr") == ("PSNR", "dB", 1, ".2f")


@pytest.mark.parametrize(
    ("name", "direction"), [("loss", -1), ("heldout_loss", 0), ("path_norm", 0), ("grad_norm/head", 0)]
)
def test_scores_without_a_truth_are_described_too(name: str, direction: int) -> None:
    info = describe(name)
    assert "_" not in info.label
    assert info.direction == direction


@pytest.mark.parametrize("name", [*METRICS, "loss", "path_norm", "dead_units/1", "never-heard-of"])
def test_every_format_can_be_used(name: str) -> None:
    assert format(0.5, describe(name).format)


def test_an_unknown_metric_is_its_own_label_and_ranks_nothing() -> None:
    assert describe("never-heard-of") == ("never-heard-of", "", 0, ".4g")


# -- sound -------------------------------------------------------------------------------------------------------------


def tone(amplitude: float, n: int = 8192, period: int = 16) -> Array:
    return (amplitude * np.sin(2 * np.pi * np.arange(n) / period))[:, None].astype(np.float32)


def test_snr_is_relative_to_the_power_of_the_truth() -> None:
    truth = tone(0.5)
    assert snr(truth * np.float32(1.1), truth) == pytest.approx(20, abs=1e-4)
    assert snr(truth * np.float32(0.01) * np.float32(1.1), truth * np.float32(0.01)) == pytest.approx(20, abs=1e-3)
    assert snr(np.zeros_like(truth), truth) == pytest.approx(0, abs=1e-6)


def test_lsd_of_a_change_of_level_is_that_level_in_decibels() -> None:
    noise = np.random.default_rng(0).standard_normal((10_000, 1)).astype(np.float32) / np.float32(8)
    assert lsd(noise / np.float32(10), noise) == pytest.approx(20, abs=0.01)  # a few powers lie below the floor
    assert lsd(noise * np.float32(2), noise) == pytest.approx(20 * math.log10(2), abs=1e-3)


def test_lsd_counts_nothing_below_a_hundred_decibels() -> None:
    silence = np.zeros((4096, 1), np.float32)
    assert lsd(silence + np.float32(1e-7), silence) == 0
    assert 0 < lsd(silence + np.float32(1e-2), silence) < 5  # a constant has few frequencies


def test_lsd_of_a_sine_of_amplitude_one_starts_at_zero_decibels() -> None:
    # a sine in the middle of a frequency: Hann spreads it over three of 1025, at 0, -6 and -6 dB; the rest is silent
    expected = math.sqrt((100**2 + 2 * (100 - 20 * math.log10(2)) ** 2) / 1025)
    assert lsd(np.zeros((2048, 1), np.float32), tone(1, 2048)) == pytest.approx(expected, rel=1e-3)


def test_lsd_agrees_with_scipy() -> None:
    from scipy.signal import ShortTimeFFT
    from scipy.signal.windows import hann

    estimate, truth = (
        np.random.default_rng(k).standard_normal((5000, 1)).astype(np.float32) / np.float32(4) for k in (0, 1)
    )
    window = hann(2048, sym=False)
    stft = ShortTimeFFT(window, hop=512, fs=1)
    first = 2  # the first window that lies wholly inside
    log = [
        20 * np.log10(np.abs(stft.stft(x[:, 0].astype(float), p0=first, p1=first + 6)) / (window.sum() / 2))
        for x in (estimate, truth)
    ]
    expected = np.sqrt(((log[0] - log[1]) ** 2).mean(axis=0)).mean()
    assert lsd(estimate, truth) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("shape", [(15, 1), (64, 2), (64,), (8, 8, 1)])
def test_lsd_refuses_what_is_no_sound(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="lsd needs"):
        lsd(np.zeros(shape, np.float32), np.zeros(shape, np.float32))


# -- shapes and frequencies --------------------------------------------------------------------------------------------


def test_iou_is_that_of_the_sets() -> None:
    truth = np.array([1, 1, 1, 0, 0, 0], np.float32)[:, None]
    estimate = np.array([0.9, 0.51, 0.5, 0.7, 0.2, -3], np.float32)[:, None]
    before = estimate.copy()
    assert iou(estimate, truth) == 2 / 4
    np.testing.assert_array_equal(estimate, before)
    assert iou(np.zeros_like(truth), np.zeros_like(truth)) == 1
    assert iou(np.ones_like(truth), np.zeros_like(truth)) == 0


def test_freq_error_tells_one_frequency_from_another() -> None:
    u = (2 * np.pi * np.arange(201) / 201)[:, None]
    truth = (np.sin(u) + np.sin(3 * u)).astype(np.float32)
    estimate = (np.sin(u) + 0.75 * np.sin(3 * u)).astype(np.float32)
    assert freq_error(estimate, truth, 1) == pytest.approx(0, abs=1e-6)
    assert freq_error(estimate, truth, 3) == pytest.approx(0.25, abs=1e-6)
    assert freq_error(estimate, truth) == pytest.approx(0.25 / math.sqrt(2), abs=1e-6)
    # a wrong phase is an error, too
    shifted = np.cos(u).astype(np.float32)
    assert freq_error(shifted, np.sin(u).astype(np.float32), 1) == pytest.approx(math.sqrt(2), rel=1e-5)


@pytest.mark.parametrize("degrees", [0.0, 0.01, 30.0, 90.0, 180.0])
def test_normal_angle_is_that_of_two_planes_whatever_the_length_of_the_gradients(degrees: float) -> None:
    x, y, z = np.indices((12, 12, 12)) / 11 - 0.5
    truth = (0.6 * x + 0.8 * z)[..., None].astype(np.float32)
    angle = math.radians(degrees)
    turned = math.cos(angle) * (0.6 * x + 0.8 * z) + math.sin(angle) * y
    assert METRICS["normal_angle"].function(3 * turned[..., None].astype(np.float32), truth) == pytest.approx(
        degrees, abs=2e-4
    )
    assert METRICS["normal_angle"].function(np.ones_like(truth), truth) == pytest.approx(90)


def test_normal_angle_needs_a_surface() -> None:
    far = np.ones((8, 8, 8, 1), np.float32)
    with pytest.raises(ValueError, match="a surface in it"):
        METRICS["normal_angle"].function(far, far)
