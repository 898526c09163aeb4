"""A training step on a GPU as a CUDA graph: captured once, then replayed by one call.

A step launches some hundred kernels, and for a small network the launches take longer than the kernels. A graph
launches all of them at once. It computes the same numbers: the kernels and their order are those of the captured step.

Source: https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs. Tested with a stand-in only: this module has
never run on a GPU.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import Tensor, cuda

EAGER_STEPS = 3
"""Steps before the capture: they create the state of the optimiser and compile kernels, which a graph cannot hold."""


class StepGraph:
    """A step that is captured after `EAGER_STEPS` calls and replayed from then on. If it cannot be captured, each call
    runs it as it stands, and one warning has the cause.

    Args:
        step: trains by one step and returns the loss, a scalar. It must read and write the same tensors each time and
            must not wait for the device.
        device: the GPU.

    Attributes:
        captured: whether calls replay a graph now.
    """

    def __init__(self, step: Callable[[], Tensor], device: torch.device) -> None:
        self.captured = False
        self._step, self._device = step, device
        self._eager_left: int | None = EAGER_STEPS
        self._stream = cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._graph = cuda.CUDAGraph()
        self._loss: Tensor | None = None

    def __call__(self) -> Tensor:
        if self._eager_left == 0:
            self._capture()
        if self._loss is not None:
            self._graph.replay()
            return self._loss.clone()  # the next replay overwrites it
        if self._eager_left is not None:
            self._eager_left -= 1
        return self._on_stream()

    def _on_stream(self) -> Tensor:
        """The step on a stream of its own, as PyTorch asks for before a capture."""
        current = cuda.current_stream(self._device)
        self._stream.wait_stream(current)
        with cuda.stream(self._stream):
            loss = self._step()
        current.wait_stream(self._stream)
        return loss

    def _capture(self) -> None:
        """Record the step without running it."""
        self._eager_left = None
        cuda.synchronize(self._device)
        try:
            with cuda.graph(self._graph, stream=self._stream):
                self._loss = self._step()
            self.captured = True
        except torch.OutOfMemoryError:
            raise
        except Exception as error:  # whatever a plugin or an operator does that a graph cannot hold
            self._loss = None
            cuda.synchronize(self._device)
            cause = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            warnings.warn(
                f"steps are launched one by one and slower, without a CUDA graph: {cause}", RuntimeWarning, stacklevel=3
            )
