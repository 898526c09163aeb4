"""Networks of every activation: depth, parameter counts, seeds; and the search ranges of parameters."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from inrbench.activations.bw_relu import BwRelu
from inrbench.activations.core.base import Activation, Domain, LogUniform, Param, Pointwise, build, count_params
from inrbench.activations.core.conformance import same_weights
from inrbench.activations.core.mlp import Filter
from inrbench.activations.finer import Finer
from inrbench.activations.msa import MultiscaleSine
from inrbench.activations.relu import Relu
from inrbench.activations.relu_pe import ReluPe
from inrbench.activations.siren import Siren
from inrbench.activations.staf import SumOfSines
from tests.activations.plugins import EVERY, OWN_LAYERS

IMAGE = Domain(2, 1, (512, 512))


@pytest.mark.parametrize("depth", [1, 4])
@pytest.mark.parametrize(
    "plugin", [plugin for plugin in EVERY if plugin.name not in OWN_LAYERS], ids=lambda plugin: plugin.name
)
def test_depth_is_the_number_of_nonlinear_layers(plugin: type[Activation], depth: int) -> None:
    network = build(plugin(), IMAGE, width=8, depth=depth, seed=0)
    calls: list[nn.Module] = []
    for module in network.modules():
        if isinstance(module, Pointwise | Filter | SumOfSines | MultiscaleSine):
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


def test_weights_do_not_depend_on_the_default_device() -> None:
    expected = build(Siren(), IMAGE, width=8, depth=2, seed=3)
    with torch.device("meta"):
        other = build(Siren(), IMAGE, width=8, depth=2, seed=3)
    assert same_weights(expected, other)


def test_build_leaves_the_random_state_of_the_caller() -> None:
    state = torch.get_rng_state()
    build(Siren(), IMAGE, width=8, depth=2, seed=3)
    assert torch.equal(state, torch.get_rng_state())


def test_the_curve_of_a_pointwise_activation_is_the_nonlinearity() -> None:
    z = torch.linspace(-1, 1, 41)
    for activation in (Siren(), BwRelu()):
        curve = activation.curve(z)
        assert curve is not None
        assert torch.equal(curve, activation.forward(z))


def test_an_activation_without_a_nonlinearity_is_an_error_that_names_the_remedy() -> None:
    class Empty(Activation):
        name, label, version = "empty", "Empty", 1

    with pytest.raises(NotImplementedError, match=r"Empty has no forward\(z\); define it, or override layer"):
        Empty().forward(torch.zeros(1))


# -- search ranges -----------------------------------------------------------------------------------------------------


RANGES = [
    pytest.param(span, plugin.model_fields[name].default, id=f"{plugin.name}-{name}")
    for plugin in EVERY
    for name, span in plugin.search_space().items()
    if plugin.model_fields[name].default is not None
]


@pytest.mark.parametrize(("span", "default"), RANGES)
def test_a_search_range_contains_the_default(span: LogUniform, default: float) -> None:
    assert 0 < span.low <= default <= span.high


def test_a_range_is_uniform_in_the_logarithm() -> None:
    assert [LogUniform(1, 100).at(fraction) for fraction in (0, 0.5, 1)] == pytest.approx([1, 10, 100])


def test_a_parameter_has_bounds_and_a_range() -> None:
    class Scaled(Relu):
        scale: float = Param(2.0, gt=0, tune=LogUniform(1, 5))

        fixed: int = Param(3)

    assert Scaled().scale == 2.0
    assert Scaled.search_space() == {"scale": LogUniform(1, 5)}
    with pytest.raises(ValueError, match="scale"):
        Scaled(scale=0.0)
