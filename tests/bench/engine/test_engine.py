"""Engines: the choice for each network, autograd's gradient on every one, and the same bits each time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from inrbench.activations.bw_relu import BwRelu
from inrbench.activations.core.base import Activation, Domain, build
from inrbench.activations.mfn import Mfn
from inrbench.activations.siren import Siren
from inrbench.activations.wire import Wire
from inrbench.bench.engine import engine as module
from inrbench.bench.engine import products, torch_internals
from inrbench.bench.engine.aot import obstacle
from inrbench.bench.engine.compiled_mlp import CompiledMLP
from inrbench.bench.engine.engine import AutogradEngine, CompiledEngine, Engine, choose_engine
from inrbench.tasks.core.base import grid_coords

SHAPE = (24, 32)
COORDS = grid_coords(SHAPE)
DOMAIN = Domain(2, 2, SHAPE)


class Plain(Activation):
    """A plugin in plain PyTorch that is not an MLP for the compiler: its number decides."""

    name, label, version = "plain", "plain", 1

    scale: float = 2.0

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(z) if self.scale > 1 else z


class Odd(Activation):
    """A plugin that can be captured and not compiled: a shape is looked up that only examples have."""

    name, label, version = "odd", "odd", 1

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(3.0 * z) if z.is_meta or float(z.detach().sum()) < 1e9 else z


@pytest.fixture(autouse=True)
def two_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module.warn_once.cache_clear()
    monkeypatch.delenv("INRBENCH_COMPILE", raising=False)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def network(activation: Activation | None = None, width: int = 16) -> nn.Module:
    return build(activation or Siren(), DOMAIN, width=width, depth=3, seed=0)


def one_pass(engine: Engine) -> tuple[list[Tensor], list[Tensor]]:
    """Values and gradients of a pass in four blocks."""
    values: list[Tensor] = []
    engine.network.zero_grad(set_to_none=True)
    engine.begin()
    for index, block in enumerate(COORDS.split(200)):
        out, kept = engine.forward(block)
        engine.backward(index % engine.threads, kept, torch.cos(out))
        values.append(out)
    engine.end()
    return values, [torch.zeros_like(p) if p.grad is None else p.grad for p in engine.network.parameters()]


def expected(net: nn.Module) -> tuple[Tensor, list[Tensor]]:
    values = net(COORDS)
    gradients = torch.autograd.grad(values, list(net.parameters()), torch.cos(values.detach()), allow_unused=True)
    return values, [torch.zeros_like(p) if g is None else g for g, p in zip(gradients, net.parameters(), strict=True)]


CASES: dict[str, tuple[Activation, bool, str]] = {
    "mlp": (Siren(), True, "mlp"),
    "filters": (Mfn(), True, "mlp"),
    "linear layers": (BwRelu(linear_layers=True), True, "autograd"),
    "skip": (BwRelu(skip=True), True, "mlp"),
    "learned c": (BwRelu(learn_c="network"), True, "mlp"),
    "no MLP": (Plain(), True, "autograd"),
    "small": (Siren(), False, "autograd"),
}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(name, marks=pytest.mark.needs_compiler) if chosen == "mlp" else name
        for name, (_, _, chosen) in CASES.items()
    ],
)
def test_every_engine_gives_the_values_and_gradients_of_autograd_and_the_same_bits_again(case: str) -> None:
    activation, large, name = CASES[case]
    net = network(activation)
    engine = choose_engine(net, COORDS, large=large)
    assert (engine.name, engine.threads) == (name, 2 if large else 1)
    values, gradients = one_pass(engine)
    wanted, wanted_gradients = expected(net)
    torch.testing.assert_close(torch.cat(values), wanted, rtol=0, atol=5e-6)
    scale = max(float(g.abs().max()) for g in wanted_gradients)
    for one, other in zip(gradients, wanted_gradients, strict=True):
        assert float((one - other).abs().max()) < 1e-5 * scale
    assert [g.stride() for g in gradients] == [p.stride() for p in net.parameters()]  # fused optimisers rely on it
    again = one_pass(choose_engine(net, COORDS, large=large))
    assert all(torch.equal(one, other) for one, other in zip(gradients, again[1], strict=True))


def test_gradients_are_added_to_what_is_there() -> None:
    net = network()
    engine = AutogradEngine(net, threads=2)
    _, once = one_pass(engine)
    once = [gradient.clone() for gradient in once]
    engine.begin()
    for index, block in enumerate(COORDS.split(200)):
        out, kept = engine.forward(block)
        engine.backward(index % 2, kept, torch.cos(out))
    engine.end()
    for parameter, gradient in zip(net.parameters(), once, strict=True):
        torch.testing.assert_close(parameter.grad, 2 * gradient)


class Sum(nn.Module):
    """Two parameters whose gradients are one tensor, and one that is not used."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.unused = (nn.Parameter(torch.zeros(2, 2)) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        return x @ (self.a + self.b)


def test_parameters_that_share_a_gradient_get_one_each() -> None:
    net = Sum()
    one_pass(AutogradEngine(net, threads=2))
    assert net.unused.grad is None
    assert net.a.grad is not None
    assert net.b.grad is not None
    before = net.b.grad.clone()
    net.a.grad.add_(1)
    assert torch.equal(net.b.grad, before)


class Counting(nn.Linear):
    """A forward that changes a buffer."""

    calls: Tensor

    def __init__(self) -> None:
        super().__init__(2, 1)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return super().forward(x)


@pytest.mark.parametrize("net", [Counting(), nn.Sequential(nn.Linear(2, 4), nn.Dropout(), nn.Linear(4, 1))])
def test_a_forward_that_leaves_a_trace_runs_on_one_thread_and_its_trial_leaves_none(net: nn.Module) -> None:
    generator = torch.get_rng_state()
    assert choose_engine(net, COORDS, large=True).threads == 1
    assert torch.equal(torch.get_rng_state(), generator)
    assert all(not buffer.any() for buffer in net.buffers())


@pytest.mark.needs_compiler
def test_only_float32_mlps_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_engine(network(BwRelu(skip=True)), COORDS, large=True).name == "mlp"
    assert choose_engine(network(BwRelu(skip=True)).double(), COORDS.double(), large=True).name != "mlp"
    assert choose_engine(network(BwRelu(skip=True)), COORDS, large=True, precision="bf16").name != "mlp"
    monkeypatch.setenv("INRBENCH_COMPILE", "0")
    engine = choose_engine(network(BwRelu(skip=True)), COORDS, large=True)
    assert (engine.name, engine.threads) == ("autograd", 2)
    monkeypatch.setenv("INRBENCH_COMPILE", "1")
    assert choose_engine(network(BwRelu(skip=True)), COORDS, large=False).name == "mlp"


@pytest.mark.needs_compiler
@pytest.mark.parametrize("wrong", ["value", "vjp", "failure"])
def test_an_mlp_that_fails_or_does_not_agree_with_autograd_is_not_used(
    wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrong(CompiledMLP):
        def forward(self, coords: Tensor, *, keep: bool = True) -> tuple[Tensor, tuple[Tensor, ...]]:
            if wrong == "failure":
                raise RuntimeError("failure")
            values, kept = super().forward(coords)
            return (1.05 * values if wrong == "value" else values), kept

        def backward(self, saved: tuple[Tensor, ...], gradient: Tensor, gradients: Tensor) -> None:
            super().backward(saved, gradient * (1.2 if wrong == "vjp" else 1), gradients)

    monkeypatch.setattr(module, "CompiledMLP", Wrong)
    net = network(BwRelu(skip=True))
    parameter = next(net.parameters())
    parameter.grad = torch.ones_like(parameter)
    with pytest.warns(RuntimeWarning, match="failure|does not agree with autograd"):
        assert choose_engine(net, COORDS, large=True).name == "autograd"
    assert torch.equal(parameter.grad, torch.ones_like(parameter))


@pytest.mark.slow
@pytest.mark.needs_compiler
def test_a_plugin_that_cannot_be_compiled_changes_nothing_for_the_jobs_after_it() -> None:
    with pytest.warns(RuntimeWarning, match="slower"):
        engine = choose_engine(network(Odd()), COORDS, large=True)
    assert (engine.name, engine.threads) == ("autograd", 2)
    torch.testing.assert_close(torch.cat(one_pass(engine)[0]), expected(engine.network)[0])
    assert isinstance(choose_engine(network(), COORDS, large=True), CompiledEngine)


def test_without_a_compiler_one_warning_names_the_remedy_and_training_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CXX", "/nonexistent")
    with pytest.warns(RuntimeWarning) as seen:
        engines = [choose_engine(network(each), COORDS, large=True) for each in (Siren(), Siren(), Mfn())]
    assert {(engine.name, engine.threads) for engine in engines} == {("autograd", 2)}
    (warning,) = seen
    assert "install one, e.g. g++" in str(warning.message)


@pytest.mark.parametrize("activation", [BwRelu(linear_layers=True), Wire()], ids=lambda each: each.name)
def test_autograd_multiplies_by_onednn_where_that_is_faster(
    activation: Activation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "mkl_lacks_avx512", lambda: True)
    monkeypatch.setenv("INRBENCH_COMPILE", "0")
    calls = 0
    original = torch_internals.onednn_linear

    def counted(*tensors: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return original(*tensors)

    monkeypatch.setattr(products, "onednn_linear", counted)
    narrow, net = network(activation, products.WIDE // 2), network(activation, 2 * products.WIDE)
    assert choose_engine(narrow, COORDS, large=True).name == "autograd"
    engine = choose_engine(net, COORDS, large=True)
    assert engine.name == "autograd-onednn"
    values, gradients = one_pass(engine)
    assert calls > 0
    wanted, wanted_gradients = expected(net)
    torch.testing.assert_close(torch.cat(values), wanted, rtol=0, atol=5e-6)
    scale = max(float(g.abs().max()) for g in wanted_gradients)
    for one, other in zip(gradients, wanted_gradients, strict=True):
        assert float((one - other).abs().max()) < 1e-5 * scale


def test_another_version_of_pytorch_trains_by_autograd_and_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "__version__", "2.99.1+cpu")
    with pytest.warns(RuntimeWarning) as seen:
        engines = [choose_engine(network(each), COORDS, large=True) for each in (Siren(), Mfn())]
    assert {engine.name for engine in engines} == {"autograd"}
    (warning,) = seen
    assert "PyTorch 2.99.1+cpu is not one of those" in str(warning.message)
    assert obstacle() == torch_internals.untested()


@pytest.mark.needs_compiler
def test_a_network_with_a_bounded_output_is_compiled() -> None:
    net = build(BwRelu(skip=True), DOMAIN, width=16, depth=3, seed=0, tanh=True)
    engine = choose_engine(net, COORDS, large=True)
    assert engine.name == "mlp"
    torch.testing.assert_close(torch.cat(one_pass(engine)[0]), expected(net)[0], rtol=0, atol=2e-6)
