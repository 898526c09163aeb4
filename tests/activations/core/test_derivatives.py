"""Derivatives of networks: against finite differences and closed forms, and the order that an activation declares."""

from __future__ import annotations

import math
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from inrbench.activations.bw_relu import BwRelu
from inrbench.activations.core.base import Activation, Domain, build
from inrbench.activations.core.conformance import check_derivatives
from inrbench.activations.core.derivatives import differentiate, integration_error
from inrbench.activations.core.kernel import DIFFERENTIABLE, using
from inrbench.activations.finer import Finer
from inrbench.activations.relu import Relu
from inrbench.activations.sinc import Sinc
from inrbench.activations.siren import Siren
from inrbench.activations.spder import Spder
from inrbench.bench.config.plugins import Plugins
from inrbench.checks import run_check

PLUGINS = Plugins()


class Formula(nn.Module):
    """(x² y, sin(3x) + y³)."""

    def forward(self, p: Tensor) -> Tensor:
        x, y = p.unbind(1)
        return torch.stack([x**2 * y, torch.sin(3 * x) + y**3], dim=1)


def test_derivatives_of_a_formula() -> None:
    points = torch.rand(20, 2, dtype=torch.float64) * 2 - 1
    x, y = points.unbind(1)
    found = differentiate(Formula(), points, 2)
    zero = torch.zeros_like(x)
    expected = torch.stack([2 * x * y, x**2, 3 * torch.cos(3 * x), zero + 3 * y**2], dim=1).reshape(20, 2, 2)
    torch.testing.assert_close(found.jacobian, expected)
    assert found.laplacian is not None
    torch.testing.assert_close(found.laplacian, torch.stack([2 * y, -9 * torch.sin(3 * x) + 6 * y], dim=1))
    assert differentiate(Formula(), points, 1).laplacian is None


def test_an_affine_network_has_no_laplacian() -> None:
    found = differentiate(nn.Linear(3, 2), torch.rand(5, 3), 2)
    assert found.laplacian is not None
    assert not found.laplacian.any()


@pytest.mark.parametrize("name", [n for n in PLUGINS.activations.names() if PLUGINS.activations.get(n).derivatives])
def test_jacobian_and_its_gradient_in_the_weights_are_those_of_finite_differences(name: str) -> None:
    """The gradient of a loss of the derivatives is what training needs; almost no point is near a kink."""
    activation = PLUGINS.activations.get(name)()
    network = build(activation, Domain(2, 1, (16, 16)), width=16, depth=2, seed=1).double()
    chance = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for p in network.parameters():  # a grid is constant at the start
            p.add_(0.01 * torch.randn(p.shape, generator=chance))
    points, h = torch.rand(40, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 2 - 1, 1e-6
    jacobian = differentiate(network, points, 1).jacobian[:, 0]
    with torch.no_grad():
        steps = h * torch.eye(2, dtype=torch.float64)
        apart = torch.stack([network(points + step) - network(points - step) for step in steps], dim=1)[..., 0] / (
            2 * h
        )
    close = (jacobian - apart).abs() <= 1e-4 * jacobian.abs().max()
    assert close.double().mean() > 0.95

    def loss() -> Tensor:
        return differentiate(network, points, activation.derivatives)[activation.derivatives].square().mean()  # type: ignore[union-attr]

    weight = max((p for p in network.parameters() if p.requires_grad), key=torch.numel)
    (gradient,) = torch.autograd.grad(loss(), weight)
    direction = torch.randn(weight.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    size = 1e-6 * weight.detach().norm() / direction.norm()
    values = []
    for sign in (1, -1):
        with torch.no_grad():
            weight.add_(sign * size * direction)
        values.append(loss().item())
        with torch.no_grad():
            weight.sub_(sign * size * direction)
    assert torch.isfinite(gradient).all()
    slope = (values[0] - values[1]) / (2 * float(size))
    assert slope == pytest.approx(float((gradient * direction).sum()), rel=1e-2, abs=1e-6 * float(gradient.norm()))


@pytest.mark.parametrize("activation", [Sinc(), Spder(), Finer()], ids=lambda each: each.name)
def test_values_are_the_same_with_finite_derivatives_at_zero(activation: Activation) -> None:
    z = torch.cat([torch.zeros(1), torch.linspace(-1, 1, 4001)]).double().requires_grad_()
    with using(DIFFERENTIABLE):
        value = activation.forward(z)
    torch.testing.assert_close(value, activation.forward(z), rtol=0, atol=0)
    (slope,) = torch.autograd.grad(value.sum(), z, create_graph=True)
    assert torch.isfinite(slope).all()
    (second,) = torch.autograd.grad(slope.sum(), z)
    assert torch.isfinite(second).all()


def test_finer_is_differentiated_exactly_where_training_leaves_a_factor_out() -> None:
    z = torch.linspace(0.1, 1, 50, dtype=torch.float64, requires_grad=True)
    with using(DIFFERENTIABLE):
        (slope,) = torch.autograd.grad(Finer(omega0=2.0).forward(z).sum(), z)
    torch.testing.assert_close(slope, 2 * (2 * z + 1) * torch.cos(2 * (z + 1) * z))


def test_kinks_have_no_second_derivative_that_integrates() -> None:
    domain = Domain(1, 1, (64,))
    for activation, first, second in ((Relu(), 0.01, 0.99), (BwRelu(), 0.01, 0.99)):
        network = build(activation, domain, width=32, depth=3, seed=0).double()
        assert integration_error(network, 1) < first
        assert integration_error(network, 2) > second
    assert integration_error(build(Siren(), domain, width=32, depth=3, seed=0).double(), 2) < 1e-3


class Declared(Activation):
    """max(0, z), declared twice differentiable."""

    name, label, version = "declared", "declared", 1
    derivatives: ClassVar[int] = 2

    def forward(self, z: Tensor) -> Tensor:
        return torch.relu(z)


class Cut(Declared):
    """sin(3z) with a derivative that training replaces by half of it."""

    derivatives: ClassVar[int] = 1

    def forward(self, z: Tensor) -> Tensor:
        full = torch.sin(3 * z)
        return full.detach() + 0.5 * (full - full.detach())


class Silent(Declared):
    """A plugin that says nothing."""

    derivatives: ClassVar[int] = 0


def test_the_check_finds_a_false_declaration_and_skips_none() -> None:
    false = run_check(check_derivatives, Declared())
    assert false.status == "failed"
    assert "second derivative" in false.message
    assert run_check(check_derivatives, Cut()).status == "failed"
    silent = run_check(check_derivatives, Silent())
    assert silent.status == "skipped"
    assert "derivatives" in silent.message
    assert math.isfinite(integration_error(nn.Linear(1, 1).double(), 1))
