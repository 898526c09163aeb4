"""Data-parallel threads: each evaluates a contiguous share of the rows, in blocks.

The rows of a thread depend on nothing but their number, so that the same job gives the same bits again.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

import torch

Found = TypeVar("Found")


@functools.lru_cache(maxsize=64)  # the same at every step
def blocks_of_threads(count: int, rows: int, threads: int) -> list[list[slice]]:
    """The blocks of each thread, for ``count`` rows in all: of nearly equal size and at most ``rows`` rows."""
    per_thread = -(-count // (threads * rows))  # blocks a thread, rounded up
    edges = [count * index // (threads * per_thread) for index in range(threads * per_thread + 1)]
    blocks = [slice(*pair) for pair in itertools.pairwise(edges)]
    return [[b for b in blocks[i * per_thread : (i + 1) * per_thread] if b.stop > b.start] for i in range(threads)]


def run_on_threads(threads: int, function: Callable[[int], Found]) -> Sequence[Found]:
    """The results of a function of the thread's number, run on all threads at the same time.

    An exception of one thread is raised when all have ended.
    """
    if threads == 1:
        return [function(0)]
    with one_thread_each(threads):
        others = [_pool(threads - 1).submit(function, thread) for thread in range(1, threads)]
        try:
            first = function(0)
        finally:
            wait(others)
    return [first, *(other.result() for other in others)]


@contextmanager
def one_thread_each(threads: int) -> Iterator[None]:
    """Within it, an operation of PyTorch runs on the calling thread alone, if there are several ``threads``.

    Also for the small operations between two uses of the threads: the threads of PyTorch that divide an operation wait
    for the next in a busy loop, and would take the cores from ours.
    """
    if threads == 1:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "inrbench", initializer=torch.set_num_threads, initargs=(1,))
