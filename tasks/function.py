"""One-dimensional function fitting: kinks, jumps and single frequencies, scored on a fine grid.

These small problems isolate effects that pictures mix: spectral bias, ringing at jumps, interpolation between samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from inrbench.tasks.baselines.interpolation import cubic, linear
from inrbench.tasks.core.base import Baseline, Problem, Task, grid_coords, require
from inrbench.tasks.core.metrics import freq_error
from inrbench.tasks.core.operators import Identity, Mask, Operator
from inrbench.tasks.signals.signal import Signal, SignalError, pixel_centres

MAX_LINES = 8
"""Largest number of frequencies in the truth for which the error of each one is scored."""


class Function(Task):
    """Fitting of a function on (-1, 1) from samples, scored on a fine grid.

    The grid points are the centres of ``points`` equal cells, so that one period of a periodic function contains each
    point once; a grid with both end points would contain one twice and leak energy between frequencies. If the truth
    is a sum of a few sines, the relative error of its DFT at each of their frequencies k is scored as ``freq_error/k``.

    Attributes:
        points: number of grid points; None is the signal's own: 201 for sum-of-sines, 1024 for the others.
        samples: number of grid points that are measured, evenly spaced from the first to the last; None is all.
    """

    name, label, version = "function", "1-D functions", 1
    kinds = ("function",)
    metrics = ("snr", "mse")

    points: int | None = Field(None, ge=16, le=2**20)
    samples: int | None = Field(None, ge=4)

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(), cls(samples=100))

    def signals(self) -> tuple[str, ...]:
        return ("doppler",)

    def problem(self, signal: Signal, seed: int) -> Problem:
        require(signal, self.kinds, "choose a function such as doppler")
        assert signal.sample is not None
        n = len(signal.array) if self.points is None else self.points
        truth = torch.from_numpy(signal.sample((pixel_centres(n),)).astype(np.float32)[:, None])
        operator: Operator = Identity(n)
        if self.samples is not None:
            if self.samples > n:
                raise SignalError(
                    f"signal {signal.name!r} on a grid of {n} points has fewer than {self.samples} samples; "
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
    """Frequencies present in (N, C) values, in periods over the grid; empty if there are more than `MAX_LINES`.

    A frequency is present if its DFT exceeds 1e-4 of the largest one: below that are rounding errors of float32.
    """
    spectrum = np.linalg.norm(np.fft.rfft(truth.astype(np.float64), axis=0), axis=1)
    present = np.flatnonzero(spectrum > 1e-4 * spectrum.max())
    return tuple(int(k) for k in present) if len(present) <= MAX_LINES else ()
