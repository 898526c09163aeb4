"""WIRE: its complex formula, its initial weights, and how its width and its parameters are counted."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from inrbench.activations.core.base import Domain, build, count_params
from inrbench.activations.core.mlp import MLP
from inrbench.activations.wire import ComplexLinear, Wire


def test_formula_on_real_and_complex_pre_activations() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=300) * 0.2 + 1j * rng.normal(size=300) * 0.2
    activation = Wire(omega0=8.0, s0=6.0)
    for values in (z, z.real.copy()):
        expected = np.exp(1j * 8 * values - np.abs(6 * values) ** 2)
        np.testing.assert_allclose(activation.forward(torch.from_numpy(values)).numpy(), expected, atol=1e-12)


def test_gradient_is_that_of_the_complex_function() -> None:
    z = torch.randn(30, dtype=torch.complex128, generator=torch.Generator().manual_seed(0)) * 0.2
    assert torch.autograd.gradcheck(Wire(omega0=8.0, s0=6.0).forward, (z.requires_grad_(),))


def test_largest_modulus_is_the_documented_one() -> None:
    omega0, s0 = 8.0, 6.0
    imag = torch.linspace(-1, 1, 20001, dtype=torch.float64)
    modulus = Wire(omega0=omega0, s0=s0).forward(torch.complex(torch.zeros_like(imag), imag)).abs()
    assert modulus.max().item() == pytest.approx(math.exp(omega0**2 / (4 * s0**2)), rel=1e-6)
    assert imag[modulus.argmax()].item() == pytest.approx(-omega0 / (2 * s0**2), abs=2e-4)


def test_default_is_stable() -> None:
    assert Wire().omega0 / Wire().s0 <= 1.5


@pytest.mark.parametrize(
    ("width", "units", "out", "depth", "dof"),
    [
        (300, 212, 1, 3, 181_686),
        (256, 181, 3, 3, 133_403),
        (256, 181, 3, 4, 199_287),
        (300, 212, 3, 3, 182_538),
    ],
)
def test_width_and_real_degrees_of_freedom(width: int, units: int, out: int, depth: int, dof: int) -> None:
    assert Wire().hidden_width(width) == units
    network = build(Wire(), Domain(2, out, (64, 64)), width=width, depth=depth, seed=0)
    assert count_params(network) == dof


def test_hidden_width_is_the_floor_and_at_least_one() -> None:
    assert [Wire().hidden_width(w) for w in range(1, 3000)] == [max(1, int(w / 2**0.5)) for w in range(1, 3000)]


def test_initial_weights_are_those_of_a_complex_linear() -> None:
    network = build(Wire(), Domain(2, 1, (64, 64)), width=400, depth=3, seed=0)
    first = next(module for module in network.modules() if isinstance(module, nn.Linear))
    assert first.weight.std().item() == pytest.approx(1 / math.sqrt(6), rel=0.05)
    hidden = next(module for module in network.modules() if isinstance(module, ComplexLinear))
    reference = nn.Linear(hidden.in_features, hidden.out_features, dtype=torch.complex64)
    bound = 1 / math.sqrt(hidden.in_features)
    for ours, theirs in ((hidden.weight, reference.weight), (hidden.bias, reference.bias)):
        for part, other in zip(ours.unbind(-1), torch.view_as_real(theirs).unbind(-1), strict=True):
            assert part.shape == other.shape
            assert part.abs().max() <= bound
            assert part.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.1)
            assert other.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.1)


def test_complex_linear_computes_what_a_complex_linear_computes() -> None:
    ours = ComplexLinear(5, 4)
    theirs = nn.Linear(5, 4, dtype=torch.complex64)
    with torch.no_grad():
        theirs.weight.copy_(torch.view_as_complex(ours.weight))
        theirs.bias.copy_(torch.view_as_complex(ours.bias))
    z = torch.randn(9, 5, dtype=torch.complex64)
    torch.testing.assert_close(ours(planar(z)), planar(theirs(z)))


def planar(z: torch.Tensor) -> torch.Tensor:
    """Complex (N, units) as real (N, 2 units), real parts first."""
    return torch.cat((z.real, z.imag), dim=-1)


def test_the_network_is_that_of_complex_arithmetic_and_so_are_its_gradients() -> None:
    network = build(Wire(omega0=8.0, s0=6.0), Domain(2, 3, (8, 8)), width=20, depth=3, seed=0).double()
    first, *hidden, head = [module for module in network.modules() if isinstance(module, nn.Linear | ComplexLinear)]
    x = torch.rand(40, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 2 - 1

    def gabor(z: torch.Tensor) -> torch.Tensor:
        return torch.exp(8j * z - (6 * z.abs()).square())

    z = gabor(first(x))
    features = [z]
    for layer in [*hidden, head]:
        z = nn.functional.linear(z, torch.view_as_complex(layer.weight), torch.view_as_complex(layer.bias))
        if layer is not head:
            z = gabor(z)
            features.append(z)
    torch.testing.assert_close(network(x), z.real)
    assert isinstance(network, MLP)
    for got, expected in zip(network.features(x), features, strict=True):
        torch.testing.assert_close(got, expected)
    parameters = list(network.parameters())
    gradients = [torch.autograd.grad(out.square().sum(), parameters) for out in (network(x), z.real)]
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs)
