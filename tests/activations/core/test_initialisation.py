"""Initial weights by variance: the constants against independent integration, and what they do to a network."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import integrate, special
from torch import nn

from inrbench.activations.core.base import Activation, Domain, build
from inrbench.activations.core.conformance import check_depth
from inrbench.activations.core.initialisation import coordinates, layer_spreads, mean_square
from inrbench.activations.core.linear import NormedLinear
from inrbench.activations.core.mlp import MLP
from inrbench.bench.config.plugins import Plugins

PLUGINS = Plugins()
DOMAIN = Domain(2, 1, (48, 64))


def activation_of(name: str, **params: float) -> Activation:
    return PLUGINS.activations.get(name).model_validate(params)


def mlp_of(name: str, width: int = 100, depth: int = 5, sigma_p: float = 1.0, **params: float) -> MLP:
    network = build(
        activation_of(name, **params), DOMAIN, width=width, depth=depth, seed=0, init="variance", sigma_p=sigma_p
    )
    assert isinstance(network, MLP)
    return network


def density(z: float, scale: float = 1.0) -> float:
    """That of a normal distribution; SciPy's takes a hundred times as long for a single number."""
    return math.exp(-((z / scale) ** 2) / 2) / (scale * math.sqrt(2 * math.pi))


POINTWISE = {
    "relu": ({}, lambda z: max(z, 0.0)),
    "siren": ({"omega0": 3.0}, lambda z: math.sin(3 * z)),
    "gauss": ({"scale": 4.0}, lambda z: math.exp(-((4 * z) ** 2))),
    "softplus": ({}, lambda z: math.log1p(math.exp(z))),
    "gelu": ({}, lambda z: z * special.ndtr(z)),
    "laplacian": ({"scale": 2.0}, lambda z: math.exp(-2 * abs(z))),
}


@pytest.mark.parametrize("sigma_p", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("name", POINTWISE)
def test_the_mean_square_is_that_of_another_integration(name: str, sigma_p: float) -> None:
    params, function = POINTWISE[name]
    layer = activation_of(name, **params).layer(8, 8, first=False)
    linear, nonlinearity = layer.children()
    expected, _ = integrate.quad(lambda z: function(sigma_p * z) ** 2 * density(z), -9, 9, limit=400, points=[0.0])
    assert mean_square(nonlinearity, linear, sigma_p) == pytest.approx(expected, rel=1e-4)


def test_the_mean_square_of_a_fast_sine_has_a_closed_form() -> None:
    linear, nonlinearity = activation_of("siren", omega0=30.0).layer(8, 8, first=False).children()
    expected = (1 - math.exp(-2 * (30 * 0.1) ** 2)) / 2
    assert mean_square(nonlinearity, linear, 0.1) == pytest.approx(expected, rel=1e-4)


def test_a_complex_wavelet_s_mean_square_is_that_of_an_integral_over_the_plane() -> None:
    omega0, s0, sigma_p = 2.0, 1.5, 0.8
    layer = activation_of("wire", omega0=omega0, s0=s0).layer(64, 64, first=False)
    linear, nonlinearity = layer.children()
    scale = sigma_p / math.sqrt(2)

    def power(b: float, a: float) -> float:
        modulus = math.exp(-(s0**2) * (a * a + b * b) - omega0 * b)
        return modulus**2 * density(a, scale) * density(b, scale)

    expected, _ = integrate.dblquad(power, -5, 5, -5, 5)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        assert mean_square(nonlinearity, linear, sigma_p) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("omega0", "s0"), [(2.0, 1.0), (10.0, 10.0)])
@pytest.mark.parametrize("name", ["wire", "wire-2d", "wire-real"])
def test_the_mean_square_of_mixed_columns_is_that_over_draws(name: str, omega0: float, s0: float, first: bool) -> None:
    linear, nonlinearity = activation_of(name, omega0=omega0, s0=s0).layer(64, 64, first=first).children()
    generator = torch.Generator().manual_seed(1)
    complex_ = name != "wire-real" and not first
    columns = (2 if name != "wire" else 1) * 64 * (2 if complex_ else 1)
    scale = 0.3 * (math.sqrt(0.5) if complex_ else 1)
    features = nonlinearity(scale * torch.randn(20_000, columns, generator=generator))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        found = mean_square(nonlinearity, linear, 0.3)
    assert found == pytest.approx(float(features.square().sum(1).mean()) / 64, rel=0.03)


@pytest.mark.parametrize("name", ["relu", "siren", "gauss", "tanh", "relu-pe"])
@pytest.mark.parametrize("sigma_p", [0.5, 2.0])
def test_weights_have_the_variance_of_the_formula(name: str, sigma_p: float) -> None:
    mlp = mlp_of(name, sigma_p=sigma_p)
    inputs = coordinates(DOMAIN.shape)
    square = float((mlp[0](inputs) if mlp.encoded else inputs).square().mean())
    for layer in mlp.layers:
        linear, nonlinearity = layer.children()
        assert isinstance(linear, nn.Linear)
        weight = linear.weight.detach()
        bound = sigma_p / math.sqrt(square) * math.sqrt(3 / weight.shape[1])
        assert float(weight.abs().max()) <= 1.01 * bound
        assert float(weight.std()) == pytest.approx(bound / math.sqrt(3), rel=0.05)
        square = mean_square(nonlinearity, linear, sigma_p)


@pytest.mark.parametrize("name", ["siren", "finer", "gauss", "sinc", "bw-relu", "spder", "staf", "tanh", "wire-real"])
@pytest.mark.parametrize("sigma_p", [0.5, pytest.param(1.0, marks=pytest.mark.slow), 2.0])
def test_pre_activations_keep_their_variance_over_the_depth(name: str, sigma_p: float) -> None:
    """Over the weights and the points, biases set to zero: their own variance comes on top."""
    mlp = mlp_of(name, width=200, depth=6, sigma_p=sigma_p)
    seen: list[float] = []
    for layer in mlp.layers:
        linear = next(iter(layer.children()))
        assert isinstance(linear, nn.Linear)
        nn.init.zeros_(linear.bias)
        linear.register_forward_hook(lambda _module, _inputs, z: seen.append(float(z.square().mean().sqrt())))
    with torch.no_grad():
        mlp(coordinates(DOMAIN.shape))
    assert np.array(seen) == pytest.approx(np.full(6, sigma_p), rel=0.25)


def test_relu_s_is_that_of_he() -> None:
    mlp = mlp_of("relu")
    linear = next(iter(mlp.layers[2].children()))
    assert isinstance(linear, nn.Linear)
    assert float(linear.weight.detach().std()) == pytest.approx(math.sqrt(2 / 100), rel=0.03)


def test_only_weights_before_the_head_are_others() -> None:
    activation = activation_of("siren")
    own, other = (
        build(activation, DOMAIN, width=32, depth=3, seed=0, init=init).state_dict() for init in ("plugin", "variance")
    )
    same = {name for name in own if torch.equal(own[name], other[name])}
    assert same == {name for name in own if name.endswith("bias") or name.startswith("3.")}


def test_pytorch_s_weights_for_every_layer() -> None:
    network = build(activation_of("siren"), DOMAIN, width=300, depth=3, seed=0, init="torch")
    for module in network.modules():
        if isinstance(module, nn.Linear):
            bound = 1 / math.sqrt(module.in_features)
            assert 0.95 * bound < float(module.weight.detach().abs().max()) <= bound


def test_pytorch_s_weights_are_those_of_normalised_layers_too() -> None:
    activation = activation_of("bw-relu", weight_norm=True, init_scale=9.0)
    normed, plain = (
        build(each, DOMAIN, width=64, depth=3, seed=0, init="torch")
        for each in (activation, activation_of("bw-relu", init_scale=9.0))
    )
    layers = [module for module in normed.modules() if isinstance(module, NormedLinear)]
    assert len(layers) == 3
    for layer, linear in zip(layers, (m for m in plain.modules() if isinstance(m, nn.Linear)), strict=False):
        bound = 1 / math.sqrt(layer.in_features)
        assert 0.9 * bound < float(layer.weight.detach().abs().max()) <= bound * (1 + 1e-6)
        torch.testing.assert_close(layer.weight, linear.weight)
        torch.testing.assert_close(layer.bias, linear.bias)


@pytest.mark.parametrize("name", ["mfn", "grid", "bacon"])
def test_what_is_no_mlp_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="init: variance is for MLPs"):
        build(activation_of(name), DOMAIN, width=16, depth=3, seed=0, init="variance")


def test_the_same_seed_gives_the_same_weights() -> None:
    first, again, other = (
        build(activation_of("wire"), DOMAIN, width=16, depth=3, seed=seed, init="variance") for seed in (1, 1, 2)
    )
    assert all(torch.equal(p, q) for p, q in zip(first.parameters(), again.parameters(), strict=True))
    assert not all(torch.equal(p, q) for p, q in zip(first.parameters(), other.parameters(), strict=True))


def test_the_check_tells_which_weights_keep_the_spread() -> None:
    """PyTorch's weights make a ReLU's features smaller from layer to layer, and not a sine's, which has no end."""
    assert "torch x 0.0" in check_depth(activation_of("relu"))
    assert "variance keeps it" in check_depth(activation_of("siren"))
    assert "torch keeps it" in check_depth(activation_of("siren"))


def test_spreads_are_of_the_pre_activations_over_the_points() -> None:
    network = mlp_of("siren", width=64, depth=3)
    first = next(iter(network.layers[0].children()))
    z = first(coordinates(DOMAIN.shape)).detach()
    assert layer_spreads(network, DOMAIN.shape)[0] == pytest.approx(float((z - z.mean(0)).square().mean().sqrt()))
