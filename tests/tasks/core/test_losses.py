"""Data losses against formulas of others, their gradients, and the loss of the truth under the noise of their kind."""

from __future__ import annotations

import math

import pytest
import torch
from pydantic import ValidationError

from inrbench.tasks.core.losses import L1, L2, LOSSES, DataLoss, Huber, PoissonDeviance

GENERATOR = torch.Generator().manual_seed(0)
MEASURED = torch.rand(50, 2, generator=GENERATOR, dtype=torch.float64) * 3
PREDICTED = torch.rand(50, 2, generator=GENERATOR, dtype=torch.float64) * 3 + 0.1
WEIGHTS = torch.rand(50, 1, generator=GENERATOR, dtype=torch.float64)


def test_terms_are_those_of_pytorch() -> None:
    functional = torch.nn.functional
    for loss, expected in (
        (L2(), functional.mse_loss(PREDICTED, MEASURED, reduction="none")),
        (L1(), functional.l1_loss(PREDICTED, MEASURED, reduction="none")),
        (Huber(delta=0.4), 2 * functional.huber_loss(PREDICTED, MEASURED, reduction="none", delta=0.4)),
    ):
        torch.testing.assert_close(loss.terms(PREDICTED, MEASURED), expected)


def test_the_deviance_is_twice_the_ratio_of_poisson_likelihoods() -> None:
    counts = torch.tensor([[0.0], [1.0], [7.0], [120.0]], dtype=torch.float64)
    means = torch.tensor([[0.5], [2.0], [5.0], [130.0]], dtype=torch.float64)
    likelihood = torch.distributions.Poisson(means).log_prob(counts)
    best = torch.distributions.Poisson(counts.clamp(min=1e-300)).log_prob(counts)
    torch.testing.assert_close(PoissonDeviance().terms(means, counts), 2 * (best - likelihood), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize("loss", LOSSES.values())
def test_sum_and_gradient_are_those_of_the_terms(loss: type[DataLoss], weights: torch.Tensor | None) -> None:
    total, gradient = loss().sum_and_gradient(PREDICTED, MEASURED, weights)
    at = PREDICTED.clone().requires_grad_()
    terms = loss().terms(at, MEASURED)
    expected = (terms if weights is None else weights * terms).sum()
    torch.testing.assert_close(total, expected.detach())
    torch.testing.assert_close(gradient, torch.autograd.grad(expected, at)[0])
    assert not total.requires_grad


@pytest.mark.parametrize("loss", LOSSES.values())
def test_a_loss_is_least_and_zero_where_the_measurements_are_met(loss: type[DataLoss]) -> None:
    assert float(loss().terms(MEASURED, MEASURED).abs().max()) < 1e-12
    assert float(loss().terms(PREDICTED, MEASURED).min()) > 0


def test_a_negative_prediction_of_counts_is_pushed_up() -> None:
    predicted = torch.tensor([[-5.0], [-0.1], [0.0]])
    total, gradient = PoissonDeviance().sum_and_gradient(predicted, torch.tensor([[3.0], [1.0], [2.0]]), None)
    assert math.isfinite(float(total))
    assert bool((gradient < 0).all())


@pytest.mark.parametrize("loss", [L2(), L1()])
def test_the_truth_has_the_expected_loss_under_gaussian_noise(loss: DataLoss) -> None:
    noise = 0.3 * torch.randn(100_000, 1, generator=torch.Generator().manual_seed(1))
    level = loss.noise_level(0.3)
    assert level is not None
    assert float(loss.terms(torch.zeros_like(noise), noise).mean()) == pytest.approx(level, rel=0.01)
    assert loss.noise_level(None) is None
    assert loss.model_copy(update={"weighted": True}).noise_level(0.3) is None


@pytest.mark.parametrize("mean", [5.0, 50.0, 5000.0])
def test_the_truth_has_a_deviance_of_about_one(mean: float) -> None:
    means = torch.full((100_000, 1), mean, dtype=torch.float64)
    counts = torch.poisson(means, generator=torch.Generator().manual_seed(1))
    assert float(PoissonDeviance().terms(means, counts).mean()) == pytest.approx(1, abs=0.06)
    assert PoissonDeviance().noise_level(None) == 1


def test_huber_says_nothing_of_the_noise_and_counts_are_not_negative() -> None:
    assert Huber().noise_level(0.1) is None
    assert PoissonDeviance().refusal(torch.tensor([[-1.0]])).startswith("is for counts")
    assert not PoissonDeviance().refusal(torch.tensor([[0.0]]))
    with pytest.raises(ValidationError):
        Huber(delta=0.0)
