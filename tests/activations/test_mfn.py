"""GaborNet: its recursion against numpy, its initial weights, and its parameter count."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from inrbench.activations.core.base import Domain, build, count_params
from inrbench.activations.core.mlp import MultiplicativeFilterNetwork
from inrbench.activations.mfn import GaborFilter, Mfn


def filters(network: MultiplicativeFilterNetwork) -> list[GaborFilter]:
    return [module for module in network.filters if isinstance(module, GaborFilter)]


def net(width: int = 64, depth: int = 3, d: int = 2, channels: int = 1, **params: float) -> MultiplicativeFilterNetwork:
    network = build(Mfn(**params), Domain(d, channels, (64,) * d), width=width, depth=depth, seed=0)
    assert isinstance(network, MultiplicativeFilterNetwork)
    return network


@pytest.mark.parametrize("d", [1, 2, 3])
def test_recursion(d: int) -> None:
    network = net(width=7, depth=3, d=d, channels=2).double()
    p = {name: value.detach().numpy() for name, value in network.named_parameters()}
    x = np.random.default_rng(0).uniform(-1, 1, (11, d))

    def gabor(i: int) -> np.ndarray:
        distance = ((x[:, None, :] - p[f"filters.{i}.mu"]) ** 2).sum(-1)
        sine = np.sin(x @ p[f"filters.{i}.linear.weight"].T + p[f"filters.{i}.linear.bias"])
        return np.asarray(sine * np.exp(-p[f"filters.{i}.gamma"] / 2 * distance))

    z = gabor(0)
    for i in (1, 2):
        z = (z @ p[f"linears.{i - 1}.weight"].T + p[f"linears.{i - 1}.bias"]) * gabor(i)
    expected = z @ p["head.weight"].T + p["head.bias"]
    np.testing.assert_allclose(network(torch.from_numpy(x)).detach().numpy(), expected, atol=1e-10)


@pytest.mark.parametrize(
    ("d", "channels", "depth", "width"), [(1, 1, 1, 5), (2, 1, 3, 300), (2, 3, 4, 64), (3, 1, 2, 9)]
)
def test_parameter_count(d: int, channels: int, depth: int, width: int) -> None:
    expected = depth * width * (2 * d + 2) + (depth - 1) * (width**2 + width) + channels * (width + 1)
    assert count_params(net(width, depth, d, channels)) == expected


@pytest.mark.parametrize("depth", [1, 3, 4])
def test_initial_weights(depth: int) -> None:
    network = net(width=4000 // depth, depth=depth)
    gamma = torch.cat([f.gamma.detach() for f in filters(network)])
    # Gamma(6/k, 1): mean and variance are both 6/k.
    assert gamma.min() > 0
    assert gamma.mean().item() == pytest.approx(6 / depth, rel=0.08)
    assert gamma.var().item() == pytest.approx(6 / depth, rel=0.15)
    mu = torch.cat([f.mu.detach() for f in filters(network)])
    assert mu.abs().max() <= 1
    assert mu.std().item() == pytest.approx(1 / math.sqrt(3), rel=0.03)
    phase = torch.cat([f.linear.bias.detach() for f in filters(network)])
    assert phase.abs().max() <= math.pi
    assert phase.std().item() == pytest.approx(math.pi / math.sqrt(3), rel=0.03)
    # What is left of U without its √γ is uniform: PyTorch's ±1/√2 for two coordinates, times 256/√k.
    plain = torch.cat([(f.linear.weight / f.gamma.sqrt().unsqueeze(-1)).detach() for f in filters(network)])
    bound = 256 / math.sqrt(depth) / math.sqrt(2)
    assert plain.abs().max() <= bound * (1 + 1e-5)
    assert plain.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.03)


def test_hidden_weights() -> None:
    for linear in net(width=300).linears:
        weight = dict(linear.named_parameters())["weight"].detach()
        assert weight.abs().max() <= 1 / math.sqrt(300)
        assert weight.std().item() == pytest.approx(1 / math.sqrt(900), rel=0.02)


def test_shape_and_rate_of_gamma_are_parameters() -> None:
    gamma = torch.cat([f.gamma.detach() for f in filters(net(width=2000, depth=2, alpha=8.0, beta=2.0))])
    assert gamma.mean().item() == pytest.approx(8 / 2 / 2, rel=0.05)
    assert gamma.var().item() == pytest.approx(8 / 2 / 4, rel=0.1)
