"""Lookups: a sparse matrix and its transpose, gradients in the weights, and the cache by coordinates."""

from __future__ import annotations

import functools
import itertools

import pytest
import torch
from torch import Tensor, nn

from activations.core.lookup import Lookup, LookupCache
from activations.grid import Interpolation


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


def test_known_coordinates_are_looked_up_once_and_changed_ones_again() -> None:
    cache, made, x = LookupCache(), [], coords(8, 2)

    def make(points: Tensor) -> Lookup:
        made.append(points)
        return a_lookup()[0]

    first = cache.get(x[2:6], make)
    assert cache.get(x[2:6], make) is first  # another view of the same memory
    assert len(made) == 1
    cache.get(x[:4], make)
    assert len(made) == 2
    x.add_(1)
    assert cache.get(x[2:6], make) is not first
    assert len(made) == 3


def test_a_full_cache_keeps_what_comes_round_first(monkeypatch: pytest.MonkeyPatch) -> None:
    lookup = a_lookup()[0]
    monkeypatch.setattr("activations.core.lookup.CACHE_BYTES", 2 * lookup.bytes)
    cache, x = LookupCache(), coords(4, 2)
    blocks = [x[i : i + 1] for i in range(4)]
    made: list[int] = []

    def make(number: int, _points: Tensor) -> Lookup:
        made.append(number)
        return a_lookup()[0]

    for _ in range(3):
        for number, block in enumerate(blocks):
            cache.get(block, functools.partial(make, number))
    assert made.count(0) == 1
    assert len(made) < 3 * 4
