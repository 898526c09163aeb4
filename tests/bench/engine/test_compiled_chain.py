"""Compiled passes: which networks have them, and that they are those of autograd."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from activations.bw_relu import BwRelu
from activations.core import aot as native
from activations.core.base import Activation, Domain, build
from activations.core.chain import Chain
from activations.finer import Finer
from activations.gauss import Gauss
from activations.mfn import Mfn
from activations.relu import Relu
from activations.relu_pe import ReluPe
from activations.siren import SINE, Siren
from activations.wire import Wire
from bench.engine import compiled_chain as passes
from bench.engine.capture import parts
from bench.engine.compiled_chain import Passes

slow = pytest.mark.slow


class Sinc(Activation):
    """As README has it: plain PyTorch."""

    name, label, version = "sinc", "sinc", 1

    omega0: float = 10.0

    def forward(self, z: Tensor) -> Tensor:
        return torch.sinc(self.omega0 * z / torch.pi)


class Mixed(Sinc):
    """A kernel and something else, a setting that is no number, and one that is none."""

    gain: float = 1.5
    power: int = 2
    shift: float | None = None

    def forward(self, z: Tensor) -> Tensor:
        return self.gain * SINE(z, self.omega0) ** self.power + torch.tanh(z)


CHAINS = [
    pytest.param(Mixed(omega0=2.0), id="derived"),
    pytest.param(Sinc(), marks=slow, id="sinc"),
    pytest.param(Siren(), id="siren"),
    pytest.param(Wire(), marks=slow, id="wire"),
    pytest.param(Finer(), marks=slow, id="finer"),
    pytest.param(Gauss(), marks=slow, id="gauss"),
    pytest.param(Relu(), marks=slow, id="relu"),
    pytest.param(ReluPe(), marks=slow, id="relu-pe"),
    pytest.param(BwRelu(), marks=slow, id="bw-relu"),
    pytest.param(BwRelu(weight_norm=True), marks=slow, id="bw-relu-weight-norm"),
]


def network(activation: Activation, inputs: int = 2, channels: int = 3, width: int = 20, depth: int = 3) -> nn.Module:
    return build(activation, Domain(inputs, channels, (32,) * inputs), width=width, depth=depth, seed=1)


def passes_of(net: nn.Module) -> Passes:
    found = parts(net)
    assert found is not None
    return Passes(found, threads=1)


def by_autograd(net: nn.Module, coords: Tensor, gradient: Tensor) -> tuple[Tensor, list[Tensor]]:
    values: Tensor = net(coords)
    found = torch.autograd.grad(values, list(net.parameters()), gradient, allow_unused=True)
    return values.detach(), [
        torch.zeros_like(p) if g is None else g for g, p in zip(found, net.parameters(), strict=True)
    ]


@pytest.mark.needs_compiler
@pytest.mark.parametrize("activation", CHAINS)
def test_they_are_those_of_autograd_for_any_size(activation: Activation) -> None:
    for inputs, channels, width, rows in ((2, 3, 20, 300), (2, 1, 7, 33), (1, 1, 16, 1), (3, 2, 64, 2)):
        net = network(activation, inputs, channels, width)
        compiled = passes_of(net)
        coords, gradient = torch.rand(rows, inputs) * 2 - 1, torch.randn(rows, channels)
        expected, gradients = by_autograd(net, coords, gradient)
        values, kept = compiled.forward(coords)
        compiled.give(compiled.backward(kept, gradient))
        torch.testing.assert_close(values, expected, rtol=0, atol=2e-6)
        scale = max(float(g.abs().max()) for g in gradients)
        for parameter, wanted in zip(net.parameters(), gradients, strict=True):
            assert parameter.grad is not None
            assert float((parameter.grad - wanted).abs().max()) < 1e-5 * scale


@pytest.mark.needs_compiler
def test_one_code_serves_all_scales_widths_and_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    passes_of(network(Siren()))  # made now, if it never was
    monkeypatch.setattr(native, "_maker", None)
    for omega0, channels, width in ((5.0, 1, 8), (60.0, 2, 31)):
        passes_of(network(Siren(omega0=omega0), channels=channels, width=width))


@pytest.mark.needs_compiler
def test_parameters_may_change_and_gradients_add_up() -> None:
    net = network(Siren())
    compiled = passes_of(net)
    coords, gradient = torch.rand(50, 2), torch.randn(50, 3)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(1.1)
    compiled.refresh()
    _, gradients = by_autograd(net, coords, gradient)
    for _ in range(2):
        compiled.give(compiled.backward(compiled.forward(coords)[1], gradient))
    for parameter, wanted in zip(net.parameters(), gradients, strict=True):
        torch.testing.assert_close(parameter.grad, 2 * wanted, rtol=1e-4, atol=1e-5)


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
    assert parts(network(Sinc())) is not None
    assert parts(network(activation())) is None


def test_a_class_that_cannot_be_found_by_name_is_left_to_autograd() -> None:
    class Inner(Sinc):
        """Nobody can import it."""

    assert parts(network(Inner())) is None


@pytest.mark.parametrize("nonlinearity", [Doubled, Twice, Shifted, Buffered, Picky, nn.Tanh])
def test_only_a_kernel_and_nothing_else_makes_a_layer(nonlinearity: type[nn.Module]) -> None:
    chain = Chain(nn.Sequential(nn.Linear(2, 4), nonlinearity()), nn.Linear(4, 1))
    assert parts(chain) is None


class Affine(nn.Linear):
    """Not the linear layer that it seems to be."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + 1


def _siren(**parts: Any) -> nn.Module:
    given = {"linear": nn.Linear(2, 4), "head": nn.Linear(4, 1), **parts}
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


@pytest.mark.parametrize(
    "net",
    [
        _siren(linear=Affine(2, 4)),
        _siren(head=Affine(4, 1)),
        _siren(linear=nn.BatchNorm1d(2)),
        _siren(linear=nn.Linear(2, 4, bias=False)),
        _hooked(),
        _encoded(),
        network(Mfn()),
        network(BwRelu(skip=True)),
        network(BwRelu(linear_layers=True)),
        network(BwRelu(learn_c="layer")),
        nn.Linear(2, 1),
    ],
    ids=["linear", "head", "norm", "bias", "hook", "encoding", "mfn", "skip", "linear-layers", "learn-c", "no-chain"],
)
def test_what_is_not_quite_such_a_chain_is_left_to_autograd(net: nn.Module) -> None:
    assert parts(_siren()) is not None
    assert parts(net) is None


def test_a_trained_constant_is_no_constant() -> None:
    class Trained(nn.Module):
        scale = torch.tensor(30.0)

        def forward(self, z: Tensor) -> Tensor:
            return SINE(z, self.scale)

    assert parts(Chain(nn.Sequential(nn.Linear(2, 4), Trained()), nn.Linear(4, 1))) is None


def test_the_code_is_that_of_its_kernels() -> None:
    def path(activation: Activation, depth: int = 3) -> Any:
        found = parts(network(activation, depth=depth))
        assert found is not None
        nonlinearities = [layer.nonlinearity for layer in found.layers]
        assert passes.Recipe(nonlinearities, True).path != passes.Recipe(nonlinearities, False).path
        return passes.Recipe(nonlinearities, False).path

    assert len({path(Siren()), path(Siren(), 2), path(Gauss()), path(Finer()), path(Wire()), path(Relu())}) == 6
    assert path(Relu()) == path(ReluPe())
    assert path(Siren()) == path(Siren(omega0=3.0))


@pytest.mark.needs_compiler
def test_code_that_fails_and_coordinates_that_do_not_fit_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = passes_of(network(Siren()))
    for wrong in (torch.rand(5, 7), torch.rand(5, 2).double(), torch.rand(2)):
        with pytest.raises(ValueError, match="inputs"):
            compiled.forward(wrong)
    monkeypatch.setattr(compiled._forward, "_run", lambda *_: 1)
    with pytest.raises(RuntimeError, match="compiled code failed"):
        compiled.forward(torch.rand(5, 2))
