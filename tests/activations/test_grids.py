"""Instant-NGP and the grid: encodings against an independent computation, sizes and budgets."""

from __future__ import annotations

import copy
import itertools
import math
import pickle

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from inrbench.activations.core.base import Activation, Domain, build, count_params, mlp_params
from inrbench.activations.core.derivatives import integration_error
from inrbench.activations.grid import Grid, Interpolation
from inrbench.activations.instant_ngp import HashGrid, InstantNgp, levels_of


def coords(n: int, d: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.rand(n, d, generator=torch.Generator().manual_seed(0), dtype=dtype) * 2 - 1


@pytest.mark.parametrize("activation", [Grid(), InstantNgp()], ids=lambda a: a.name)
def test_values_of_known_coordinates_follow_the_parameters_and_copies_are_independent(activation: Activation) -> None:
    network = build(activation, Domain(2, 1, (16, 16)), width=32, depth=3, seed=0)
    x = coords(50, 2, torch.float32)
    before = network(x)
    for copied in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert torch.equal(copied(x), before)
        with torch.no_grad():
            for p in copied.parameters():
                p.mul_(2)
        assert not torch.equal(copied(x), before)
    assert torch.equal(network(x), before)


# -- Instant-NGP -------------------------------------------------------------------------------------------------------


def hashed(encoding: HashGrid, x: np.ndarray) -> np.ndarray:
    """The encoding by loops over points, levels and corners, with 32-bit arithmetic."""
    table, out, primes = encoding.values.detach().numpy(), [], (1, 2654435761, 805459861)
    for point in (x + 1) / 2:
        features, begin = [], 0
        for level in encoding.levels:
            place = point * level.scale + 0.5
            cell = np.floor(place).astype(int)
            total = np.zeros(table.shape[1])
            for corner in itertools.product((0, 1), repeat=len(point)):
                node = cell + corner
                weight = np.prod(np.where(corner, place - cell, 1 - (place - cell)))
                if level.resolution ** len(point) <= level.entries:
                    index = sum(int(n) * level.resolution**axis for axis, n in enumerate(node))
                else:
                    index = 0
                    for n, prime in zip(node, primes, strict=False):
                        index ^= (int(n) * prime) & 0xFFFFFFFF
                total += weight * table[begin + index % level.entries]
            features.append(total)
            begin += level.entries
        out.append(np.concatenate(features))
    return np.array(out)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_the_encoding_of_the_hash_grid(d: int) -> None:
    levels = levels_of(d, 6, 4, 64, 7)
    assert {level.dense for level in levels} == {True} if d == 1 else {True, False}
    encoding = HashGrid(d, levels, 2).double()
    nn.init.normal_(encoding.values)
    x = coords(40, d)
    np.testing.assert_allclose(encoding(x).detach().numpy(), hashed(encoding, x.numpy()), atol=1e-12)


def test_resolutions_by_hand() -> None:
    levels = levels_of(2, 3, 4, 16, 8)  # scales 3, 7, 15
    assert [level.scale for level in levels] == pytest.approx([3, 7, 15])
    assert [(level.resolution, level.entries, level.dense) for level in levels] == [
        (4, 16, True),
        (8, 64, True),
        (16, 256, True),
    ]
    assert levels_of(2, 1, 3, 3, 10)[0].entries == 16  # 3² rounded up to a multiple of 8
    assert not levels_of(2, 3, 4, 16, 7)[-1].dense


@pytest.mark.parametrize(
    ("shape", "channels", "sizes", "params"),
    [
        ((512, 768), 3, {"levels": 19, "log2_table": 13}, 195_296),  # the 195.3 k of a published table
        ((128, 128), 1, {"levels": 8, "log2_table": 11, "coarsest": 8}, 19_088),
        ((128, 128), 1, {"levels": 12, "log2_table": 10, "coarsest": 8}, 19_728),
        ((96, 144), 3, {"levels": 8, "log2_table": 10}, 18_016),
    ],
)
def test_known_sizes(shape: tuple[int, ...], channels: int, sizes: dict[str, int], params: int) -> None:
    activation = InstantNgp(**sizes, hidden=64)
    domain = Domain(len(shape), channels, shape)
    assert count_params(build(activation, domain, width=96, depth=3, seed=0)) == params


def test_initial_tables_and_no_biases() -> None:
    network = build(InstantNgp(), Domain(2, 1, (128, 128)), width=96, depth=3, seed=0)
    named = dict(network.named_parameters())
    table = named.pop("0.values")
    assert 0.99e-4 < table.abs().max().item() <= 1e-4
    assert table.std().item() == pytest.approx(1e-4 / math.sqrt(3), rel=0.02)
    assert sorted(named) == ["1.0.weight", "2.0.weight", "3.weight"]
    for weight in named.values():
        assert weight.abs().max().item() <= 1 / math.sqrt(weight.shape[1])


def test_a_fourth_coordinate_is_an_error() -> None:
    with pytest.raises(ValueError, match="up to 3 coordinates"):
        build(InstantNgp(), Domain(4, 1, (8,) * 4), width=32, depth=3, seed=0)


# -- the grid ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cubic", "mode"), [(True, "bicubic"), (False, "bilinear")])
def test_interpolation_is_that_of_grid_sample(cubic: bool, mode: str) -> None:
    grid = Interpolation((9, 6), 3, cubic=cubic).double()
    nn.init.normal_(grid.values)
    x = coords(200, 2) * 1.1  # beyond the outer nodes too
    picture = grid.values.detach().reshape(9, 6, 3).permute(2, 0, 1)[None]
    places = x.flip(-1)[None, None]  # columns first
    expected = F.grid_sample(picture, places, mode=mode, padding_mode="border", align_corners=False)
    torch.testing.assert_close(grid(x).detach(), expected[0, :, 0].T)


def test_interpolation_in_three_dimensions() -> None:
    grid = Interpolation((4, 5, 6), 2, cubic=False).double()
    nn.init.normal_(grid.values)
    x = coords(100, 3)
    volume = grid.values.detach().reshape(4, 5, 6, 2).permute(3, 0, 1, 2)[None]
    places = x.flip(-1)[None, None, None]
    expected = F.grid_sample(volume, places, mode="bilinear", padding_mode="border", align_corners=False)
    torch.testing.assert_close(grid(x).detach(), expected[0, :, 0, 0].T)


@pytest.mark.parametrize("cubic", [True, False])
def test_a_grid_with_a_node_for_each_sample_holds_the_samples(cubic: bool) -> None:
    grid = Interpolation((10,), 1, cubic=cubic).double()
    nn.init.normal_(grid.values)
    centres = ((2 * torch.arange(10, dtype=torch.float64) + 1) / 10 - 1)[:, None]
    torch.testing.assert_close(grid(centres), grid.values)


@pytest.mark.parametrize("activation", [Grid(order="linear"), Grid(), InstantNgp()], ids=repr)
def test_derivatives_with_any_values_integrate_to_what_is_below(activation: Activation) -> None:
    network = build(activation, Domain(1, 1, (64,)), width=12, depth=1, seed=0).double()
    torch.manual_seed(0)
    for p in network.parameters():
        nn.init.normal_(p)
    assert integration_error(network, 1) < 0.05


def test_total_variation_of_known_functions() -> None:
    domain = Domain(2, 2, (30, 20))
    plain, penalised = Grid(), Grid(tv=0.5)
    network = build(penalised, domain, width=24, depth=2, seed=0)
    assert plain.penalty(network) is None
    penalty = penalised.penalty(network)
    assert penalty is not None
    assert penalty.item() == 0  # constant
    assert isinstance(network, Interpolation)
    rows, columns = network.shape
    y = (2 * torch.arange(rows) + 1) / rows - 1
    x = (2 * torch.arange(columns) + 1) / columns - 1
    with torch.no_grad():  # slopes 3 and -1 in one channel, 0 and 2 in the other
        network.values.copy_(torch.stack((3 * y[:, None] - x, 2 * x.expand(rows, -1)), dim=-1).reshape(-1, 2))
    penalty = penalised.penalty(network)
    assert penalty is not None
    assert penalty.item() == pytest.approx(0.5 * (3 + 1 + 0 + 2), rel=1e-5)


def test_the_grid_starts_constant_and_its_order_follows_the_dimension() -> None:
    for d, cubic in ((1, True), (2, True), (3, False)):
        network = build(Grid(), Domain(d, 1, (16,) * d), width=16, depth=2, seed=0)
        assert isinstance(network, Interpolation)
        assert network.cubic is cubic
        x = coords(20, d, torch.float32)
        torch.testing.assert_close(network(x), torch.full((20, 1), 0.1))
    linear = build(Grid(order="linear"), Domain(2, 1, (16, 16)), width=16, depth=2, seed=0)
    assert isinstance(linear, Interpolation)
    assert not linear.cubic


# -- budgets -----------------------------------------------------------------------------------------------------------

SHAPES = [((128, 128), 1), ((96, 144), 3), ((512, 768), 3), ((32, 32, 32), 1), ((4000,), 1), ((30, 64, 64), 3)]


@pytest.mark.parametrize("width", [48, 96, 256])
@pytest.mark.parametrize(("shape", "channels"), SHAPES)
@pytest.mark.parametrize("activation", [Grid(), InstantNgp()], ids=lambda a: a.name)
def test_the_size_is_that_of_an_mlp(activation: Activation, shape: tuple[int, ...], channels: int, width: int) -> None:
    domain = Domain(len(shape), channels, shape)
    with torch.device("meta"):
        count = count_params(activation.network(domain, width=width, depth=3))
    assert count == pytest.approx(mlp_params(domain, width=width, depth=3), rel=0.03)


def test_the_axes_of_a_grid_share_it_in_the_ratio_of_the_samples() -> None:
    network = build(Grid(), Domain(2, 3, (100, 200)), width=96, depth=3, seed=0)
    assert isinstance(network, Interpolation)
    assert network.shape[1] / network.shape[0] == pytest.approx(2, rel=0.03)
