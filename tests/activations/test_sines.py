"""SIREN's further fields, SPDER, HOSC, FINER++ and sinc: formulas, slopes, edge cases, initial weights."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from inrbench.activations.core.base import Activation, Domain, Pointwise, build
from inrbench.activations.finer_gauss import FinerGauss
from inrbench.activations.hosc import Hosc
from inrbench.activations.sinc import Sinc
from inrbench.activations.siren import Siren
from inrbench.activations.spder import Spder
from inrbench.bench.engine.capture import mlp_spec
from tests.activations.initial_spread import unit_spread
from tests.activations.plugins import EVERY

Formula = Callable[[np.ndarray], np.ndarray]
IMAGE = Domain(2, 3, (256, 256))


def _chirp_bell(z: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(-((3 * np.sin(10 * frequency * z)) ** 2)))


CASES: list[tuple[Activation, Formula]] = [
    (Spder(omega0=30.0), lambda z: np.sin(30 * z) * np.sqrt(np.abs(30 * z))),
    (Hosc(beta=8.0, omega0=30.0), lambda z: np.tanh(8 * np.sin(30 * z))),
    (FinerGauss(), lambda z: _chirp_bell(z, np.abs(z) + 1)),
    (Sinc(omega0=12.0), lambda z: np.sinc(12 * z / np.pi)),
]
NAMES = [type(activation).__name__ for activation, _ in CASES]


def slope_of(activation: Activation, z: torch.Tensor) -> torch.Tensor:
    z = z.clone().requires_grad_()
    return torch.autograd.grad(activation.forward(z).sum(), z)[0]


@pytest.mark.parametrize(("activation", "formula"), CASES, ids=NAMES)
def test_formula(activation: Activation, formula: Formula) -> None:
    z = np.linspace(-2, 2, 4001)
    np.testing.assert_allclose(activation.forward(torch.from_numpy(z)).numpy(), formula(z), atol=1e-11)


@pytest.mark.parametrize(("activation", "formula"), CASES, ids=NAMES)
def test_slope(activation: Activation, formula: Formula) -> None:
    z, h = np.linspace(-1, 1, 2000), 1e-6  # without the 0, where SPDER's second derivative is infinite
    if isinstance(activation, FinerGauss):  # the factor |z| + 1 is held fixed
        expected = (_chirp_bell(z + h, np.abs(z) + 1) - _chirp_bell(z - h, np.abs(z) + 1)) / (2 * h)
    else:
        expected = (formula(z + h) - formula(z - h)) / (2 * h)
    np.testing.assert_allclose(slope_of(activation, torch.from_numpy(z)).numpy(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("activation", "formula"), CASES, ids=NAMES)
def test_slope_in_single_precision(activation: Activation, formula: Formula) -> None:
    z = torch.linspace(-0.1, 0.1, 5001)
    double = slope_of(activation, z.double())
    assert (slope_of(activation, z) - double).abs().max() < 1e-5 * double.abs().max()


@pytest.mark.parametrize("flush", [False, True])
@pytest.mark.parametrize(("activation", "formula"), CASES, ids=NAMES)
def test_edges(activation: Activation, formula: Formula, flush: bool) -> None:
    """Zero, denormal numbers, flushed to zero or not, and numbers whose sine has no digit left."""
    tiny = [0.0, 1e-45, -1e-45, 1e-40, 1e-38, -1e-38, 1e-30, 1e-12, 1e-8]
    try:
        torch.set_flush_denormal(flush)
        near = torch.tensor(tiny)
        assert torch.isfinite(slope_of(activation, torch.tensor([*tiny, 1e6, -1e6, 1e18]))).all()
        assert torch.isfinite(activation.forward(torch.tensor([*tiny, 1e6, -1e6, 1e18]))).all()
        at_zero = formula(np.zeros(1))[0]
        assert (activation.forward(near) - at_zero).abs().max() < 1e-5
    finally:
        torch.set_flush_denormal(False)


def test_slopes_at_zero() -> None:
    zero = torch.zeros(1)
    assert slope_of(Spder(), zero).item() == 0
    assert slope_of(Sinc(), zero).item() == 0
    assert slope_of(Hosc(beta=8.0, omega0=30.0), zero).item() == pytest.approx(240)  # the Lipschitz constant


@pytest.mark.parametrize(("activation", "formula"), CASES, ids=NAMES)
def test_the_network_is_an_mlp_that_can_be_compiled(activation: Activation, formula: Formula) -> None:
    assert mlp_spec(build(activation, IMAGE, width=8, depth=2, seed=0)) is not None


# Standard deviations of unit outputs over [-1, 1]², width 256, layers 1 to 4.
SPREADS = [
    pytest.param(Siren(), (0.71, 0.54, 0.45, 0.40), id="siren"),
    pytest.param(Spder(), (2.41, 1.22, 0.92, 0.80), id="spder"),
    pytest.param(Hosc(), (0.96, 0.88, 0.85, 0.84), id="hosc"),
    pytest.param(FinerGauss(), (0.31, 0.34, 0.32, 0.33), id="finer-gauss"),
    pytest.param(Sinc(), (0.24, 0.41, 0.34, 0.38), id="sinc"),
]


@pytest.mark.parametrize(("activation", "expected"), SPREADS)
def test_spread_at_the_start(activation: Activation, expected: tuple[float, ...]) -> None:
    assert unit_spread(activation) == pytest.approx(expected, rel=0.08)


def test_finer_gauss_draws_its_first_biases_from_its_own_range() -> None:
    first, second, *_ = _linears(FinerGauss(first_bias=4.0))
    assert 3.9 < first.bias.abs().max().item() <= 4
    assert second.bias.abs().max().item() <= 1 / math.sqrt(512)


# -- SIREN -------------------------------------------------------------------------------------------------------------


def _linears(activation: Activation) -> list[nn.Linear]:
    network = build(activation, IMAGE, width=512, depth=3, seed=0)
    return [module for module in network.modules() if isinstance(module, nn.Linear)]


def test_alpha_scales_all_weights_but_the_head_and_no_bias() -> None:
    for index, (plain, scaled) in enumerate(zip(_linears(Siren()), _linears(Siren(alpha=2.5)), strict=True)):
        torch.testing.assert_close(scaled.weight, plain.weight * (1 if index == 3 else 2.5))
        assert torch.equal(scaled.bias, plain.bias)


def test_first_omega0_is_the_first_layers_alone() -> None:
    plain, split = Siren(omega0=20.0), Siren(omega0=20.0, first_omega0=300.0)
    network = build(split, IMAGE, width=16, depth=3, seed=0).double()
    same = build(plain, IMAGE, width=16, depth=3, seed=0).double()
    x = torch.rand(50, 2, dtype=torch.float64) * 2 - 1
    y = x.numpy()
    weights = [(p.detach().numpy()) for p in same.parameters()]  # the initial weights are the same
    for index, omega0 in enumerate((300, 20, 20)):
        y = np.sin(omega0 * (y @ weights[2 * index].T + weights[2 * index + 1]))
    np.testing.assert_allclose(network(x).detach().numpy(), y @ weights[-2].T + weights[-1], atol=1e-9)
    assert sum(isinstance(module, Pointwise) for module in network.modules()) == 3
    assert mlp_spec(network.float()) is not None


@pytest.mark.parametrize("name", ["finer", "hosc", "spder", "wire", "wire-2d"])
def test_the_first_layer_alone_may_have_a_frequency_of_its_own(name: str) -> None:
    """Its output is that of a network of this frequency, and what follows that of the other."""
    cls = next(plugin for plugin in EVERY if plugin.name == name)
    split, slow, fast = cls(omega0=6.0, first_omega0=9.0), cls(omega0=6.0), cls(omega0=9.0)  # type: ignore[call-arg]
    x = torch.rand(50, 2) * 2 - 1
    networks = [build(plugin, IMAGE, width=16, depth=2, seed=0) for plugin in (split, slow, fast)]
    networks[2].load_state_dict(networks[1].state_dict())
    first = [network.layers[0](x) for network in networks]  # type: ignore[operator, index]
    torch.testing.assert_close(first[0], first[2])
    assert not torch.allclose(first[0], first[1])
    torch.testing.assert_close(*(network.layers[1](first[0]) for network in networks[:2]))  # type: ignore[operator, index]


@pytest.mark.parametrize("field", ["alpha", "first_omega0"])
def test_fields_that_are_off_change_no_job(field: str) -> None:
    assert Siren().model_dump()[field] is None
