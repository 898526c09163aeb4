"""Formulas and initial weights of the pointwise real activations, against numpy and the papers' bounds."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from activations.bw_relu import BwRelu
from activations.core.base import Activation, Domain, build
from activations.finer import Finer
from activations.gauss import Gauss
from activations.relu import Relu
from activations.relu_pe import ReluPe
from activations.siren import Siren

Z = np.linspace(-2, 2, 401)
IMAGE = Domain(2, 3, (256, 256))


def linears(activation: Activation, width: int = 512) -> list[nn.Linear]:
    network = build(activation, IMAGE, width=width, depth=3, seed=0)
    return [module for module in network.modules() if isinstance(module, nn.Linear)]


def assert_uniform(values: torch.Tensor, bound: float, tolerance: float = 0.03) -> None:
    """U(±bound) by its bounds, which nearly are reached, and by its standard deviation bound/√3."""
    v = values.detach()
    assert v.abs().max() <= bound * (1 + 1e-6)
    assert v.abs().max() > bound * 0.97
    assert v.std().item() == pytest.approx(bound / math.sqrt(3), rel=tolerance)


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        (Relu(), np.maximum(Z, 0)),
        (ReluPe(), np.maximum(Z, 0)),
        (Siren(omega0=30.0), np.sin(30 * Z)),
        (Siren(omega0=7.5), np.sin(7.5 * Z)),
        (Gauss(scale=10.0), np.exp(-((10 * Z) ** 2))),
        (Finer(omega0=30.0), np.sin(30 * (np.abs(Z) + 1) * Z)),
    ],
)
def test_formula(activation: Activation, expected: np.ndarray) -> None:
    got = activation.forward(torch.from_numpy(Z)).numpy()
    np.testing.assert_allclose(got, expected, atol=1e-12)
    curve = activation.curve(torch.from_numpy(Z))
    assert curve is not None
    np.testing.assert_array_equal(curve.numpy(), got)


def test_finer_gradient_leaves_the_frequency_out() -> None:
    z = torch.linspace(-1, 1, 41, dtype=torch.float64, requires_grad=True)
    (got,) = torch.autograd.grad(Finer(omega0=5.0).forward(z).sum(), z)
    x = z.detach()
    torch.testing.assert_close(got, 5 * (x.abs() + 1) * torch.cos(5 * (x.abs() + 1) * x))


@pytest.mark.parametrize("activation", [Relu(), ReluPe(), Gauss(), BwRelu()])
def test_default_initialisation(activation: Activation) -> None:
    for linear in linears(activation)[:-1]:
        bound = 1 / math.sqrt(linear.in_features)
        assert_uniform(linear.weight, bound, 0.05)
        assert_uniform(linear.bias, bound, 0.1)


@pytest.mark.parametrize("activation", [Siren(omega0=20.0), Finer(omega0=20.0)])
def test_siren_initialisation(activation: Activation) -> None:
    first, *later, head = linears(activation)
    assert_uniform(first.weight, 1 / 2, 0.05)
    assert_uniform(first.bias, 1 / math.sqrt(2), 0.1)
    for linear in [*later, head]:
        assert_uniform(linear.weight, math.sqrt(6 / 512) / 20)
    for linear in later:
        assert_uniform(linear.bias, 1 / math.sqrt(512), 0.1)


def test_finer_first_bias_widens_only_the_first_layer() -> None:
    first, second, *_ = linears(Finer(first_bias=5.0))
    assert_uniform(first.bias, 5.0, 0.1)
    assert_uniform(second.bias, 1 / math.sqrt(512), 0.1)


def test_siren_keeps_the_spread_of_its_features() -> None:
    # Sines of arguments that are spread over many periods have standard deviation 1/√2, layer after layer.
    network = build(Siren(), IMAGE, width=256, depth=5, seed=0)
    assert isinstance(network, nn.Sequential)
    x = torch.rand(500, 2, generator=torch.Generator().manual_seed(0)) * 2 - 1
    for layer in network[:-1]:
        x = layer(x)
        assert x.std().item() == pytest.approx(1 / math.sqrt(2), rel=0.05)


@pytest.mark.parametrize(
    ("shape", "levels"),
    [
        ((512, 512), 7),
        ((256, 256), 6),
        ((100, 100), 4),
        ((100, 512), 4),
        ((64, 64, 64), 10),
        ((44100,), 13),
        ((3, 3), 1),
        ((8, 8), 1),
        ((127, 127), 4),
        ((128, 128), 5),
    ],
)
def test_relu_pe_levels(shape: tuple[int, ...], levels: int) -> None:
    domain = Domain(len(shape), 1, shape)
    assert ReluPe().levels_for(domain) == levels
    assert ReluPe(levels=3).levels_for(domain) == 3
    assert ReluPe().encoding(domain).out_features == len(shape) * (1 + 2 * levels)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_relu_pe_encoding(d: int) -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (17, d))
    octaves = 2.0 ** np.arange(5) * np.pi
    phase = (x[:, :, None] * octaves).reshape(17, -1)
    expected = np.concatenate([x, np.sin(phase), np.cos(phase)], axis=1)
    encoding = ReluPe(levels=5).encoding(Domain(d, 1, (64,) * d)).double()
    np.testing.assert_allclose(encoding(torch.from_numpy(x)).numpy(), expected, atol=1e-12)
