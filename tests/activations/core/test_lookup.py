"""Lookups: a sparse matrix and its transpose, gradients in the weights, and the cache by coordinates."""

from __future__ import annotations

import gc
import itertools
import weakref

import pytest
import torch
from torch import Tensor, nn

from inrbench.activations.core.lookup import Lookup, LookupCache
from inrbench.activations.grid import Interpolation


def coords(n: int, d: int) -> Tensor:
    return torch.rand(n, d, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 - 1


def a_lookup() -> tuple[Lookup, Tensor, Tensor]:
    """With repeated rows, rows of no point (7 and 9), and as a dense matrix."""
    generator = torch.Generator().manual_seed(1)
    index = torch.randint(0, 7, (20, 4), generator=generator)
    index[3, 1] = 8
    weight = torch.randn(20, 4, generator=generator, dtype=torch.float64)
    matrix = torch.zeros(20, 10, dtype=torch.float64)
    for row, column in itertools.product(range(20), range(4)):
        matrix[row, index[row, column]] += weight[row, column]
    return Lookup(index, weight, 10), matrix, torch.randn(10, 3, generator=generator, dtype=torch.float64)


def test_a_lookup_is_a_sparse_matrix_and_its_gradient_the_transposed_one() -> None:
    lookup, matrix, table = a_lookup()
    table.requires_grad_()
    out = lookup(table)
    torch.testing.assert_close(out, matrix @ table)
    above = torch.randn(20, 3, dtype=torch.float64)
    (gradient,) = torch.autograd.grad(out, table, above)
    torch.testing.assert_close(gradient, matrix.T @ above)


def test_coordinates_that_need_gradients_get_them() -> None:
    grid = Interpolation((5, 6), 1, cubic=True).double()
    nn.init.normal_(grid.values)
    x = coords(7, 2).requires_grad_()
    assert torch.autograd.gradcheck(grid, x)
    assert torch.autograd.gradgradcheck(grid, x)


class Maker:
    """Makes lookups and counts them by the first coordinate."""

    def __init__(self) -> None:
        self.made: list[float] = []

    def __call__(self, points: Tensor) -> Lookup:
        self.made.append(points[0, 0].item())
        return a_lookup()[0]


def test_known_coordinates_are_looked_up_once_and_changed_ones_again() -> None:
    cache, make, x = LookupCache(), Maker(), coords(8, 2)
    first, second = cache.get(x[2:6], make), cache.get(x[6:], make)
    assert cache.get(x[2:6], make) is first  # another view of the same memory
    assert cache.get(x[6:], make) is second
    assert len(make.made) == 2
    x.add_(1)
    assert cache.get(x[2:6], make) is not first
    assert len(make.made) == 3


def test_blocks_cut_in_another_way_take_the_place_of_those_before() -> None:
    cache, make, x = LookupCache(), Maker(), coords(8, 2)
    old = [weakref.ref(cache.get(x[i : i + 2], make)) for i in range(0, 8, 2)]
    whole = cache.get(x[:7], make)
    gc.collect()
    assert [each() for each in old] == [None] * 4
    assert cache.get(x[:7], make) is whole


def test_lookups_of_freed_coordinates_go_and_their_memory_is_never_taken_for_theirs() -> None:
    cache, make = LookupCache(), Maker()
    fresh = [torch.full((4, 2), float(number), dtype=torch.float64)[1:] for number in range(3)]
    first = weakref.ref(cache.get(fresh[0], make))
    for number in range(3, 20):  # allocators give freed memory to the next of the same size
        fresh[0] = torch.full((4, 2), float(number), dtype=torch.float64)[1:]
        cache.get(fresh[0], make)
    assert make.made == [0.0, *range(3, 20)]
    gc.collect()
    assert first() is None


def test_a_full_cache_keeps_what_comes_round_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inrbench.activations.core.lookup.CACHE_BYTES", 2 * a_lookup()[0].bytes)
    cache, make, x = LookupCache(), Maker(), coords(4, 2)
    for _ in range(3):
        for i in range(4):
            cache.get(x[i : i + 1], make)
    assert make.made.count(x[0, 0].item()) == 1
    assert len(make.made) < 3 * 4


def test_a_lookup_that_is_too_large_is_made_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inrbench.activations.core.lookup.CACHE_BYTES", 100)
    cache, make, x = LookupCache(), Maker(), coords(4, 2)
    assert cache.get(x, make) is not cache.get(x, make)


def test_what_a_graph_has_met_stays_and_what_is_made_in_it_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    cache, make, x = LookupCache(), Maker(), coords(8, 2)
    met, other = weakref.ref(cache.get(x[:4], make)), weakref.ref(cache.get(x[4:], make))
    with monkeypatch.context() as patch:
        patch.setattr("inrbench.activations.core.lookup.capturing", lambda: True)
        cache.get(x[:4], make)
        in_graph = cache.get(x[1:3], make)
    assert cache.get(x[:4], make) is met()
    cache.get(x, make)
    gc.collect()
    assert met() is not None
    assert other() is None
    assert cache.get(x[1:3], make) is not in_graph
