"""Functions of one variable: what a network makes of kinks, jumps and frequencies, between samples and at them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from tasks.baselines.interpolation import cubic, linear
from tasks.core.base import Baseline, Problem, Task, grid_coords, require
from tasks.core.metrics import freq_error
from tasks.core.operators import Identity, Mask, Operator
from tasks.signals.signal import Signal, SignalError

MAX_LINES = 8
"""A truth of at most so many frequencies has the error of each one scored."""


class Function(Task):
    """Fit a function on (-1, 1) from samples of it, and score it on a fine grid.

    The grid has the centres of ``points`` equal cells, so that the period of a periodic function holds each of its
    points once: with both end points on it, which are one, energy leaks between frequencies. Where the truth is a sum
    of a few sines, the relative error of its DFT at each of their frequencies k is scored as ``freq_error/k``.

    Attributes:
        points: of the grid; None is what the signal has: 201 for sum-of-sines, 1024 for the others.
        samples: how many grid points are measured, spread evenly from the first to the last; None is all.
    """

    name, label, version = "function", "Function", 1
    metrics = ("snr", "mse")

    points: int | None = Field(None, ge=16, le=2**20)
    samples: int | None = Field(None, ge=4)

    def signals(self) -> tuple[str, ...]:
        return ("doppler",)

    def problem(self, signal: Signal, seed: int) -> Problem:
        require(signal, ("function",), "choose a function such as doppler")
        assert signal.sample is not None
        n = len(signal.array) if self.points is None else self.points
        axis = (2 * np.arange(n) + 1) / n - 1
        truth = torch.from_numpy(signal.sample((axis,)).astype(np.float32)[:, None])
        operator: Operator = Identity(n)
        if self.samples is not None:
            if self.samples > n:
                raise SignalError(
                    f"signal {signal.name!r} on a grid of {n} points has no {self.samples} samples; "
                    "lower samples or raise points"
                )
            operator = Mask(n, torch.linspace(0, n - 1, self.samples, dtype=torch.float64).round().long())
        return Problem(grid_coords((n,)), operator, operator.forward(truth), truth, (n,))

    def baselines(self) -> Mapping[str, Baseline]:
        return {} if self.samples is None else {"cubic": cubic, "linear": linear}

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        estimate, truth = problem.grid(values), problem.grid(problem.truth)
        errors = {f"freq_error/{k}": freq_error(estimate, truth, k) for k in lines(truth)}
        return super().score(problem, values) | errors


def lines(truth: NDArray[np.float32]) -> tuple[int, ...]:
    """The frequencies of (N, C) values, if there are at most `MAX_LINES` of them: all others hold rounding errors."""
    spectrum = np.linalg.norm(np.fft.rfft(truth.astype(np.float64), axis=0), axis=1)
    present = np.flatnonzero(spectrum > 1e-4 * spectrum.max())
    return tuple(int(k) for k in present) if len(present) <= MAX_LINES else ()
