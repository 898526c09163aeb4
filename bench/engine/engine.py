"""How blocks of rows go through a network and back: one after another by autograd, or compiled on several lanes.

A lane is a thread with a contiguous share of the rows and with a sum of gradients of its own. Which lane has which rows
depends on nothing but their number, and the sums are added up in order, so the same job gives the same bits again.
"""

from __future__ import annotations

import functools
import itertools
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from activations.core.aot import cache_folder
from activations.core.kernel import compiled, compiling, give_up
from bench.engine.capture import Parts, parts
from bench.engine.compiled_chain import Passes

Found = TypeVar("Found")

TRIED = 64
"""Rows on which a compiled way is held against autograd before it is taken."""

NEAR_VALUES, NEAR_GRADIENTS = 1e-2, 1e-1
"""How far it may be from it, as a part of the norm. Where a slope jumps, rounding decides on which side a unit is."""


class Way(Protocol):
    """A way through a network.

    Attributes:
        lanes: how many there are; each may be used from a thread of its own.
    """

    lanes: int

    def begin(self) -> None:
        """Take the parameters as they are; gradients begin at zero."""

    def forward(self, coords: Tensor, *, keep: bool = True) -> tuple[Tensor, Any]:
        """(N, d) coordinates to (N, C) values without a gradient, and what `backward` wants if ``keep``."""

    def backward(self, lane: int, kept: Any, gradient: Tensor) -> None:
        """From the gradient (N, C) at the values to the gradients of the lane."""

    def end(self) -> None:
        """Add the gradients of all lanes to the parameters' ``grad``."""


class Autograd:
    """PyTorch's own. All threads work on one block."""

    lanes = 1

    def __init__(self, network: nn.Module) -> None:
        self._network = network

    def begin(self) -> None: ...

    def forward(self, coords: Tensor, *, keep: bool = True) -> tuple[Tensor, Tensor]:
        with torch.set_grad_enabled(keep):
            output: Tensor = self._network(coords)
        return output.detach(), output

    def backward(self, lane: int, kept: Tensor, gradient: Tensor) -> None:
        kept.backward(gradient.to(kept.dtype))  # type: ignore[no-untyped-call]

    def end(self) -> None: ...


class Compiled:
    """The compiled passes of a chain, each lane on one thread."""

    def __init__(self, of: Parts, lanes: int) -> None:
        self.lanes = lanes
        self._passes = Passes(of, lanes)
        self._sums: list[list[Tensor]] = []

    def begin(self) -> None:
        self._passes.refresh()
        self._sums = [[] for _ in range(self.lanes)]

    def forward(self, coords: Tensor, *, keep: bool = True) -> tuple[Tensor, Any]:
        values, kept = self._passes.forward(coords)
        return values, kept if keep else None

    def backward(self, lane: int, kept: list[Tensor], gradient: Tensor) -> None:
        found = self._passes.backward(kept, gradient)
        if self._sums[lane]:
            torch._foreach_add_(self._sums[lane], found)
        else:
            self._sums[lane] = found

    def end(self) -> None:
        total, *others = [sums for sums in self._sums if sums]
        for other in others:
            torch._foreach_add_(total, other)
        self._passes.give(total)


_compiled: WeakKeyDictionary[nn.Module, dict[int, Compiled | None]] = WeakKeyDictionary()


def way(network: nn.Module, coords: Tensor) -> Way:
    """The compiled way where compiled code is wanted (`activations.core.kernel.compiling`) and can be had; else
    autograd's.

    Only float32 on the CPU is compiled like this.

    Args:
        coords: some that the network is for: on a few of them the compiled way must lead where autograd does.
    """
    lanes = torch.get_num_threads()
    if compiled() and not torch.is_autocast_enabled("cpu"):
        known = _compiled.setdefault(network, {})
        if lanes not in known:
            known[lanes] = _compile(network, coords[:TRIED], lanes)
        if (found := known[lanes]) is not None:
            return found
    return Autograd(network)


def _compile(network: nn.Module, coords: Tensor, lanes: int) -> Compiled | None:
    if any(tensor.dtype != torch.float32 or tensor.device.type != "cpu" for tensor in (coords, *network.parameters())):
        return None
    of = parts(network)
    if of is None:
        return None
    try:
        found = Compiled(of, lanes)
    except Exception as error:
        if not any(layer.nonlinearity.derived for layer in of.layers):
            give_up(error)
        else:  # it may be due to the plugin: others are compiled all the same
            _say(f"a plugin's forward is not compiled: {type(error).__name__}: {error}")
        return None
    if not _agrees(network, found, coords):
        _say(f"compiled code does not agree with autograd; remove {cache_folder() / 'kernels'}")
        return None
    return found


def _say(cause: str) -> None:
    warnings.warn(
        f"a network trains by autograd and slower: {' '.join(cause.split())[:200]}", RuntimeWarning, stacklevel=2
    )


def _agrees(network: nn.Module, found: Compiled, coords: Tensor) -> bool:
    """Whether values and gradients are autograd's: code may be of a source that has changed elsewhere since."""
    parameters = list(network.parameters())
    before, results = [p.grad for p in parameters], []
    with compiling(False):
        ways: tuple[Way, Way] = (Autograd(network), found)
        for each in ways:
            for parameter in parameters:
                parameter.grad = None
            each.begin()
            values, kept = each.forward(coords)
            each.backward(0, kept, torch.linspace(-1, 1, values.numel()).reshape(values.shape))
            each.end()
            results.append([values, *(torch.zeros_like(p) if p.grad is None else p.grad for p in parameters)])
    for parameter, grad in zip(parameters, before, strict=True):
        parameter.grad = grad
    for group, near in ((slice(0, 1), NEAR_VALUES), (slice(1, None), NEAR_GRADIENTS)):
        expected, other = (torch.cat([tensor.flatten() for tensor in result[group]]) for result in results)
        if bool((other - expected).norm() > near * expected.norm()):  # not so where autograd's is no number
            return False
    return True


def shares(count: int, rows: int, lanes: int) -> list[list[slice]]:
    """The blocks of each lane, of nearly equal size and at most ``rows`` rows: for so many rows in all."""
    each = -(-count // (lanes * rows))  # blocks a lane, rounded up
    edges = [count * index // (lanes * each) for index in range(lanes * each + 1)]
    blocks = [slice(*pair) for pair in itertools.pairwise(edges)]
    return [[b for b in blocks[i * each : (i + 1) * each] if b.stop > b.start] for i in range(lanes)]


def on_lanes(lanes: int, function: Callable[[int], Found]) -> Sequence[Found]:
    """What a function returns on each lane, by its number, each on a thread and all at the same time."""
    with sharing(lanes):
        others = [_pool(lanes - 1).submit(function, lane) for lane in range(1, lanes)]
        try:
            first = function(0)
        finally:
            wait(others)
    return [first, *(other.result() for other in others)]


@contextmanager
def sharing(lanes: int) -> Iterator[None]:
    """Within it, an operation runs on the thread that calls it; with one lane it is divided among all, as ever.

    For the small operations between two uses of the lanes too: the threads that divide one go on to wait for the next
    in a busy loop, and would take the cores from the lanes.
    """
    before = torch.get_num_threads()
    if lanes > 1:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "lane", initializer=torch.set_num_threads, initargs=(1,))
