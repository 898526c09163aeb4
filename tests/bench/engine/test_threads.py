"""Threads: every row once, all at the same time, and no error is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inrbench.bench.engine.threads import blocks_of_threads, run_on_threads


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@given(st.integers(1, 5000), st.integers(1, 1500), st.integers(1, 9))
def test_every_row_is_in_one_block(count: int, rows: int, threads: int) -> None:
    blocks = blocks_of_threads(count, rows, threads)
    assert len(blocks) == threads
    flat = [row for thread in blocks for block in thread for row in range(block.start, block.stop)]
    assert flat == list(range(count))
    sizes = [block.stop - block.start for thread in blocks for block in thread]
    assert max(sizes) <= rows
    assert min(sizes) >= 1
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.usefixtures("two_threads")
def test_threads_run_at_the_same_time_with_one_processor_each() -> None:
    meeting = threading.Barrier(3, timeout=20)

    def meet(thread: int) -> tuple[int, int]:
        meeting.wait()
        return thread, torch.get_num_threads()

    assert run_on_threads(3, meet) == [(0, 1), (1, 1), (2, 1)]
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("failing", [0, 1])
def test_an_error_of_one_thread_is_raised_when_all_have_ended(failing: int) -> None:
    ended = []

    def work(thread: int) -> None:
        if thread == failing:
            raise MemoryError(f"thread {thread}")
        ended.append(thread)

    with pytest.raises(MemoryError, match=f"thread {failing}"):
        run_on_threads(2, work)
    assert ended == [1 - failing]
