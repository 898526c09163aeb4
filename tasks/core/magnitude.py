"""Magnitudes of Fourier transforms: what a detector of intensities sees in the far field."""

from __future__ import annotations

import torch
from torch import Tensor

from inrbench.tasks.core.operators import Operator


class FourierMagnitude(Operator):
    """Magnitudes of the DFT of a real picture behind each of some masks, in a frame of zeros: (H·W, 1) -> (M, 1).

    The DFT of a real picture is conjugate-symmetric, so half of it is all of it: M = L · P · (Q // 2 + 1) for L masks
    and a frame of P x Q. The transform is orthonormal. Not linear; a picture and its negative look the same.

    Args:
        shape: (H, W), the grid.
        masks: (L, H·W) real, what the picture is multiplied by.
        frame: (P, Q), at least the grid; twice as large on each side oversamples the spectrum by two.
    """

    linear = False

    def __init__(self, shape: tuple[int, int], masks: Tensor, frame: tuple[int, int]) -> None:
        self.shape, self.masks, self.frame = shape, masks, frame
        self.in_rows, self.out_rows = shape[0] * shape[1], len(masks) * frame[0] * (frame[1] // 2 + 1)

    def spectrum(self, x: Tensor) -> Tensor:
        """The transform itself: (H·W, 1) -> (L, P, Q // 2 + 1) complex."""
        planes = (self.masks.to(x.dtype) * x[:, 0]).reshape(-1, *self.shape)
        spectrum: Tensor = torch.fft.rfft2(planes, s=self.frame, norm="ortho")
        return spectrum

    def forward(self, x: Tensor) -> Tensor:
        return self.spectrum(x).abs().reshape(-1, 1)

    def to(self, device: torch.device | str) -> FourierMagnitude:
        return FourierMagnitude(self.shape, self.masks.to(device), self.frame)
