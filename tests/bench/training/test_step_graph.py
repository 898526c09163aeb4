"""Steps as a CUDA graph: when one is captured and replayed, and what happens where it cannot be. With a stand-in for
CUDA that records the step, as a graph does, and runs it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor

from inrbench.bench.training.step_graph import EAGER_STEPS, StepGraph

GPU = torch.device("cpu")  # the stand-in does not look at it


class FakeGraph:
    """A graph that runs its step again when it is replayed."""

    def __init__(self) -> None:
        self.replay: Callable[[], Any] = self._empty

    def _empty(self) -> None:
        raise AssertionError("replayed before it was captured")


class FakeStream:
    def wait_stream(self, other: object) -> None:
        pass


class Counter:
    """A step whose loss is the number of steps; while it is captured nothing is counted."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.done, self.eager, self.capturing = 0, 0, False
        self.loss = torch.zeros(())
        self._fails = fails

    def __call__(self) -> Tensor:
        if self.capturing:
            if self._fails:
                raise self._fails
            return self.loss
        self.eager += 1
        self._run()
        return self.loss.clone()

    def _run(self) -> None:
        self.done += 1
        self.loss.fill_(self.done)

    @contextmanager
    def capture(self, graph: FakeGraph, stream: object) -> Iterator[None]:
        self.capturing = True
        try:
            yield
            graph.replay = self._run
        finally:
            self.capturing = False


def graph_of(step: Counter, monkeypatch: pytest.MonkeyPatch) -> StepGraph:
    for name, value in {
        "CUDAGraph": FakeGraph,
        "Stream": lambda device: FakeStream(),
        "current_stream": lambda device: FakeStream(),
        "stream": lambda stream: nullcontext(),
        "graph": step.capture,
        "synchronize": lambda device: None,
    }.items():
        monkeypatch.setattr(torch.cuda, name, value)
    return StepGraph(step, GPU)


def test_the_first_steps_run_as_they_stand_and_the_others_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    step = Counter()
    graph = graph_of(step, monkeypatch)
    losses = []
    for index in range(10):
        assert graph.captured == (index > EAGER_STEPS)
        losses.append(graph())
    assert [float(loss) for loss in losses] == list(range(1, 11))  # none lost, and none overwritten by a later one
    assert (step.done, step.eager) == (10, EAGER_STEPS)


def test_a_step_that_cannot_be_captured_runs_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    step = Counter(RuntimeError("operation not permitted\nwhen stream is capturing"))
    graph = graph_of(step, monkeypatch)
    for _ in range(EAGER_STEPS):
        graph()
    with pytest.warns(RuntimeWarning, match="operation not permitted when stream is capturing"):
        graph()
    losses = [float(graph()) for _ in range(5)]  # and no second warning
    assert losses == [5, 6, 7, 8, 9]
    assert not graph.captured


def test_too_little_memory_for_the_capture_is_the_jobs_error(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = graph_of(Counter(torch.OutOfMemoryError("CUDA out of memory")), monkeypatch)
    for _ in range(EAGER_STEPS):
        graph()
    with pytest.raises(torch.OutOfMemoryError):
        graph()
