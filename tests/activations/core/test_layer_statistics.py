"""Dead units, spread, condition number and rank of features, and norms of gradients, of every activation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inrbench.activations.bw_relu import BwRelu
from inrbench.activations.core.base import Activation, Domain, build
from inrbench.activations.core.hidden_matrices import hidden_matrices
from inrbench.activations.core.layer_statistics import (
    CONDITION_CAP,
    diagnose,
    gradient_norms,
    spread_rows,
    stable_rank,
)
from inrbench.activations.instant_ngp import InstantNgp
from inrbench.activations.siren import Siren
from tests.activations.plugins import EVERY, OWN_LAYERS, grid

IMAGE = Domain(2, 3, (16, 16))
ALL: list[Activation] = [
    *(plugin() for plugin in EVERY if plugin.name not in OWN_LAYERS),
    InstantNgp(hidden_layers=3),
    BwRelu(learn_c="network", linear_layers=True, skip=True, weight_norm=True),
]


def net(activation: Activation, width: int = 12, depth: int = 3) -> nn.Module:
    return build(activation, IMAGE, width=width, depth=depth, seed=0)


class Fixed(nn.Module):
    """A network with given features, one row a coordinate."""

    def __init__(self, *features: Tensor) -> None:
        super().__init__()
        self.values = features

    def features(self, coords: Tensor) -> list[Tensor]:
        return [values[coords[:, 0].long()] for values in self.values]


def of(features: Tensor, max_rows: int = 2048) -> dict[str, float]:
    coords = torch.arange(len(features)).unsqueeze(1).float()
    return {
        name.removesuffix("/1"): value for name, value in diagnose(Fixed(features), coords, max_rows=max_rows).items()
    }


@pytest.mark.parametrize("activation", ALL, ids=repr)
def test_every_activation_can_be_diagnosed(activation: Activation) -> None:
    network, coords = net(activation), grid(16)
    network(coords).square().sum().backward()
    gradients = [p.grad.clone() for p in network.parameters() if p.grad is not None]
    state, weights = torch.get_rng_state(), [p.detach().clone() for p in network.parameters()]
    found = diagnose(network, coords)
    names = ("dead_units", "feature_std", "feature_cond", "feature_rank", "feature_stable_rank")
    of_weights = {f"weight_stable_rank/{matrix.layer}" for matrix in hidden_matrices(network)}
    assert set(found) == {f"{name}/{layer}" for name in names for layer in (1, 2, 3)} | of_weights
    assert all(1 <= found[name] <= 24 for name in of_weights)
    assert all(type(value) is float and math.isfinite(value) for value in found.values())
    for layer in (1, 2, 3):
        assert 0 <= found[f"dead_units/{layer}"] <= 1
        assert 1 <= found[f"feature_cond/{layer}"] <= CONDITION_CAP
        assert 0 <= found[f"feature_rank/{layer}"] <= 24
        assert 0 <= found[f"feature_stable_rank/{layer}"] <= 24
        assert found[f"feature_std/{layer}"] > 0
    # Random state, weights, dtype and gradients are unchanged, and a second call gives the same.
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(p, before) for p, before in zip(network.parameters(), weights, strict=True))
    now = [p.grad for p in network.parameters() if p.grad is not None]
    assert all(torch.equal(g, before) for g, before in zip(now, gradients, strict=True))
    assert diagnose(network, coords) == found


@pytest.mark.parametrize("activation", ALL, ids=repr)
def test_the_last_features_under_the_head_are_the_networks_values(activation: Activation) -> None:
    network = net(activation)
    features = network.features(grid(16))  # type: ignore[operator]
    assert len(features) == 3
    stages = network.stages()  # type: ignore[operator]
    assert list(stages)[:4] == ["1", "2", "3", "head"]
    last = features[-1]
    if last.is_complex():  # WIRE's layers hand on real parts, then imaginary ones
        last = torch.cat((last.real, last.imag), dim=-1)
    value = stages["head"][0](last)
    if "skip" in stages:
        value = value + stages["skip"][0](grid(16))
    torch.testing.assert_close(value, network(grid(16)))


@pytest.mark.parametrize("activation", ALL, ids=repr)
def test_stages_hold_every_parameter(activation: Activation) -> None:
    network = net(activation)
    held = [p for group in network.stages().values() for module in group for p in module.parameters()]  # type: ignore[operator]
    assert {id(p) for p in held} == {id(p) for p in network.parameters()}


def test_statistics_of_known_features() -> None:
    rng = np.random.default_rng(0)
    q, _ = np.linalg.qr(rng.normal(size=(50, 4)) - 0.0)
    q -= q.mean(0)
    q, _ = np.linalg.qr(q)  # orthonormal columns of mean 0
    sigma = np.array([8.0, 4.0, 2.0, 1.0])
    found = of(torch.from_numpy(q * sigma + 7.0))
    assert found["feature_cond"] == pytest.approx(8)
    share = sigma**2 / (sigma**2).sum()
    assert found["feature_rank"] == pytest.approx(math.exp(-(share * np.log(share)).sum()))
    assert found["feature_stable_rank"] == pytest.approx(85 / 64)
    assert found["feature_std"] == pytest.approx(math.sqrt((sigma**2).sum() / 50 / 4))
    assert found["dead_units"] == 0


def test_dead_units_are_constant_not_only_zero_and_small_ones_live() -> None:
    x = torch.linspace(0, 1, 40, dtype=torch.float64)
    one = torch.ones_like(x)
    found = of(torch.stack([x, 0 * x, 3 * one, 5 + 1e-7 * x, 1e-3 * x], dim=1))
    assert found["dead_units"] == pytest.approx(3 / 5)
    assert found["feature_cond"] == CONDITION_CAP


def test_features_that_are_all_constant() -> None:
    for value in (0.0, 2.0):
        found = of(torch.full((30, 4), value))
        ranks = {"feature_rank": 0, "feature_stable_rank": 0}
        assert found == {"dead_units": 1, "feature_std": 0, "feature_cond": CONDITION_CAP, **ranks}


def test_fewer_rows_than_units_count_the_rows_that_centring_leaves() -> None:
    values = torch.randn(6, 40, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    sigma = torch.linalg.svdvals(values - values.mean(0))
    found = of(values)
    assert found["feature_cond"] == pytest.approx(float(sigma[0] / sigma[4]))
    assert found["feature_cond"] < 100


def test_complex_features_are_pairs() -> None:
    rng = torch.Generator().manual_seed(0)
    real, imag = torch.randn(2, 60, 5, generator=rng, dtype=torch.float64)
    pairs, parts = of(torch.complex(real, imag)), of(torch.stack([real, imag], dim=-1).flatten(1))
    for name in ("feature_cond", "feature_rank"):
        assert pairs[name] == pytest.approx(parts[name])
    assert pairs["feature_std"] == pytest.approx(math.sqrt(2) * parts["feature_std"])
    # A unit whose imaginary part alone moves lives.
    assert of(torch.complex(torch.ones_like(imag), imag))["dead_units"] == 0


def test_a_layer_that_is_not_finite_and_those_after_it_are_left_out() -> None:
    good = torch.randn(20, 3)
    bad = good.clone()
    bad[4, 1] = float("nan")
    found = diagnose(Fixed(good, bad, good), torch.arange(20).unsqueeze(1).float())
    assert {name.rsplit("/", 1)[1] for name in found} == {"1"}


def test_a_network_without_features_has_no_diagnosis() -> None:
    assert diagnose(nn.Linear(2, 1), grid(16)) == {}


@pytest.mark.parametrize(
    ("count", "most"), [(10, 20), (20, 20), (21, 20), (262_144, 2048), (65_536, 2048), (1000, 999)]
)
def test_rows_are_distinct_in_order_and_evenly_spread(count: int, most: int) -> None:
    rows = spread_rows(count, most)
    assert 0.7 * min(count, most) <= len(rows) <= most
    assert rows.min() >= 0
    assert rows.max() < count
    gaps = rows.diff()
    assert gaps.min() >= 1
    assert gaps.max() <= 2 * max(1, count / most)


def test_rows_of_an_image_are_of_all_columns_and_all_quarters() -> None:
    rows = spread_rows(512 * 512, 2048)
    assert len((rows % 512).unique()) > 400
    i, j = rows // 512, rows % 512
    for quarter in range(4):
        inside = ((i < 256) == bool(quarter & 1)) & ((j < 256) == bool(quarter & 2))
        assert inside.double().mean().item() == pytest.approx(0.25, abs=0.02)


# -- gradients ---------------------------------------------------------------------------------------------------------


def test_gradient_norms_by_hand() -> None:
    network = net(Siren())
    network(grid(16)).square().mean().backward()
    found = gradient_norms(network)
    groups = {"1": "0.", "2": "1.", "3": "2.", "head": "3."}
    for name, prefix in groups.items():
        held = [p.grad for key, p in network.named_parameters() if key.startswith(prefix)]
        expected = math.sqrt(sum(float(g.square().sum()) for g in held if g is not None))
        assert found[f"grad_norm/{name}"] == pytest.approx(expected, rel=1e-5)
    assert set(found) == {*(f"grad_norm/{name}" for name in groups), "grad_norm/total"}
    assert found["grad_norm/total"] == pytest.approx(math.hypot(*(found[f"grad_norm/{name}"] for name in groups)))


def test_gradient_norms_of_every_activation_and_none_without_gradients() -> None:
    for activation in ALL:
        network = net(activation)
        assert gradient_norms(network) == {}
        network(grid(16)).square().mean().backward()
        found = gradient_norms(network)
        assert {f"grad_norm/{name}" for name in ("1", "2", "3", "head", "total")} <= set(found)
        assert all(value > 0 and math.isfinite(value) for value in found.values())
        assert all(type(value) is float for value in found.values())


def test_a_shared_scale_counts_in_the_total_only() -> None:
    network = net(BwRelu(learn_c="network"))
    network(grid(16)).square().mean().backward()
    with_scale = gradient_norms(network)
    for name, p in network.named_parameters():
        if name.endswith(".c") and p.grad is not None:
            p.grad.fill_(1e6)
    found = gradient_norms(network)
    assert found.pop("grad_norm/total") == pytest.approx(1e6)
    assert found.items() <= with_scale.items()


def test_gradient_norms_of_a_foreign_network() -> None:
    network = nn.Linear(2, 1)
    network(grid(16)).sum().backward()
    assert set(gradient_norms(network)) == {"grad_norm/total"}


def test_stable_ranks_of_known_matrices() -> None:
    orthogonal, _ = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    one = torch.outer(torch.arange(1.0, 7), torch.arange(2.0, 8)).double()
    found = stable_rank(
        torch.stack([orthogonal, one, orthogonal @ torch.diag(torch.tensor([2.0, 1, 1, 1, 1, 1]).double())])
    )
    torch.testing.assert_close(found, torch.tensor([6.0, 1.0, 9 / 4], dtype=torch.float64))
    assert stable_rank(torch.zeros(1, 3, 3)).item() == 0
    assert stable_rank(torch.eye(4, dtype=torch.complex64)[None] * 1j).item() == pytest.approx(4)


def test_the_stable_rank_of_weights_is_that_of_the_matrix_between_two_layers() -> None:
    network = build(Siren(), Domain(2, 1, (16, 16)), width=24, depth=3, seed=0)
    weight = network.get_parameter("2.0.weight")
    with torch.no_grad():
        weight.copy_(torch.outer(torch.ones(24), torch.ones(24)))
    found = diagnose(network, grid(16))
    assert found["weight_stable_rank/3"] == pytest.approx(1)
    assert found["weight_stable_rank/2"] > 5
