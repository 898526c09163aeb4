"""Bandwidth ladder: pictures of filtered noise, of one contrast and rising bandwidth, are fitted from all pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field

from tasks.core.base import Problem, Size, Task, grid_coords, picture
from tasks.core.operators import Identity
from tasks.signals.signal import Signal, SignalError

CONTRAST = 1 / 8
"""Standard deviation of the truth: four of them reach from the mean 1/2 to 0 and to 1."""


class Bandwidth(Task):
    """Fit white noise that was filtered to a bandwidth, the clearest picture of a network's spectral bias.

    The noise is filtered by an ideal disc in the frequency domain on a square of twice the side, of which the middle is
    cut out: the truth has no period that a network could share. It is then rescaled to the mean 1/2 and the standard
    deviation 1/8. Without that a wide band would have more contrast than a narrow one, and PSNR would compare
    contrasts. The mean alone scores 18.06 dB at every bandwidth, so that PSNR less 18.06 dB is the signal-to-noise
    ratio.

    Attributes:
        size: of the truth: its longer side, or [height, width]; None for 128.
        cycles: the bandwidth, in cycles over the longer side; at most half of its pixels.
    """

    name, label, version = "bandwidth", "Bandwidth", 1

    size: Size = None
    cycles: float = Field(8.0, ge=1)

    def signals(self) -> tuple[str, ...]:
        return ("white-noise",)

    def problem(self, signal: Signal, seed: int) -> Problem:
        size = 128 if self.size is None else self.size
        height, width = (size, size) if isinstance(size, int) else size
        longer = max(height, width)
        if 2 * self.cycles > longer:
            raise SignalError(
                f"signal {signal.name!r} on {height} x {width} pixels cannot hold {self.cycles:g} cycles; lower "
                f"cycles to at most {longer / 2:g} or raise size"
            )
        noise, _ = picture(signal, (2 * longer, 2 * longer))
        filtered = low_pass(noise.reshape(2 * longer, 2 * longer, -1).numpy(), 2 * self.cycles)
        top, left = longer - height // 2, longer - width // 2
        values = filtered[top : top + height, left : left + width]
        values = values - values.mean(axis=(0, 1))
        values = 0.5 + CONTRAST * values / values.std(axis=(0, 1))
        truth = torch.from_numpy(values.astype(np.float32)).reshape(height * width, -1)
        return Problem(grid_coords((height, width)), Identity(len(truth)), truth, truth, (height, width))


def low_pass(square: NDArray[Any], cycles: float) -> NDArray[np.float64]:
    """The frequencies of a (n, n, C) array up to ``cycles`` per side, in any direction."""
    k = np.fft.fftfreq(len(square)) * len(square)
    kept = np.hypot(k[:, None], k) <= cycles
    filtered: NDArray[np.float64] = np.fft.ifft2(
        np.fft.fft2(square.astype(np.float64), axes=(0, 1)) * kept[..., None], axes=(0, 1)
    ).real
    return filtered
