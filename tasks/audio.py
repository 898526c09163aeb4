"""Audio representation and interpolation: one channel over time, fitted from all of its samples or a regular subset.

The complete recording measures the capacity of a network; a subset measures how it interpolates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import torch
from pydantic import Field
from torch import Tensor

from inrbench.tasks.baselines.interpolation import cubic, linear
from inrbench.tasks.core.base import Baseline, Problem, Task, grid_coords, require
from inrbench.tasks.core.operators import Identity, Mask, Operator
from inrbench.tasks.signals.signal import Signal, SignalError


class Audio(Task):
    """Fitting of a recording, whose samples are the centres of equal cells of (-1, 1).

    Fitting a complete recording is the task of V. Sitzmann et al., NeurIPS 2020, sec. 4.1, who stretch time to
    [-100, 100]. Here the range is that of every other task, because the scale is a parameter of the method. The
    scores over all samples are the signal-to-noise ratio and the log-spectral distance (`tasks.core.metrics.lsd`).
    With ``factor``, ``snr_unseen`` is the signal-to-noise ratio over the samples that were not measured.

    Attributes:
        samples: number of samples, or None for all from ``start`` on.
        start: index of the first sample; None is 0.
        factor: keep every ``factor``-th sample as a measurement, or None for all. No filter is applied first, so
            frequencies above the new Nyquist limit are aliased and only the prior of a method can separate them.
    """

    name, label, version = "audio", "Audio", 1
    kinds = ("audio",)
    metrics = ("snr", "lsd")

    samples: int | None = Field(None, ge=64)
    start: int | None = Field(None, ge=0)
    factor: int | None = Field(None, ge=2, le=32)

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(samples=512), cls(samples=511, start=100, factor=4))

    def signals(self) -> tuple[str, ...]:
        return ("ecg",)

    def problem(self, signal: Signal, seed: int) -> Problem:
        require(signal, self.kinds, "choose ecg, bach or the path of a .wav")
        total, start = len(signal.array), self.start or 0
        n = total - start if self.samples is None else self.samples
        if n < 64 or start + n > total:
            raise SignalError(
                f"signal {signal.name!r} has {total} samples, which do not contain {max(n, 64)} samples from index "
                f"{start} on; lower samples or start"
            )
        truth = torch.from_numpy(signal.array[start : start + n].copy())
        if not truth.any():
            raise SignalError(
                f"signal {signal.name!r} is silent from sample {start} to {start + n}; change start or samples"
            )
        operator: Operator = Identity(n)
        if self.factor is not None:
            operator = Mask(n, torch.arange(0, n, self.factor))
        return Problem(grid_coords((n,)), operator, operator.forward(truth), truth, (n,))

    def baselines(self) -> Mapping[str, Baseline]:
        return {} if self.factor is None else {"cubic": cubic, "linear": linear}

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        scores = super().score(problem, values)
        return scores if self.factor is None else scores | problem.unseen_scores(values, ("snr_unseen",))
