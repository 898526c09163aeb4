"""Audio: one channel over time is fitted, from all of its samples or from every few of them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from pydantic import Field
from torch import Tensor

from tasks.baselines.interpolation import cubic, linear
from tasks.core.base import Baseline, Problem, Task, grid_coords, require
from tasks.core.metrics import METRICS
from tasks.core.operators import Identity, Mask, Operator
from tasks.signals.signal import Signal, SignalError


class Audio(Task):
    """Fit a recording, its samples spread over (-1, 1) by their centres whatever their number.

    Fitting a whole recording is the task of V. Sitzmann et al., NeurIPS 2020, sec. 4.1, who stretch time to
    [-100, 100]; here the range is that of every other task and the scale of a method is a parameter of its own. The
    score is the signal-to-noise ratio and a log-spectral distance (`tasks.core.metrics.lsd`), over all samples. With
    ``factor``, ``snr_unseen`` is the ratio over the samples that were not measured.

    Attributes:
        samples: how many, or None for all from ``start`` on.
        start: the first one; None is 0.
        factor: measure only every so-manieth sample, or None for all. Nothing is filtered before, so that what the
            measured samples cannot tell apart is a matter of what a method takes for granted.
    """

    name, label, version = "audio", "Audio", 1
    metrics = ("snr", "lsd")

    samples: int | None = Field(None, ge=64)
    start: int | None = Field(None, ge=0)
    factor: int | None = Field(None, ge=2, le=32)

    def signals(self) -> tuple[str, ...]:
        return ("ecg",)

    def problem(self, signal: Signal, seed: int) -> Problem:
        require(signal, ("audio",), "choose ecg, bach or the path of a .wav")
        total, start = len(signal.array), self.start or 0
        n = total - start if self.samples is None else self.samples
        if n < 64 or start + n > total:
            raise SignalError(
                f"signal {signal.name!r} has {total} samples, from which {max(n, 64)} from {start} on cannot be taken; "
                "lower samples or start"
            )
        truth = torch.from_numpy(signal.array[start : start + n].copy())
        if not truth.any():
            raise SignalError(f"signal {signal.name!r} is silent from {start} to {start + n}; change start or samples")
        operator: Operator = Identity(n)
        if self.factor is not None:
            operator = Mask(n, torch.arange(0, n, self.factor))
        return Problem(grid_coords((n,)), operator, operator.forward(truth), truth, (n,))

    def baselines(self) -> Mapping[str, Baseline]:
        return {} if self.factor is None else {"cubic": cubic, "linear": linear}

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        scores = super().score(problem, values)
        if self.factor is not None:
            unseen = problem.unseen()
            estimate, truth = problem.grid(values)[unseen], problem.grid(problem.truth)[unseen]
            # where the samples left out are all zero there is no signal to compare an error with
            scores["snr_unseen"] = METRICS["snr_unseen"].function(estimate, truth) if truth.any() else float("nan")
        return scores
