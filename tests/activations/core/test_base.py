"""What holds for every activation: conformance, depth, parameter counts, and widths solved from a budget."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
import torch
from torch import Tensor, nn

import activations
from activations.bw_relu import BwRelu
from activations.core import conformance as testing
from activations.core.base import Activation, Domain, LogUniform, Pointwise, build, count_params
from activations.core.width_solver import params_at, solve_width
from activations.finer import Finer
from activations.mfn import Filter
from activations.relu import Relu
from activations.relu_pe import ReluPe
from activations.siren import Siren
from activations.staf import SumOfSines


def every() -> list[type[Activation]]:
    modules = [
        importlib.import_module(f"activations.{info.name}") for info in pkgutil.iter_modules(activations.__path__)
    ]
    found = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Activation) and value.__module__ == module.__name__
        if hasattr(value, "name")  # else an intermediate base class
    }
    return sorted(found - {Activation}, key=lambda plugin: plugin.name)


EVERY = every()
IMAGE = Domain(2, 1, (512, 512))


def test_the_scan_finds_the_activations() -> None:
    assert {"bw-relu", "finer", "gauss", "mfn", "relu", "relu-pe", "siren", "wire"} <= {plugin.name for plugin in EVERY}


@pytest.mark.parametrize("one", testing.CHECKS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("plugin", EVERY, ids=lambda plugin: plugin.name)
def test_conformance(plugin: type[Activation], one: testing.Check) -> None:
    finding = testing.run_check(one, plugin())
    assert finding.ok, finding.message


# -- the conformance suite itself --------------------------------------------------------------------------------------


class Broken(Activation):
    name, label, version = "broken", "Broken", 1

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(z)


class WrongStd(Broken):
    def weight_std(self, fan_in: int, *, first: bool) -> float:
        return 1.2 * super().weight_std(fan_in, first=first)


class NotANumber(Broken):
    def forward(self, z: Tensor) -> Tensor:
        return torch.sqrt(z)


class SeesOtherRows(Broken):
    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(z - z.mean(0))


class Raises(Broken):
    def forward(self, z: Tensor) -> Tensor:
        raise RuntimeError("not today")


class Stuck(Broken):
    def forward(self, z: Tensor) -> Tensor:
        return torch.zeros_like(z) * z

    def head(self, in_features: int, out_features: int) -> nn.Module:
        return nn.Linear(in_features, out_features, bias=False)


class OwnRandomness(Broken):
    def init_layer(self, linear: nn.Linear, *, first: bool) -> None:
        nn.init.uniform_(linear.weight, -1, 1, generator=torch.Generator().manual_seed(torch.seed() % 2**31))


class Single(Broken):
    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(z.float()).to(z.dtype) + 0.01 * (z.dtype == torch.float64)


class Unused(Broken):
    def head(self, in_features: int, out_features: int) -> nn.Module:
        head = nn.Linear(in_features, out_features)
        head.extra = nn.Parameter(torch.zeros(3))
        return head


class Loose(Broken):
    model_config = {"extra": "ignore"}  # type: ignore[assignment]


class BadName(Broken):
    name = "Bad Name"


@pytest.mark.parametrize(
    ("plugin", "fails", "says"),
    [
        (WrongStd, "init", "weight_std declares"),
        (NotANumber, "finite", "not finite"),
        (SeesOtherRows, "rows", "other rows"),
        (Raises, "shapes", "RuntimeError: not today"),
        (Stuck, "learns", "do not lower the loss"),
        (OwnRandomness, "seed", "same seed"),
        (Single, "double", "float64"),
        (Unused, "finite", "extra gets no gradient"),
        (Loose, "configuration", "unknown parameter"),
        (BadName, "identity", "lower case"),
    ],
)
def test_a_broken_plugin_is_caught(plugin: type[Activation], fails: str, says: str) -> None:
    findings = {finding.name: finding for finding in testing.check(plugin())}
    assert not findings[fails].ok
    assert says in findings[fails].message


def test_a_sound_plugin_passes_and_findings_print_as_a_line() -> None:
    findings = testing.check(Broken())
    assert [str(finding) for finding in findings if not finding.ok] == []
    assert str(testing.Finding("init", "failed", "why")) == "failed  init: why"


# -- depth and parameters ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
@pytest.mark.parametrize("plugin", EVERY, ids=lambda plugin: plugin.name)
def test_depth_is_the_number_of_nonlinear_layers(plugin: type[Activation], depth: int) -> None:
    network = build(plugin(), IMAGE, width=8, depth=depth, seed=0)
    calls: list[nn.Module] = []
    for module in network.modules():
        if isinstance(module, Pointwise | Filter | SumOfSines):
            module.register_forward_hook(lambda module, _inputs, _output: calls.append(module))
    network(torch.zeros(2, 2))
    assert len(calls) == depth


@pytest.mark.parametrize(
    ("activation", "width", "out", "depth", "dof"),
    [
        (Relu(), 300, 1, 3, 181_801),
        (Siren(), 300, 1, 3, 181_801),
        (BwRelu(), 300, 1, 3, 181_801),
        (Siren(), 256, 3, 3, 133_123),
        (Finer(), 256, 3, 4, 198_915),
        (ReluPe(), 300, 1, 3, 190_201),
    ],
)
def test_published_parameter_counts(activation: Activation, width: int, out: int, depth: int, dof: int) -> None:
    assert count_params(build(activation, Domain(2, out, (512, 512)), width=width, depth=depth, seed=0)) == dof


BUDGETS = [
    pytest.param(plugin, params, out, id=f"{plugin.name}-{params}-{out}")
    for plugin in EVERY
    for params in (20_000, 50_000, 181_801, 500_000)
    for out in (1, 3)
]


@pytest.mark.parametrize(("plugin", "params", "out"), BUDGETS)
def test_solved_width_meets_the_budget(plugin: type[Activation], params: int, out: int) -> None:
    domain = Domain(2, out, (256, 256))
    width = solve_width(plugin(), domain, 3, params)
    around = [params_at(plugin(), domain, width=w, depth=3) for w in range(width - 3, width + 4)]
    assert abs(around[3] - params) == min(abs(count - params) for count in around)
    assert abs(around[3] / params - 1) <= 0.05


def test_solved_width_recovers_the_width() -> None:
    assert solve_width(Siren(), Domain(2, 1, (64, 64)), 3, 181_801) == 300
    assert solve_width(Siren(), Domain(2, 1, (64, 64)), 1, 5) == 1


@pytest.mark.parametrize(
    ("activation", "params", "says"),
    [
        (Siren(), 45, "within 5% of 45 parameters at depth 3; the nearest are 37 (width 3) or 57 (width 4)"),
        (Siren(), 3, "the nearest are 9 (width 1)"),
        (Siren(), 0, "must be positive"),
    ],
)
def test_a_budget_that_cannot_be_met_is_an_error_of_one_line(activation: Activation, params: int, says: str) -> None:
    with pytest.raises(ValueError, match=r"parameters|positive") as caught:
        solve_width(activation, Domain(2, 1, (64, 64)), 3, params)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


class Constant(Broken):
    def hidden_width(self, width: int) -> int:
        return 4


def test_a_network_that_ignores_its_width_is_an_error() -> None:
    with pytest.raises(ValueError, match="no width up to"):
        solve_width(Constant(), IMAGE, 3, 10_000)


def test_weights_do_not_depend_on_the_default_device() -> None:
    expected = build(Siren(), IMAGE, width=8, depth=2, seed=3)
    with torch.device("meta"):
        other = build(Siren(), IMAGE, width=8, depth=2, seed=3)
    assert testing.same_weights(expected, other)


def test_build_leaves_the_random_state_of_the_caller() -> None:
    state = torch.get_rng_state()
    build(Siren(), IMAGE, width=8, depth=2, seed=3)
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("plugin", EVERY, ids=lambda plugin: plugin.name)
def test_search_ranges_hold_the_default(plugin: type[Activation]) -> None:
    for name, field in plugin.model_fields.items():
        extra = field.json_schema_extra
        if isinstance(extra, dict) and field.default is not None:
            low, high = extra["tune"]  # type: ignore[misc]
            assert low <= field.default <= high, name
            assert LogUniform(low, high).at(0) == pytest.approx(low)  # type: ignore[arg-type]
            assert LogUniform(low, high).at(1) == pytest.approx(high)  # type: ignore[arg-type]
