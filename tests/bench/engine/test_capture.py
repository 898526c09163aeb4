"""Graph capture: which networks are chains that can be compiled."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inrbench.activations.bacon import Bacon
from inrbench.activations.bw_relu import BwRelu
from inrbench.activations.controls import ExpSin, Gelu, Laplacian, Multiquadric, Quadratic, Tanh
from inrbench.activations.core.base import Activation, Domain, build
from inrbench.activations.core.chain import Chain, Filter, MultiplicativeFilterNetwork, Skip
from inrbench.activations.fouriernet import FourierNet
from inrbench.activations.mfn import Mfn
from inrbench.activations.siren import SINE, Siren
from inrbench.bench.engine.capture import chain_spec, functions


class Sinc(Activation):
    """A plugin in plain PyTorch."""

    name, label, version = "sinc", "sinc", 1

    omega0: float = 10.0

    def forward(self, z: Tensor) -> Tensor:
        return torch.sinc(self.omega0 * z / torch.pi)


def network(activation: Activation) -> nn.Module:
    return build(activation, Domain(2, 3, (32, 32)), width=20, depth=3, seed=1)


class Doubled(nn.Module):
    """More than a kernel."""

    def forward(self, z: Tensor) -> Tensor:
        return 2 * SINE(z, 30.0)


class Twice(nn.Module):
    """Two kernels."""

    def forward(self, z: Tensor) -> Tensor:
        return SINE(SINE(z, 30.0), 2.0)


class Shifted(nn.Module):
    """One kernel, of something else than its input."""

    def forward(self, z: Tensor) -> Tensor:
        return SINE(z + 1, 30.0)


class Buffered(nn.Module):
    """One kernel, and something that a pass would not bring up to date."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, z: Tensor) -> Tensor:
        return SINE(z, 30.0)


class InPlace(nn.Module):
    """One kernel, whose output is changed afterwards in its own memory."""

    def forward(self, z: Tensor) -> Tensor:
        return SINE(z, 30.0).mul_(2)


class Picky(nn.Module):
    """It does not take what it is tried on."""

    def forward(self, z: Tensor) -> Tensor:
        raise ValueError(z.shape)


class Rooted(Sinc):
    """A number that is taken out of its tensor."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(math.sqrt(self.omega0) * z)


class Branching(Sinc):
    """A number that decides."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(z) if self.omega0 > 1 else torch.cos(z)


class Random(Sinc):
    """Another function each time."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(z) + torch.rand_like(z)


@pytest.mark.parametrize("activation", [Rooted, Branching, Random])
def test_a_forward_that_does_not_treat_its_numbers_as_tensors_is_left_to_autograd(activation: type[Sinc]) -> None:
    assert chain_spec(network(Sinc())) is not None
    assert chain_spec(network(activation())) is None


def test_a_class_that_cannot_be_found_by_name_is_left_to_autograd() -> None:
    class Inner(Sinc):
        """Nobody can import it."""

    assert chain_spec(network(Inner())) is None


@pytest.mark.parametrize("nonlinearity", [Doubled, Twice, Shifted, InPlace, Buffered, Picky, nn.Tanh])
def test_only_a_kernel_and_nothing_else_makes_a_layer(nonlinearity: type[nn.Module]) -> None:
    chain = Chain(nn.Sequential(nn.Linear(2, 4), nonlinearity()), nn.Linear(4, 1))
    assert chain_spec(chain) is None


class Affine(nn.Linear):
    """Not the linear layer that it seems to be."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + 1


def _siren(**modules: Any) -> nn.Module:
    given = {"linear": nn.Linear(2, 4), "head": nn.Linear(4, 1), **modules}
    return Chain(nn.Sequential(given["linear"], Siren().layer(2, 4, first=False)[1]), given["head"])  # type: ignore[index]


def _hooked() -> nn.Module:
    chain = _siren()
    chain.register_forward_hook(lambda *_: None)
    return chain


class _Encoding(nn.Linear):
    """An encoding with parameters."""


def _encoded() -> nn.Module:
    chain = Chain(_Encoding(2, 2), nn.Sequential(nn.Linear(2, 4), Siren().layer(2, 4, first=False)[1]), nn.Linear(4, 1))  # type: ignore[index]
    chain.encoded = True
    return chain


def _encoded_beside() -> nn.Module:
    chain = Chain(nn.Identity(), *_siren())  # type: ignore[misc]
    chain.encoded = True
    return Skip(chain, nn.Linear(2, 1))


class PlainFilter(Filter):
    """A filter as it should be."""

    def __init__(self) -> None:
        super().__init__(SINE, 1.0)
        self.linear = nn.Linear(2, 4)

    def affine(self) -> tuple[Tensor, Tensor]:
        return self.linear.weight, self.linear.bias


class Loud(PlainFilter):
    """More than its kernel."""

    def forward(self, coords: Tensor) -> Tensor:
        return 2 * super().forward(coords)


class Lifted(PlainFilter):
    """Of something else than the coordinates."""

    @staticmethod
    def lift(coords: Tensor) -> Tensor:
        return coords.square()


def _filters(last: Filter) -> nn.Module:
    return MultiplicativeFilterNetwork([PlainFilter(), last], [nn.Linear(4, 4)], nn.Linear(4, 1))


@pytest.mark.parametrize("activation", [Mfn(), FourierNet(), Bacon(), BwRelu(learn_c="network")], ids=lambda a: a.name)
def test_networks_of_filters_and_trained_scales_are_chains(activation: Activation) -> None:
    assert chain_spec(network(activation)) is not None


@pytest.mark.parametrize(
    "net",
    [
        _siren(linear=Affine(2, 4)),
        _siren(head=Affine(4, 1)),
        _siren(linear=nn.BatchNorm1d(2)),
        _siren(linear=nn.Linear(2, 4, bias=False)),
        _hooked(),
        _encoded(),
        _filters(Loud()),
        _filters(Lifted()),
        Skip(Chain(*_siren()), nn.Linear(2, 1, bias=False)),  # type: ignore[misc]
        _encoded_beside(),
        network(BwRelu(linear_layers=True)),
        nn.Linear(2, 1),
    ],
    ids=[
        "linear",
        "head",
        "norm",
        "bias",
        "hook",
        "encoding",
        "filter",
        "filters-of-unlike-lifts",
        "skip-bias",
        "skip-encoding",
        "linear-layers",
        "no-chain",
    ],
)
def test_what_is_not_quite_such_a_chain_is_left_to_autograd(net: nn.Module) -> None:
    assert chain_spec(_siren()) is not None
    assert chain_spec(network(BwRelu(skip=True))) is not None
    assert chain_spec(_filters(PlainFilter())) is not None
    assert chain_spec(net) is None


def test_a_trained_constant_is_no_constant() -> None:
    class Trained(nn.Module):
        scale = torch.tensor(30.0)

        def forward(self, z: Tensor) -> Tensor:
            return SINE(z, self.scale)

    assert chain_spec(Chain(nn.Sequential(nn.Linear(2, 4), Trained()), nn.Linear(4, 1))) is None


SLOPE_BY_VALUE = [ExpSin(omega0=3.0), Tanh(), Laplacian(scale=2.0), Multiquadric(scale=2.0)]


@pytest.mark.parametrize("activation", [*SLOPE_BY_VALUE, Quadratic(), Sinc(), Gelu()], ids=lambda each: each.name)
def test_the_slope_of_a_plain_forward_is_that_of_autograd(activation: Activation) -> None:
    spec = chain_spec(network(activation))
    assert spec is not None
    nonlinearity = spec.layers[0].nonlinearity
    traced = functions(nonlinearity.names, nonlinearity.files, len(nonlinearity.constants), nonlinearity.columns)
    z, gradient = torch.linspace(-3, 3, 800).reshape(40, 20).requires_grad_(), torch.rand(40, 20)
    numbers = [torch.tensor(constant) for constant in nonlinearity.constants]
    value = traced.value(z, *numbers)
    (expected,) = torch.autograd.grad(activation.forward(z), z, gradient)
    found, otherwise = (traced.slope(gradient, z.detach(), factor * value.detach(), *numbers) for factor in (1, 2))
    torch.testing.assert_close(found, expected)
    assert torch.equal(found, otherwise) == (activation not in SLOPE_BY_VALUE)  # where it is calculated from the value
