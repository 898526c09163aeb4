"""The controls: formulas against numpy and scipy, initial weights, and the spread of untrained networks."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.special import erf, expit
from torch import nn

from inrbench.activations.controls import ExpSin, Gelu, Laplacian, Multiquadric, Quadratic, Silu, Softplus, Tanh
from inrbench.activations.core.base import Activation, Domain, build
from inrbench.bench.engine.capture import mlp_spec
from tests.activations.initial_spread import unit_spread

Formula = Callable[[np.ndarray], np.ndarray]

CASES: list[tuple[Activation, Formula]] = [
    (Tanh(), np.tanh),
    (Gelu(), lambda z: z * (1 + erf(z / math.sqrt(2))) / 2),
    (Silu(), lambda z: z * expit(z)),
    (Softplus(), lambda z: np.logaddexp(0, z)),
    (Quadratic(scale=7.0), lambda z: 1 / (1 + (7 * z) ** 2)),
    (Multiquadric(scale=7.0), lambda z: 1 / np.sqrt(1 + (7 * z) ** 2)),
    (Laplacian(scale=7.0), lambda z: np.exp(-7 * np.abs(z))),
    (ExpSin(omega0=20.0), lambda z: np.exp(-np.sin(20 * z))),
]
NAMES = [activation.name for activation, _ in CASES]


@pytest.mark.parametrize(("activation", "formula"), CASES, ids=NAMES)
def test_formula_and_edges(activation: Activation, formula: Formula) -> None:
    z = np.concatenate([np.linspace(-3, 3, 601), [0, 1e-300, -1e-300, 1e3, -1e3]])
    np.testing.assert_allclose(activation.forward(torch.from_numpy(z)).numpy(), formula(z), atol=1e-8)


@pytest.mark.parametrize(("activation", "formula"), CASES, ids=NAMES)
def test_slopes_are_finite(activation: Activation, formula: Formula) -> None:
    z = torch.tensor([0.0, 1e-45, -1e-40, 1e-20, 1e3, -1e3, 1e15], requires_grad=True)
    (slope,) = torch.autograd.grad(activation.forward(z).sum(), z)
    assert torch.isfinite(slope).all()


@pytest.mark.parametrize(("activation", "formula"), CASES, ids=NAMES)
def test_the_network_is_an_mlp_that_can_be_compiled(activation: Activation, formula: Formula) -> None:
    assert mlp_spec(build(activation, Domain(2, 1, (64, 64)), width=8, depth=2, seed=0)) is not None


def _linears(activation: Activation) -> list[nn.Linear]:
    network = build(activation, Domain(2, 1, (64, 64)), width=512, depth=3, seed=0)
    return [module for module in network.modules() if isinstance(module, nn.Linear)][:-1]


@pytest.mark.parametrize("activation", [Gelu(), Silu(), Softplus()], ids=lambda a: a.name)
def test_kaiming_normal(activation: Activation) -> None:
    for linear in _linears(activation):
        weight = linear.weight.detach()
        assert weight.std().item() == pytest.approx(math.sqrt(2 / linear.in_features), rel=0.05)
        kurtosis = (weight**4).mean() / weight.square().mean() ** 2  # 3 for a normal distribution, 1.8 for a uniform
        assert kurtosis.item() == pytest.approx(3, rel=0.1)
        assert linear.bias.abs().max().item() <= 1 / math.sqrt(linear.in_features)


def test_tanh_has_xaviers_weights() -> None:
    for linear in _linears(Tanh()):
        bound = math.sqrt(6 / (linear.in_features + linear.out_features))
        weight = linear.weight.detach()
        assert 0.98 * bound < weight.abs().max().item() <= bound
        assert weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.05)


SPREADS = [
    pytest.param(ExpSin(), (0.82, 0.70, 0.65, 0.63), id="exp-sin"),
    pytest.param(Quadratic(), (0.23, 0.29, 0.25, 0.27), id="quadratic"),
    pytest.param(Quadratic(scale=1.0), (0.13, 0.03, 0.01, 0.003), id="quadratic-1"),
    pytest.param(Multiquadric(), (0.22, 0.20, 0.16, 0.15), id="multiquadric"),
    pytest.param(Laplacian(), (0.19, 0.25, 0.22, 0.24), id="laplacian"),
    pytest.param(Tanh(), (0.06, 0.05, 0.04, 0.04), id="tanh"),
]


@pytest.mark.parametrize(("activation", "expected"), SPREADS)
def test_spread_at_the_start(activation: Activation, expected: tuple[float, ...]) -> None:
    """Given to two digits, or to one where it is small."""
    assert unit_spread(activation) == pytest.approx(expected, rel=0.12, abs=0.01)
