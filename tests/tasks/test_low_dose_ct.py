"""Low-dose CT: counts, their logarithms, weights, and what the classical methods make of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from inrbench.tasks.core.losses import PoissonDeviance
from inrbench.tasks.core.radon import Radon
from inrbench.tasks.core.transmission import Transmission
from inrbench.tasks.low_dose_ct import LowDoseCT, of_logs
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import SignalError


def test_counts_are_whole_and_spread_like_poissons() -> None:
    task = LowDoseCT(size=48, angles=30)
    problem = task.problem(load("ct-head"), seed=0)
    counts, expected = problem.measured.double(), problem.operator.forward(problem.truth).double()
    assert torch.equal(counts, counts.round())
    assert float(((counts - expected) / expected.sqrt()).square().mean()) == pytest.approx(1, rel=0.1)
    assert isinstance(task.loss(), PoissonDeviance)
    deviance = task.loss().terms(expected, counts)
    assert float(deviance.mean()) == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("dose", [300.0, 3000.0])
def test_logarithms_are_line_integrals_whose_noise_and_weights_follow_from_the_counts(dose: float) -> None:
    counts = LowDoseCT(size=48, angles=30, dose=dose).problem(load("ct-head"), seed=0)
    logs = LowDoseCT(size=48, angles=30, dose=dose, data="logs").problem(load("ct-head"), seed=0)
    assert isinstance(logs.operator, Radon)
    assert isinstance(counts.operator, Transmission)
    torch.testing.assert_close(logs.measured, -torch.log(counts.measured / dose) / 4)
    error = logs.measured - logs.operator.forward(logs.truth)
    assert logs.noise_std == pytest.approx(float(error.square().mean().sqrt()), rel=0.1)
    assert logs.weights is not None
    assert float(logs.weights.mean()) == pytest.approx(1)
    weighted = (error * logs.weights.sqrt()).square().reshape(-1)
    thick = counts.measured[:, 0] < counts.measured.median()
    assert float(weighted[thick].mean()) == pytest.approx(float(weighted[~thick].mean()), rel=0.15)
    assert float(error[thick].square().mean()) > 1.3 * float(error[~thick].square().mean())


def test_classical_methods_are_the_same_for_counts_and_logarithms_and_gain_by_weights() -> None:
    found: dict[str, dict[str, float]] = {}
    for data in ("counts", "logs"):
        task = LowDoseCT.model_validate({"size": 48, "angles": 30, "data": data, "dose": 100.0, "attenuation": 8.0})
        problem = task.problem(load("ct-small"), seed=0)
        found[data] = {
            name: task.score(problem, torch.from_numpy(method(problem)).reshape(-1, 1))["psnr"]
            for name, method in task.baselines().items()
        }
    assert found["counts"] == found["logs"]
    assert found["logs"]["pwls"] > found["logs"]["tv"] > found["logs"]["fbp"]


def test_a_photon_that_does_not_arrive_leaves_the_logarithm_finite() -> None:
    problem = LowDoseCT(size=32, dose=3.0, attenuation=10.0).problem(load("ct-head"), seed=0)
    assert bool((problem.measured == 0).any())
    logs = of_logs(problem)
    assert bool(torch.isfinite(logs.measured).all())
    assert logs.noise_std is not None
    assert math.isfinite(logs.noise_std)


def test_colours_and_too_many_rays_are_refused() -> None:
    with pytest.raises(SignalError, match="has 3 channels and CT needs one"):
        LowDoseCT(size=32).problem(load("coffee"), seed=0)
    with pytest.raises(SignalError, match="lower size or angles"):
        LowDoseCT(angles=10_000_000).problem(load("ct-head"), seed=0)


def test_doses_below_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="dose"):
        LowDoseCT(dose=-1.0)
    assert np.isfinite(LowDoseCT(size=16).problem(load("ct-head"), seed=0).measured.numpy()).all()
