"""Denoising: the noise has the declared strength, Gaussian and Poisson."""

from __future__ import annotations

import math

import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks.denoise import Denoise
from inrbench.tasks.signals.load import load


def test_gaussian_noise_has_the_declared_spread() -> None:
    problem = Denoise(size=128, sigma=0.2).problem(load("chelsea"), seed=0)
    noise = problem.measured - problem.truth
    assert problem.noise_std == 0.2
    assert float(noise.std()) == pytest.approx(0.2, rel=0.02)
    assert float(noise.mean()) == pytest.approx(0, abs=0.005)
    assert float(problem.measured.max()) > 1  # it is not clipped


def test_photons_vary_with_the_brightness() -> None:
    problem = Denoise(size=256, noise="poisson").problem(load("camera"), seed=0)
    noise = problem.measured - problem.truth
    for low, high in [(0.0, 0.2), (0.5, 0.7), (0.7, 1.0)]:
        here = (problem.truth >= low) & (problem.truth < high)
        expected = math.sqrt(float(problem.truth[here].mean()) / 30 + (2 / 30) ** 2)
        assert float(noise[here].std()) == pytest.approx(expected, rel=0.05)
        assert float(noise[here].mean()) == pytest.approx(0, abs=0.01)
    assert problem.noise_std == pytest.approx(float(noise.square().mean().sqrt()), rel=0.02)


def test_photons_without_readout_are_whole() -> None:
    problem = Denoise(size=32, noise="poisson", tau=10, readout=0).problem(load("camera"), seed=0)
    counts = problem.measured * 10
    torch.testing.assert_close(counts, counts.round())
    assert counts.min() >= 0


@pytest.mark.parametrize("bad", [{"noise": "salt"}, {"sigma": 0}, {"tau": 0}, {"readout": -1}, {"tv_weight": 0}])
def test_bad_parameters_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Denoise.model_validate(bad)
