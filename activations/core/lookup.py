"""Interpolation in a table of trained values: linear combinations of its rows that depend on the coordinates alone.

Coordinates are fixed in training, so which rows and weights a point has is computed once and kept, together with the
same sorted by rows: both passes are then sums of contiguous rows. Added up in the order of the points instead, the
backward pass took twenty times as long.
"""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import Function, once_differentiable
from torch.nn import functional as F
from torch.utils.weak import TensorWeakRef

CACHE_BYTES = 512 << 20
"""Memory for the lookups of one network's coordinates; those beyond it are computed again in each pass."""


class Lookup:
    """(rows, F) tables -> (M, F): the sum over k of weight[:, k] table[index[:, k]].

    Args:
        index: (M, K) rows of the table, int64.
        weight: (M, K).
        rows: of the table.
    """

    def __init__(self, index: Tensor, weight: Tensor, rows: int) -> None:
        kind = torch.int32 if max(rows, index.numel()) < 2**31 else torch.int64
        self.index, self.weight, self._rows = index.to(kind), weight, rows

    @functools.cached_property
    def by_rows(self) -> tuple[Tensor, Tensor, Tensor]:
        """The transposed map: for each row of the table in turn the points that use it and their weights, and where
        each row's begin."""
        flat = self.index.flatten().long()
        order = flat.argsort(stable=True)
        ends = torch.bincount(flat, minlength=self._rows).cumsum(0)
        begins = torch.cat((ends.new_zeros(1), ends[:-1]))
        points = order.div(self.index.shape[1], rounding_mode="floor")
        return points.to(self.index.dtype), self.weight.flatten()[order], begins.to(self.index.dtype)

    def __call__(self, table: Tensor) -> Tensor:
        """Differentiable in the table once, and in the weights as well, any number of times, if these need it."""
        if self.weight.requires_grad:
            return (table[self.index] * self.weight.to(table.dtype).unsqueeze(-1)).sum(-2)
        out: Tensor = _Sum.apply(table, self)  # type: ignore[no-untyped-call]
        return out

    @property
    def bytes(self) -> int:
        """Memory, with that of the transposed map."""
        entries = self.index.numel() * (self.index.element_size() + self.weight.element_size())
        return 2 * entries + self._rows * self.index.element_size()


class _Sum(Function):
    @staticmethod
    def forward(ctx: Any, table: Tensor, lookup: Lookup) -> Tensor:
        ctx.lookup = lookup
        weight = lookup.weight.to(table.dtype)
        return F.embedding_bag(lookup.index, table, per_sample_weights=weight, mode="sum")

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        points, weight, begins = ctx.lookup.by_rows
        grad = grad.contiguous()
        return F.embedding_bag(points, grad, begins, per_sample_weights=weight.to(grad.dtype), mode="sum"), None


class LookupCache:
    """Lookups of coordinates that were met before.

    Blocks are views of one tensor of all coordinates, made again in each step; a lookup is known by the memory of its
    block. It counts while the tensor that the memory belongs to is there and has not been changed in place. When
    blocks are cut in another way, those that overlap go. When the cache is full the newest goes: blocks come round in
    the same order in each step, and to drop the oldest would drop each just before its turn. What a CUDA graph has met
    stays: the graph reads its memory in each replay. Copies of a network begin with an empty one.
    """

    def __init__(self) -> None:
        self._entries: dict[tuple[Any, ...], _Known] = {}
        self._in_graphs: list[Lookup] = []
        self._lock = threading.Lock()

    def get(self, coords: Tensor, make: Callable[[Tensor], Lookup]) -> Lookup:
        """The lookup of coordinates (N, d), made if it is not known."""
        if coords.requires_grad or coords.is_inference():
            return make(coords)
        key = (coords.data_ptr(), coords.shape, coords.stride(), coords.dtype, coords.device)
        cached = self._entries.get(key)
        if cached is not None and cached.counts():
            if capturing():
                self._in_graphs.append(cached.lookup)
            return cached.lookup
        made = _Known(make(coords), coords)
        if capturing():  # then it has no values yet
            return made.lookup
        with self._lock:
            entries = {k: entry for k, entry in self._entries.items() if entry.counts() and not entry.overlaps(made)}
            used = sum(entry.lookup.bytes for entry in entries.values())
            while entries and used + made.lookup.bytes > CACHE_BYTES:
                used -= entries.popitem()[1].lookup.bytes
            if made.lookup.bytes <= CACHE_BYTES:
                entries[key] = made
            self._entries = entries
        return made.lookup

    def __deepcopy__(self, memo: dict[int, Any]) -> LookupCache:
        return LookupCache()

    def __reduce__(self) -> tuple[type[LookupCache], tuple[()]]:
        return LookupCache, ()


def capturing() -> bool:
    """Whether a CUDA graph is being captured by this thread."""
    return torch.cuda.is_available() and torch.cuda.is_current_stream_capturing()


class _Known:
    """A lookup and the coordinates that it is of."""

    def __init__(self, lookup: Lookup, coords: Tensor) -> None:
        self.lookup = lookup
        # Weak, so that coordinates which nobody uses any more are freed; then their memory may be given to others.
        self._owner = TensorWeakRef(coords if coords._base is None else coords._base)
        self._version = coords._version
        extent = sum((n - 1) * step for n, step in zip(coords.shape, coords.stride(), strict=True)) + 1
        self._begin = coords.data_ptr()
        self._end = self._begin + extent * coords.element_size()

    def counts(self) -> bool:
        """Whether the memory still holds the same coordinates."""
        owner = self._owner()
        return owner is not None and owner._version == self._version

    def overlaps(self, other: _Known) -> bool:
        return self._begin < other._end and other._begin < self._end


class EmbeddingTable(nn.Module):
    """Trained values (rows, F) in which coordinates are looked up.

    A subclass defines `lookup`.
    """

    def __init__(self, values: Tensor) -> None:
        super().__init__()
        self.values = nn.Parameter(values)
        self._cache = LookupCache()

    def forward(self, x: Tensor) -> Tensor:
        """The looked-up values: (N, d) coordinates to (M, F), where M is that of the lookup."""
        return self._cache.get(x, self.lookup)(self.values)

    def lookup(self, x: Tensor) -> Lookup:
        """Rows and weights of coordinates (N, d)."""
        raise NotImplementedError


def corners(index: list[Tensor], weight: list[Tensor]) -> tuple[list[list[Tensor]], Tensor]:
    """The tensor product of interpolations along each of d axes.

    Args:
        index, weight: for each axis the (N, k) nodes that a point has on it, and their weights.

    Returns:
        The coordinates (N,) on each axis of each of the k^d nodes, and their weights (N, k^d).
    """
    picks = list(itertools.product(*(range(axis.shape[1]) for axis in index)))
    nodes = [[axis[:, k] for axis, k in zip(index, pick, strict=True)] for pick in picks]
    products = [
        functools.reduce(torch.mul, (axis[:, k] for axis, k in zip(weight, pick, strict=True))) for pick in picks
    ]
    return nodes, torch.stack(products, dim=1)
