"""Bandwidth ladder: filtered noise of one contrast and rising bandwidth, sampled, and recovered between the samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from inrbench.tasks.baselines.interpolation import bicubic_spline, linear, nearest
from inrbench.tasks.core.base import Baseline, Problem, Size, Task, grid_coords, picture
from inrbench.tasks.core.operators import Mask
from inrbench.tasks.signals.signal import PICTURES, Signal, SignalError

CONTRAST = 1 / 8
"""Standard deviation of the truth: four of them reach from the mean 1/2 to 0 and to 1."""


class Bandwidth(Task):
    """Fit samples of white noise that was filtered to a bandwidth, which shows a network's spectral bias.

    Every second pixel of every second row is measured, which determines a truth of this bandwidth, and the headline is
    taken over the others. At the samples alone a network with more parameters than samples and a high frequency scale
    scores the same at every bandwidth: a SIREN of 19,009 parameters and omega0 57.4 reached 88 to 106 dB at 9,216
    samples, of independent noise too, and 5 to 7 dB half a pixel beside them, below the 18 dB of a constant.

    The noise is filtered by an ideal disc in the frequency domain on a square of twice the side, of which the middle is
    cut out: the truth has no period that a network could share. It is then rescaled to the mean 1/2 and the standard
    deviation 1/8. Without that a wide band would have more contrast than a narrow one, and PSNR would compare
    contrasts. The mean alone scores 18.06 dB at every bandwidth over all pixels, so that PSNR less 18.06 dB is the
    signal-to-noise ratio.

    Attributes:
        size: of the truth: its longer side, or [height, width]; None for 256.
        cycles: the bandwidth, in cycles over the longer side; at most a quarter of its pixels, half of the samples.
    """

    name, label, version = "bandwidth", "Band-limited noise", 1
    kinds = PICTURES
    metrics = ("psnr_unseen", "psnr", "ssim")

    size: Size = None
    cycles: float = Field(8.0, ge=1)

    @classmethod
    def small(cls) -> tuple[Self, ...]:
        return (cls(size=48),)

    def signals(self) -> tuple[str, ...]:
        return ("white-noise",)

    def problem(self, signal: Signal, seed: int) -> Problem:
        size = 256 if self.size is None else self.size
        height, width = (size, size) if isinstance(size, int) else size
        longer = max(height, width)
        if 4 * self.cycles > longer:
            raise SignalError(
                f"signal {signal.name!r} sampled at every second of {height} x {width} pixels cannot hold "
                f"{self.cycles:g} cycles; lower cycles to at most {longer / 4:g} or raise size"
            )
        noise, _ = picture(signal, (2 * longer, 2 * longer))
        filtered = low_pass(noise.reshape(2 * longer, 2 * longer, -1).numpy(), 2 * self.cycles)
        top, left = longer - height // 2, longer - width // 2
        values = filtered[top : top + height, left : left + width]
        values = values - values.mean(axis=(0, 1))
        values = 0.5 + CONTRAST * values / values.std(axis=(0, 1))
        truth = torch.from_numpy(values.astype(np.float32)).reshape(height * width, -1)
        shape = (height, width)
        operator = Mask(len(truth), torch.arange(len(truth)).reshape(shape)[::2, ::2].reshape(-1))
        return Problem(grid_coords(shape), operator, operator.forward(truth), truth, shape)

    def baselines(self) -> Mapping[str, Baseline]:
        return {"cubic": bicubic_spline, "linear": linear, "nearest": nearest}

    def score(self, problem: Problem, values: Tensor) -> dict[str, float]:
        return super().score(problem, values) | problem.unseen_scores(values, ("psnr_unseen",))


def low_pass(square: NDArray[Any], cycles: float) -> NDArray[np.float64]:
    """The frequencies of a (n, n, C) array up to ``cycles`` per side, in any direction."""
    k = np.fft.fftfreq(len(square)) * len(square)
    kept = np.hypot(k[:, None], k) <= cycles
    filtered: NDArray[np.float64] = np.fft.ifft2(
        np.fft.fft2(square.astype(np.float64), axes=(0, 1)) * kept[..., None], axes=(0, 1)
    ).real
    return filtered
