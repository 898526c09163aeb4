"""Compiled MLPs: values and gradients are those of autograd, with one code for all sizes."""

from __future__ import annotations

import copy
import subprocess
from collections.abc import Iterable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inrbench.activations.bacon import Bacon
from inrbench.activations.bw_relu import BwRelu
from inrbench.activations.core.base import Activation, Domain, build
from inrbench.activations.core.mlp import SINE
from inrbench.activations.finer import Finer
from inrbench.activations.fouriernet import FourierNet
from inrbench.activations.gauss import Gauss
from inrbench.activations.mfn import Mfn
from inrbench.activations.relu import Relu
from inrbench.activations.relu_pe import ReluPe
from inrbench.activations.siren import Siren
from inrbench.activations.staf import Staf
from inrbench.activations.wire import Wire
from inrbench.activations.wire_2d import Wire2d
from inrbench.activations.wire_real import WireReal
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.engine.aot import compile_all, obstacle
from inrbench.bench.engine.capture import mlp_spec
from inrbench.bench.engine.compiled_mlp import CompiledMLP, MLPCode

slow = pytest.mark.slow


class Sinc(Activation):
    """As README has it: plain PyTorch."""

    name, label, version = "sinc", "sinc", 1

    omega0: float = 10.0

    def forward(self, z: Tensor) -> Tensor:
        return torch.sinc(self.omega0 * z / torch.pi)


class Mixed(Sinc):
    """A kernel and something else, a setting that is not a number, and one that is none."""

    gain: float = 1.5
    power: int = 2
    shift: float | None = None

    def forward(self, z: Tensor) -> Tensor:
        return self.gain * SINE(self.omega0 * z) ** self.power + torch.tanh(z)


class Waves(nn.Module):
    """Trained numbers, one of them unused, settings that are not trained, a stack, and a result that is used twice."""

    def __init__(self, omega0: float) -> None:
        super().__init__()
        self.gain, self.power = 1.5, 2
        self.amplitude, self.omega = nn.Parameter(torch.tensor([0.3, -0.7])), nn.Parameter(torch.tensor(omega0))
        self.unused = nn.Parameter(torch.zeros(2, 1))

    def forward(self, z: Tensor) -> Tensor:
        waves = [size * torch.sin((index + 1) * self.omega * z) for index, size in enumerate(self.amplitude)]
        envelope = torch.exp(-z * z)
        return envelope * (self.gain * torch.stack(waves).sum(0) ** self.power) - envelope


class OfUnits(nn.Module):
    """Trained numbers for each unit and for all."""

    def __init__(self, units: int, omega0: float) -> None:
        super().__init__()
        self.omega0, self.alpha = omega0, nn.Parameter(torch.linspace(0.5, 1.5, units))
        self.shift, self.slopes = nn.Parameter(torch.tensor(0.1)), nn.Parameter(torch.rand(2, units))

    def forward(self, z: Tensor) -> Tensor:
        first, second = self.slopes
        value: Tensor = first * torch.sin(self.omega0 * self.alpha * z) + second * z + self.shift
        return value


class WithTrained(Sinc):
    """Numbers of each layer that are trained."""

    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        return nn.Sequential(nn.Linear(in_features, out_features), Waves(self.omega0))


class WithTrainedUnits(Sinc):
    """Numbers of each unit that are trained."""

    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        return nn.Sequential(nn.Linear(in_features, out_features), OfUnits(out_features, self.omega0))


MLPS = [
    pytest.param(Mixed(omega0=2.0), id="derived"),
    pytest.param(WithTrained(omega0=2.0), id="trained"),
    pytest.param(WithTrainedUnits(omega0=2.0), id="trained-units"),
    pytest.param(Staf(omega0=10.0), marks=slow, id="staf"),
    pytest.param(Sinc(), marks=slow, id="sinc"),
    pytest.param(Siren(), id="siren"),
    pytest.param(Wire(), marks=slow, id="wire"),
    pytest.param(Wire2d(), marks=slow, id="wire-2d"),
    pytest.param(WireReal(), marks=slow, id="wire-real"),
    pytest.param(Finer(), marks=slow, id="finer"),
    pytest.param(Gauss(), marks=slow, id="gauss"),
    pytest.param(Relu(), marks=slow, id="relu"),
    pytest.param(ReluPe(), marks=slow, id="relu-pe"),
    pytest.param(BwRelu(), marks=slow, id="bw-relu"),
    pytest.param(BwRelu(weight_norm=True), marks=slow, id="bw-relu-weight-norm"),
    pytest.param(BwRelu(learn_c="network"), marks=slow, id="bw-relu-learned-c"),
    pytest.param(BwRelu(learn_c="layer", weight_norm=True), marks=slow, id="bw-relu-learned-c-of-layers"),
    pytest.param(Mfn(input_scale=30.0), id="mfn"),
    pytest.param(FourierNet(input_scale=30.0), marks=slow, id="fouriernet"),
    pytest.param(Bacon(), marks=slow, id="bacon"),
]


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    """What is not slow, all at once: a process that compiles several codes imports the compiler once."""
    if obstacle() is None:
        quick: list[Any] = [BwRelu(), *(each.values[0] for each in MLPS if not each.marks)]
        compile_all(codes(quick))


def network(
    activation: Activation, inputs: int = 2, channels: int = 3, width: int = 20, depth: int = 3, *, tanh: bool = False
) -> nn.Module:
    return build(activation, Domain(inputs, channels, (32,) * inputs), width=width, depth=depth, seed=1, tanh=tanh)


def codes(activations: Iterable[Activation]) -> list[MLPCode]:
    """Of those whose network is captured."""
    return [MLPCode.of(spec) for activation in activations if (spec := mlp_spec(network(activation)))]


def compiled_mlp(net: nn.Module, *, transposed: bool | None = None) -> CompiledMLP:
    found = mlp_spec(net)
    assert found is not None
    return CompiledMLP(found, transposed)


def add_gradients(compiled: CompiledMLP, saved: tuple[Tensor, ...], gradient: Tensor) -> None:
    gradients = compiled.new_gradients()
    compiled.backward(saved, gradient, gradients)
    compiled.add_gradients(gradients)


def by_autograd(net: nn.Module, coords: Tensor, gradient: Tensor) -> tuple[Tensor, list[Tensor]]:
    values: Tensor = net(coords)
    found = torch.autograd.grad(values, list(net.parameters()), gradient, allow_unused=True)
    return values.detach(), [
        torch.zeros_like(p) if g is None else g for g, p in zip(found, net.parameters(), strict=True)
    ]


@pytest.mark.needs_compiler
@pytest.mark.parametrize("activation", MLPS)
@pytest.mark.parametrize("transposed", [False, True])
def test_values_and_gradients_are_those_of_autograd_for_any_size(activation: Activation, transposed: bool) -> None:
    for inputs, channels, width, rows in (
        (2, 3, 20, 300),
        (2, 1, 7, 33),
        (1, 1, 16, 1),
        (3, 6, 64, 2),
        (5, 1, 30, 520),
    ):
        net = network(activation, inputs, channels, width)
        compiled = compiled_mlp(net, transposed=transposed)
        coords, gradient = torch.rand(rows, inputs) * 2 - 1, torch.randn(rows, channels)
        expected, gradients = by_autograd(net, coords, gradient)
        values, kept = compiled.forward(coords)
        add_gradients(compiled, kept, gradient)
        exact = copy.deepcopy(net).double()(coords.double()).detach()
        assert float((values - exact).abs().max()) < 3 * float((expected - exact).abs().max()) + 5e-6
        assert torch.equal(compiled.forward(coords, keep=False)[0], values)
        scale = max(float(g.abs().max()) for g in gradients)
        for parameter, wanted in zip(net.parameters(), gradients, strict=True):
            assert parameter.grad is not None
            assert float((parameter.grad - wanted).abs().max()) < 3e-5 * scale


@pytest.mark.slow
@pytest.mark.needs_compiler
def test_every_activation_whose_network_is_captured_compiles() -> None:
    registry = Plugins().activations
    captured = codes(registry.get(name)() for name in registry.names())
    assert len(captured) > 20
    compile_all(captured)


@pytest.mark.needs_compiler
def test_a_bounded_output_and_a_skip_connection_are_compiled() -> None:
    net = network(BwRelu(skip=True), tanh=True)
    compiled = compiled_mlp(net)
    coords, gradient = torch.rand(50, 2) * 2 - 1, torch.randn(50, 3)
    expected, gradients = by_autograd(net, coords, gradient)
    values, kept = compiled.forward(coords)
    add_gradients(compiled, kept, gradient)
    torch.testing.assert_close(values, expected, rtol=0, atol=2e-6)
    for parameter, wanted in zip(net.parameters(), gradients, strict=True):
        torch.testing.assert_close(parameter.grad, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.needs_compiler
def test_one_code_serves_all_scales_widths_and_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled_mlp(network(Siren()))  # made now, if it never was
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("compiled again"))
    for omega0, channels, width in ((5.0, 1, 8), (60.0, 2, 31)):
        compiled_mlp(network(Siren(omega0=omega0), channels=channels, width=width))


@pytest.mark.needs_compiler
@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("activation", [Siren(), WithTrained(omega0=2.0)])
def test_parameters_may_change_and_gradients_add_up(activation: Activation, elsewhere: bool) -> None:
    net = network(activation)
    compiled = compiled_mlp(net)
    coords, gradient = torch.rand(50, 2), torch.randn(50, 3)
    with torch.no_grad():
        for parameter in net.parameters():
            if elsewhere:
                parameter.data = 1.1 * parameter
            else:
                parameter.mul_(1.1)
    compiled.refresh()
    _, gradients = by_autograd(net, coords, gradient)
    for _ in range(2):
        add_gradients(compiled, compiled.forward(coords)[1], gradient)
    for parameter, wanted in zip(net.parameters(), gradients, strict=True):
        torch.testing.assert_close(parameter.grad, 2 * wanted, rtol=1e-4, atol=1e-5)


def test_the_code_is_that_of_its_kernels() -> None:
    def path(activation: Activation, depth: int = 3, *, tanh: bool = False) -> Any:
        found = mlp_spec(network(activation, depth=depth, tanh=tanh))
        assert found is not None
        return MLPCode.of(found).path

    assert len({path(Siren()), path(Gauss()), path(Finer()), path(Wire()), path(Relu())}) == 5
    assert path(Siren()) == path(Siren(), 2)
    assert path(Relu()) == path(ReluPe())
    assert path(Siren()) == path(Siren(omega0=3.0))
    assert path(BwRelu()) == path(BwRelu(learn_c="layer"))
    assert path(FourierNet()) == path(Bacon()) != path(Siren())
    assert path(Siren()) == path(Siren(), tanh=True)
    assert path(Staf()) == path(Staf(omega0=3.0)) != path(Staf(terms=3))


@pytest.mark.needs_compiler
@pytest.mark.parametrize("activation", [Mixed(omega0=2.0), Mfn(input_scale=30.0), BwRelu(skip=True)])
def test_both_passes_of_least_squares_are_those_of_autograd(activation: Activation) -> None:
    net = network(activation, tanh=isinstance(activation, BwRelu))
    compiled = compiled_mlp(net)
    coords, targets, scale = torch.rand(700, 2) * 2 - 1, torch.rand(700, 3), 0.01
    gradients = compiled.new_gradients()
    total = compiled.least_squares(coords, targets, scale, gradients)
    expected = (net(coords) - targets).square().sum()
    wanted = torch.autograd.grad(expected * scale, list(net.parameters()))
    assert total == pytest.approx(float(expected.detach()), rel=1e-5)
    compiled.add_gradients(gradients)
    size = max(float(each.abs().max()) for each in wanted)
    for parameter, each in zip(net.parameters(), wanted, strict=True):
        assert parameter.grad is not None
        assert float((parameter.grad - each).abs().max()) < 1e-5 * size
    for wrong in (targets[:5], targets[:, :2], targets.double()):
        with pytest.raises(ValueError, match="targets"):
            compiled.least_squares(coords, wrong, scale, gradients)


@pytest.mark.slow
@pytest.mark.needs_compiler
@pytest.mark.parametrize(("inputs", "channels", "width"), [(2, 1, 3), (2, 9, 2), (6, 2, 4), (1, 3, 1)])
def test_layers_may_be_narrower_than_an_encoding_and_than_the_channels(inputs: int, channels: int, width: int) -> None:
    net = network(ReluPe(), inputs, channels, width)
    coords, gradient = torch.rand(300, inputs) * 2 - 1, torch.randn(300, channels)
    expected, gradients = by_autograd(net, coords, gradient)
    for transposed in (False, True):
        net.zero_grad()
        compiled = compiled_mlp(net, transposed=transposed)
        values, kept = compiled.forward(coords)
        add_gradients(compiled, kept, gradient)
        torch.testing.assert_close(values, expected, rtol=1e-4, atol=1e-5)
        for parameter, wanted in zip(net.parameters(), gradients, strict=True):
            torch.testing.assert_close(parameter.grad, wanted, rtol=1e-3, atol=1e-4)


@pytest.mark.needs_compiler
def test_coordinates_that_do_not_fit_are_refused() -> None:
    compiled = compiled_mlp(network(Siren()))
    for wrong in (torch.rand(5, 7), torch.rand(5, 2).double(), torch.rand(2)):
        with pytest.raises(ValueError, match="inputs"):
            compiled.forward(wrong)
