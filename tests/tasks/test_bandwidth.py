import numpy as np
import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks.bandwidth import CONTRAST, Bandwidth, low_pass
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError


@pytest.mark.parametrize("cycles", [1.0, 4.0, 16.0, 64.0])
def test_every_bandwidth_has_one_contrast_and_the_mean_scores_the_same(cycles: float) -> None:
    task = Bandwidth(cycles=cycles)
    problem = task.problem(load("white-noise"), seed=0)
    assert problem.shape == (256, 256)
    assert float(problem.truth.mean()) == pytest.approx(0.5, abs=1e-6)
    assert float(problem.truth.std()) == pytest.approx(CONTRAST, rel=1e-3)
    guess = torch.full_like(problem.truth, 0.5)
    assert task.score(problem, guess)["psnr"] == pytest.approx(18.06, abs=0.01)


@pytest.mark.parametrize("cycles", [4.0, 16.0, 32.0, 64.0])
def test_the_power_lies_below_the_bandwidth(cycles: float) -> None:
    problem = Bandwidth(cycles=cycles).problem(load("white-noise"), seed=0)
    values = problem.grid(problem.truth)[..., 0].astype(np.float64) - 0.5
    window = np.hanning(258)[1:-1]  # the cut is no period, and would leak
    power = np.abs(np.fft.fft2(values * np.outer(window, window))) ** 2
    k = np.fft.fftfreq(256) * 256
    radius = np.hypot(k[:, None], k)
    assert power[radius > cycles + 4].sum() < 1e-5 * power.sum()
    assert power[radius > 0.8 * cycles].sum() > 0.1 * power.sum()


def test_the_filter_keeps_a_wave_below_and_removes_one_above() -> None:
    x = np.arange(32) / 32
    below, above = np.cos(2 * np.pi * (3 * x[:, None] + 4 * x)), np.cos(2 * np.pi * (4 * x[:, None] + 4 * x))
    found = low_pass((below + above)[..., None], 5.0)
    np.testing.assert_allclose(found[..., 0], below, atol=1e-12)


def test_a_wider_grid_has_its_own_shape_and_the_pixels_limit_the_bandwidth() -> None:
    assert Bandwidth(size=(32, 48), cycles=12).problem(load("white-noise"), seed=0).shape == (32, 48)
    with pytest.raises(SignalError, match=r"'white-noise' .* at most 8 or raise size"):
        Bandwidth(size=32, cycles=9).problem(load("white-noise"), seed=0)
    with pytest.raises(SignalError, match="enlarged"):
        Bandwidth(size=600).problem(load("white-noise"), seed=0)
    with pytest.raises(ValidationError):
        Bandwidth(cycles=0.5)


def test_what_is_learned_by_heart_at_the_samples_does_not_make_the_headline() -> None:
    task = Bandwidth(size=64, cycles=8)
    problem = task.problem(load("white-noise"), seed=0)
    assert problem.operator.out_rows == 32 * 32
    unseen = torch.from_numpy(problem.unseen())[:, None]
    by_heart = torch.where(unseen, 0.0, problem.truth)
    score = task.score(problem, by_heart)
    assert next(iter(score)) == "psnr_unseen" == task.metrics[0]
    assert score["psnr_unseen"] < 10
    assert task.score(problem, torch.where(unseen, problem.truth, 0.0))["psnr_unseen"] == np.inf


def test_interpolation_falls_with_the_bandwidth() -> None:
    found = []
    for cycles in (2, 8, 32):
        task = Bandwidth(size=128, cycles=cycles)
        problem = task.problem(load("white-noise"), seed=0)
        scores = [
            task.score(problem, torch.from_numpy(baseline(problem)).reshape(-1, 1))["psnr_unseen"]
            for baseline in task.baselines().values()
        ]
        assert scores == sorted(scores, reverse=True)
        assert scores[0] > scores[1] + (0 if cycles == 32 else 15)
        found.append(scores[0])
    assert found[0] > found[1] + 10 > found[2] + 20


def test_the_samples_determine_the_truth() -> None:
    """Least squares over the waves of the band, on a period of twice the side, from the samples alone."""
    problem = Bandwidth(size=32, cycles=4).problem(load("white-noise"), seed=0)
    k = np.stack(np.meshgrid(*[np.arange(-8, 9)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
    k = k[np.hypot(*k.T) <= 8]
    waves = np.exp(0.5j * np.pi * problem.coords.double().numpy() @ k.T)
    seen = ~problem.unseen()
    amplitudes = np.linalg.lstsq(waves[seen], problem.truth[seen].double().numpy(), rcond=1e-10)[0]
    np.testing.assert_allclose((waves @ amplitudes).real, problem.truth, atol=1e-2)
