"""BW-ReLU and its variants: trained c, linear layers, skip, weight normalisation, initial scale, centred start."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn

from inrbench.activations.bw_relu import MEAN, SPREAD, VARIANCE, BwRelu, first_moments
from inrbench.activations.core import conformance
from inrbench.activations.core.base import Domain, build, count_params
from inrbench.activations.core.layer_statistics import diagnose
from inrbench.activations.core.linear import FirstLinear, NormedLinear
from inrbench.activations.core.mlp import MLP, Skip
from inrbench.activations.core.spline_wavelet import CENTRE, LearnedWavelet, psi
from tests.activations.plugins import assert_default_weights, grid

IMAGE = Domain(2, 1, (64, 64))
VARIANTS: list[dict[str, Any]] = [
    {"learn_c": "network"},
    {"learn_c": "layer"},
    {"linear_layers": True},
    {"skip": True},
    {"weight_norm": True},
    {"init_scale": 2.5},
    {"init": "centred"},
    {"init": "centred", "linear_layers": True, "c": 9.0},
    {"init": "centred", "weight_norm": True, "init_scale": 0.5},
    {"learn_c": "layer", "linear_layers": True, "skip": True, "weight_norm": True, "init_scale": 2.0},
    {"learn_c": "network", "linear_layers": True, "skip": True, "weight_norm": True, "init": "centred", "c": 1.0},
]


def net(width: int = 16, depth: int = 3, seed: int = 0, domain: Domain = IMAGE, **params: Any) -> nn.Module:
    return build(BwRelu(**params), domain, width=width, depth=depth, seed=seed)


def mlp_of(network: nn.Module) -> MLP:
    mlp = network.mlp
    assert isinstance(mlp, MLP)
    return mlp


def features_of(network: nn.Module, coords: torch.Tensor) -> list[torch.Tensor]:
    with torch.no_grad():
        return mlp_of(network).features(coords)


def test_the_plain_one_is_psi_with_c_and_pytorchs_default_weights() -> None:
    z = torch.randn(100)
    assert torch.equal(BwRelu().forward(z), psi(z, 3.0))
    assert_default_weights(BwRelu())


@pytest.mark.parametrize("params", VARIANTS, ids=str)
def test_conformance(params: dict[str, Any]) -> None:
    findings = conformance.check(BwRelu(**params))
    assert [str(finding) for finding in findings if not finding.ok] == []


# -- identity ----------------------------------------------------------------------------------------------------------


def test_what_is_off_is_none_however_it_was_written() -> None:
    off = BwRelu(linear_layers=False, skip=False, weight_norm=False, init_scale=1.0, learn_c=None, init=None)
    assert off == BwRelu()
    assert {name for name, value in off.model_dump().items() if value is not None} == {"c"}
    assert BwRelu(skip=True).skip is True
    assert BwRelu(init_scale=2.0).init_scale == 2.0


@pytest.mark.parametrize("params", [{"learn_c": "all"}, {"init": "default"}, {"init_scale": 0.0}, {"skip": 1}])
def test_other_values_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(params))):
        BwRelu(**params)


def test_the_mlp_starts_the_same_with_and_without_skip_trained_c_and_weight_norm() -> None:
    x, plain = grid(8), net()
    expected = plain(x)
    assert torch.equal(mlp_of(net(skip=True))(x), expected)
    assert torch.equal(net(learn_c="layer")(x), expected)
    torch.testing.assert_close(net(weight_norm=True)(x), expected, rtol=1e-4, atol=1e-6)


# -- trained c ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["network", "layer"])
def test_trained_c(how: str) -> None:
    network = net(learn_c=how, c=2.0)
    scales = {name: p for name, p in network.named_parameters() if name.endswith(".c")}
    assert len(scales) == {"network": 1, "layer": 3}[how]
    assert all(p.item() == 2.0 for p in scales.values())
    assert count_params(network) == count_params(net()) + len(scales)
    network(grid(8)).square().sum().backward()
    assert all(p.grad is not None and p.grad.item() != 0 for p in scales.values())


def test_the_gradient_of_a_shared_c_is_the_sum_of_those_of_the_layers() -> None:
    # Both start with the same weights and the same c.
    shared, separate = net(learn_c="network").double(), net(learn_c="layer").double()
    for network in (shared, separate):
        network(grid(8).double()).square().sum().backward()
    (one,) = {id(m.c): m.c for m in shared.modules() if isinstance(m, LearnedWavelet)}.values()
    several = [m.c for m in separate.modules() if isinstance(m, LearnedWavelet)]
    assert one.grad is not None
    torch.testing.assert_close(one.grad, torch.stack([c.grad for c in several if c.grad is not None]).sum())


def test_a_shared_c_stays_shared_through_training_and_a_state_dict() -> None:
    network = net(learn_c="network")
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2, fused=True)
    network(grid(8)).square().mean().backward()
    optimiser.step()
    restored = net(learn_c="network", seed=1)
    restored.load_state_dict(network.state_dict())
    values = [m.c for m in restored.modules() if isinstance(m, LearnedWavelet)]
    assert len(values) == 3
    assert all(c is values[0] for c in values)
    assert values[0].item() != 3.0


# -- linear layers and skip --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "depth", "dof"),
    [
        ({}, 3, 181_801),
        ({"linear_layers": True}, 3, 362_401),
        ({"linear_layers": True}, 1, 1_201),
        ({}, 1, 1_201),
        ({"skip": True}, 3, 181_804),
        ({"weight_norm": True}, 3, 182_701),
        ({"linear_layers": True, "weight_norm": True}, 3, 363_301),
    ],
)
def test_parameter_count(params: dict[str, Any], depth: int, dof: int) -> None:
    assert count_params(net(width=300, depth=depth, **params)) == dof


def test_linear_layers_by_hand() -> None:
    network = net(width=7, linear_layers=True, skip=True, c=2.0).double()
    assert isinstance(network, Skip)
    x = grid(6).double()
    maps = [m for m in network.mlp.modules() if isinstance(m, nn.Linear)]
    assert [(m.in_features, m.out_features) for m in maps] == [(2, 7), (7, 7), (7, 7), (7, 7), (7, 7), (7, 1)]
    out = x
    for w, v in zip(maps[::2], maps[1::2], strict=True):
        out = psi(out @ w.weight.T + w.bias, 2.0) @ v.weight.T + v.bias
    expected = out + x @ network.linear.weight.T + network.linear.bias
    torch.testing.assert_close(network(x), expected)


# -- weight normalisation and initial scale ----------------------------------------------------------------------------


def test_weight_norm_takes_the_matrices_before_psi_only() -> None:
    network = net(width=7, linear_layers=True, weight_norm=True, skip=True)
    kinds = [type(m) for m in network.modules() if isinstance(m, nn.Linear | NormedLinear)]
    assert kinds == [NormedLinear, nn.Linear, NormedLinear, nn.Linear, NormedLinear, nn.Linear, FirstLinear]


@pytest.mark.parametrize("weight_norm", [None, True])
def test_init_scale_multiplies_the_weights_also_under_weight_norm(weight_norm: bool | None) -> None:
    common: dict[str, Any] = {"linear_layers": True, "skip": True, "weight_norm": weight_norm}
    plain, scaled = net(**common), net(**common, init_scale=3.0)
    assert isinstance(plain, Skip)
    assert isinstance(scaled, Skip)
    matrices = [[m for m in n.mlp.modules() if isinstance(m, nn.Linear | NormedLinear)] for n in (plain, scaled)]
    *pairs, (head, scaled_head) = zip(*matrices, strict=True)
    assert len(pairs) == 5
    for a, b in pairs:
        torch.testing.assert_close(b.weight, 3 * a.weight)
        assert torch.equal(a.bias, b.bias)
    assert torch.equal(head.weight, scaled_head.weight)
    assert torch.equal(plain.linear.weight, scaled.linear.weight)
    assert not torch.allclose(plain(grid(8)), scaled(grid(8)))


# -- centred initialisation --------------------------------------------------------------------------------------------


def gaussian_moments(spread: float) -> tuple[float, float]:
    u = (torch.arange(30_000, dtype=torch.float64) + 0.5) / 10_000
    density = torch.exp(-((u - CENTRE) ** 2) / (2 * spread**2)) / (spread * math.sqrt(2 * math.pi)) / 10_000
    mean = float((psi(u) * density).sum())
    return mean, float((psi(u) ** 2 * density).sum()) - mean**2


def test_constants_are_the_gaussian_integrals_and_the_variance_is_nearly_the_largest() -> None:
    mean, variance = gaussian_moments(SPREAD)
    assert pytest.approx(mean, abs=1e-5) == MEAN
    assert pytest.approx(variance, abs=1e-5) == VARIANCE
    assert max(gaussian_moments(0.01 * k)[1] for k in range(5, 100, 2)) < 1.001 * VARIANCE


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("c", [1.0, 9.0])
def test_moments_of_the_first_layer(d: int, c: float) -> None:
    x = torch.rand(1000, d, generator=torch.Generator().manual_seed(1)) * 2 - 1
    network = net(width=4096, depth=1, domain=Domain(d, 1, (8,) * d), init="centred", c=c)
    (values,) = features_of(network, x)
    mean, variance = first_moments(c, d)
    assert values.mean().item() == pytest.approx(mean, abs=0.02)
    assert values.var().item() == pytest.approx(variance, rel=0.05)


CENTRED: list[dict[str, Any]] = [
    {"c": 1.0},
    {"c": 3.0, "linear_layers": True},
    {"c": 9.0, "weight_norm": True},
    {"c": 9.0, "linear_layers": True, "weight_norm": True},
]


@pytest.mark.parametrize("params", CENTRED, ids=str)
def test_centred_features_have_one_spread_whatever_c_and_layer(params: dict[str, Any]) -> None:
    network = net(width=300, depth=4, init="centred", **params)
    features = features_of(network, grid(48))
    # The first layer has c as its bandwidth and the spread that follows from it; all later ones are at the fixed point.
    assert features[0].std().item() == pytest.approx(math.sqrt(first_moments(params["c"], 2)[1]), rel=0.05)
    for values in features[1:]:
        assert values.std().item() == pytest.approx(math.sqrt(VARIANCE), rel=0.02)
        assert values.mean().item() == pytest.approx(MEAN, abs=0.03)
    found = diagnose(network, grid(48), max_rows=512)
    for layer in (1, 2, 3, 4):
        assert found[f"dead_units/{layer}"] == 0


def test_default_features_die_out_where_centred_ones_do_not() -> None:
    default, centred = (
        diagnose(net(width=300, c=1.0, init=init), grid(48), max_rows=512) for init in (None, "centred")
    )
    assert default["feature_std/3"] < 0.001
    assert centred["feature_std/3"] > 0.35
    assert default["dead_units/3"] > 0.2


def test_centred_pre_activations_are_centred_on_the_wavelet() -> None:
    for c in (1.0, 9.0):
        network = mlp_of(net(width=300, depth=3, init="centred", c=c))
        x = grid(48)
        with torch.no_grad():
            for layer in network.layers:
                z = c * layer[0](x)  # type: ignore[index]
                # The mean over 300 units is that near to its expectation.
                assert z.mean().item() == pytest.approx(CENTRE, abs=4 * z.std().item() / math.sqrt(300))
                if layer is not network.layers[0]:
                    assert z.std().item() == pytest.approx(SPREAD, rel=0.06)
                x = layer(x)
