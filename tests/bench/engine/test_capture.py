"""Graph capture: which networks are MLPs that can be compiled."""

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
from inrbench.activations.core.mlp import MLP, SINE, Filter, MultiplicativeFilterNetwork, Skip
from inrbench.activations.fouriernet import FourierNet
from inrbench.activations.mfn import Mfn
from inrbench.activations.siren import Siren
from inrbench.activations.staf import Staf
from inrbench.activations.wire import GABOR_OF_REAL
from inrbench.bench.engine.capture import FEW, UNITS, functions, mlp_spec


class Sinc(Activation):
    """A plugin in plain PyTorch."""

    name, label, version = "sinc", "sinc", 1

    omega0: float = 10.0

    def forward(self, z: Tensor) -> Tensor:
        return torch.sinc(self.omega0 * z / torch.pi)


def network(activation: Activation) -> nn.Module:
    return build(activation, Domain(2, 3, (32, 32)), width=20, depth=3, seed=1)


def _with(nonlinearity: nn.Module) -> nn.Module:
    return MLP(nn.Sequential(nn.Linear(2, 4), nonlinearity), nn.Linear(4, 1))


class Doubled(nn.Module):
    """More than a kernel."""

    def forward(self, z: Tensor) -> Tensor:
        return 2 * SINE(z)


class Twice(nn.Module):
    """Two kernels."""

    def forward(self, z: Tensor) -> Tensor:
        return SINE(SINE(z))


class Shifted(nn.Module):
    """One kernel, of something else than its input."""

    def forward(self, z: Tensor) -> Tensor:
        return SINE(z + 1)


class Buffered(nn.Module):
    """One kernel, and something that a pass would not bring up to date."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, z: Tensor) -> Tensor:
        return SINE(z)


class InPlace(nn.Module):
    """One kernel, whose output is changed afterwards in its own memory."""

    def forward(self, z: Tensor) -> Tensor:
        return SINE(z).mul_(2)


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


class Normalised(Sinc):
    """A function of all units together."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.softmax(self.omega0 * z, dim=-1)


@pytest.mark.parametrize("activation", [Rooted, Branching, Random, Normalised])
def test_a_forward_that_is_not_elementwise_in_z_and_its_numbers_is_left_to_autograd(activation: type[Sinc]) -> None:
    assert mlp_spec(network(Sinc())) is not None
    assert mlp_spec(network(activation())) is None


def test_a_class_that_cannot_be_found_by_name_is_left_to_autograd() -> None:
    class Inner(Sinc):
        """Nobody can import it."""

    assert mlp_spec(network(Inner())) is None


@pytest.mark.parametrize("nonlinearity", [Doubled, Twice, Shifted, InPlace, Buffered, Picky, nn.Tanh])
def test_only_a_kernel_and_nothing_else_makes_a_layer(nonlinearity: type[nn.Module]) -> None:
    assert mlp_spec(_with(nonlinearity())) is None


class Trained(nn.Module):
    """A nonlinearity with a trained number, and one that is not."""

    def __init__(self, count: int = 1, **inner: nn.Module) -> None:
        super().__init__()
        self.gain, self.omega = 0.5, nn.Parameter(torch.linspace(1, 2, count))
        for name, module in inner.items():
            self.add_module(name, module)

    def forward(self, z: Tensor) -> Tensor:
        return self.gain * torch.stack([torch.sin(omega * z) for omega in self.omega]).sum(0)


class TrainedBuffered(Trained):
    """With something that a pass would not bring up to date."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(()))


class TrainedOfUnits(Trained):
    """A number for each unit."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(self.omega * z)


class TrainedMixed(TrainedOfUnits):
    """A unit's value depends on another unit."""

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z + z.roll(1, dims=-1))


class TrainedCentred(TrainedOfUnits):
    """A row's value depends on all rows."""

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z - z.mean(dim=0))


class TrainedBranching(Trained):
    """A trained number that decides."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(z) if self.omega > 1 else torch.cos(z)


class TrainedNormalised(Trained):
    """A function of all units together."""

    def forward(self, z: Tensor) -> Tensor:
        return torch.softmax(self.omega * z, dim=-1)


class TrainedRandom(Trained):
    """Another function each time."""

    def forward(self, z: Tensor) -> Tensor:
        return self.omega * torch.rand_like(z)


class TrainedOfAnother(Trained):
    """With a setting that cannot be written down."""

    def __init__(self) -> None:
        super().__init__()
        self.function = torch.sin


@pytest.mark.parametrize(
    "nonlinearity",
    [
        Trained(FEW + 1),
        Trained(inner=nn.Linear(1, 1)),
        TrainedBuffered(),
        TrainedOfUnits(5),
        TrainedMixed(4),
        TrainedCentred(4),
        TrainedBranching(),
        TrainedNormalised(),
        TrainedRandom(),
        TrainedOfAnother(),
        nn.PReLU(),
    ],
    ids=["many", "inner", "buffer", "sizes", "mixed", "centred", "branch", "normalised", "random", "function", "torch"],
)
def test_only_an_elementwise_module_with_few_trained_numbers_makes_a_layer(nonlinearity: nn.Module) -> None:
    spec = mlp_spec(_with(Trained(FEW)))
    assert spec is not None
    assert (spec.layers[0].nonlinearity.constants, len(spec.layers[0].nonlinearity.trained[0])) == ((0.5,), FEW)
    assert mlp_spec(_with(nonlinearity)) is None


@pytest.mark.parametrize("of_units", [False, True])
def test_the_gradients_of_trained_numbers_are_those_of_autograd(of_units: bool) -> None:
    module = TrainedOfUnits(4) if of_units else Trained(3)
    spec = mlp_spec(_with(module))
    assert spec is not None
    found = spec.layers[0].nonlinearity
    assert found.shapes == ((UNITS,) if of_units else (3,),)
    traced = functions(found.names, found.files, 1, found.columns, found.shapes)
    z, gradient = torch.linspace(-3, 3, 48), torch.rand(48)
    if of_units:
        z, gradient = z.reshape(12, 4), gradient.reshape(12, 4)
    numbers = [torch.tensor(0.5), module.omega.detach()]
    value = module(z.requires_grad_())
    expected = torch.autograd.grad(value, (z, module.omega), gradient)
    torch.testing.assert_close(traced.value(z.detach(), *numbers), value.detach())
    torch.testing.assert_close(traced.vjp(gradient, z.detach(), value.detach(), *numbers), expected)


class Affine(nn.Linear):
    """Not the linear layer that it seems to be."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + 1


def _siren(**modules: Any) -> nn.Module:
    given = {"linear": nn.Linear(2, 4), "head": nn.Linear(4, 1), **modules}
    return MLP(nn.Sequential(given["linear"], Siren().layer(2, 4, first=False)[1]), given["head"])  # type: ignore[index]


def _hooked() -> nn.Module:
    mlp = _siren()
    mlp.register_forward_hook(lambda *_: None)
    return mlp


class _Encoding(nn.Linear):
    """An encoding with parameters."""


def _encoded() -> nn.Module:
    mlp = MLP(_Encoding(2, 2), nn.Sequential(nn.Linear(2, 4), Siren().layer(2, 4, first=False)[1]), nn.Linear(4, 1))  # type: ignore[index]
    mlp.encoded = True
    return mlp


def _encoded_beside() -> nn.Module:
    mlp = MLP(nn.Identity(), *_siren())  # type: ignore[misc]
    mlp.encoded = True
    return Skip(mlp, nn.Linear(2, 1))


class PlainFilter(Filter):
    """A filter as it should be."""

    def __init__(self) -> None:
        super().__init__(SINE)
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


@pytest.mark.parametrize(
    "activation", [Mfn(), FourierNet(), Bacon(), BwRelu(learn_c="network"), Staf()], ids=lambda a: a.name
)
def test_networks_of_filters_and_trained_numbers_are_mlps(activation: Activation) -> None:
    assert mlp_spec(network(activation)) is not None


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
        Skip(MLP(*_siren()), nn.Linear(2, 1, bias=False)),  # type: ignore[misc]
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
        "no-MLP",
    ],
)
def test_what_is_not_quite_such_an_mlp_is_left_to_autograd(net: nn.Module) -> None:
    assert mlp_spec(_siren()) is not None
    assert mlp_spec(network(BwRelu(skip=True))) is not None
    assert mlp_spec(_filters(PlainFilter())) is not None
    assert mlp_spec(net) is None


def test_a_trained_constant_is_no_constant() -> None:
    class Scaled(nn.Module):
        scale = torch.tensor(30.0)

        def forward(self, z: Tensor) -> Tensor:
            return GABOR_OF_REAL(z, self.scale, -1.0)

    assert mlp_spec(_with(Scaled())) is None


BY_VALUE = [ExpSin(omega0=3.0), Tanh(), Laplacian(scale=2.0), Multiquadric(scale=2.0)]


@pytest.mark.parametrize("activation", [*BY_VALUE, Quadratic(), Sinc(), Gelu()], ids=lambda each: each.name)
def test_the_vjp_of_a_plain_forward_is_that_of_autograd(activation: Activation) -> None:
    spec = mlp_spec(network(activation))
    assert spec is not None
    nonlinearity = spec.layers[0].nonlinearity
    traced = functions(nonlinearity.names, nonlinearity.files, len(nonlinearity.constants), nonlinearity.columns)
    z, gradient = torch.linspace(-3, 3, 800).reshape(40, 20).requires_grad_(), torch.rand(40, 20)
    numbers = [torch.tensor(constant) for constant in nonlinearity.constants]
    value = traced.value(z, *numbers)
    (expected,) = torch.autograd.grad(activation.forward(z), z, gradient)
    (found,), (otherwise,) = (traced.vjp(gradient, z.detach(), factor * value.detach(), *numbers) for factor in (1, 2))
    torch.testing.assert_close(found, expected)
    assert torch.equal(found, otherwise) == (activation not in BY_VALUE)  # where it is calculated from the value
