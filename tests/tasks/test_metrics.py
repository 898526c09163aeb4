import math

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from tasks.metrics import METRICS, circle, mae, mse, psnr, psnr_circle, ssim

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


def test_psnr_circle_sees_only_the_circle() -> None:
    estimate, truth = pair()
    spoilt = np.where(circle(24, 32)[..., None], estimate, np.float32(9))
    assert psnr_circle(spoilt, truth) == psnr_circle(estimate, truth)
    assert psnr(spoilt, truth) < psnr(estimate, truth)
    assert circle(64, 64).mean() == pytest.approx(math.pi / 4, abs=0.01)


@pytest.mark.parametrize("name", METRICS)
def test_perfect_and_broken_estimates(name: str) -> None:
    estimate, truth = pair(channels=3)
    metric = METRICS[name]
    perfect, good = metric.function(truth.copy(), truth), metric.function(estimate, truth)
    assert metric.name == name
    assert metric.direction * (perfect - good) > 0
    for bad in (np.nan, np.inf, -np.inf):
        broken = estimate.copy()
        broken[3, 4, 1] = bad
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
