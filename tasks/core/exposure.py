"""Coded exposure: a camera that reads out once for several frames, with a shutter of its own for each pixel."""

from __future__ import annotations

import torch
from torch import Tensor

from inrbench.tasks.core.operators import Operator


class CodedExposure(Operator):
    """Mean over the frames in which a pixel's shutter is open: (T·H·W, C) -> (T/n · H·W, C).

    Args:
        code: (T, H, W) bool, whether the shutter is open; in every group of frames each pixel is open at least once.
        group: n, number of frames for one readout; it divides T.

    Attributes:
        square_norm: ‖A‖², exactly: one over the least number of frames in which a pixel is open.

    Raises:
        ValueError: if the frames do not fill the groups, or a pixel is never open in one of them.
    """

    def __init__(self, code: Tensor, group: int) -> None:
        frames, *self.shape = code.shape
        if frames % group:
            raise ValueError(f"{frames} frames do not fill groups of {group}; give a multiple of it")
        grouped = code.reshape(frames // group, group, -1)
        counts = grouped.sum(dim=1, keepdim=True)
        if not bool(counts.all()):
            raise ValueError("a pixel is never open in one of the groups; open it in one frame at least")
        self.group = group
        self.square_norm = 1 / float(counts.min())
        self.in_rows, self.out_rows = code.numel(), code.numel() // group
        self._weights = (grouped.double() / counts).float()[..., None]

    def forward(self, x: Tensor) -> Tensor:
        return (x.reshape(*self._weights.shape[:-1], -1) * self._weights).sum(dim=1).reshape(self.out_rows, -1)

    def adjoint(self, y: Tensor) -> Tensor:
        readouts, _, pixels, _ = self._weights.shape
        return (y.reshape(readouts, 1, pixels, -1) * self._weights).reshape(self.in_rows, -1)


def random_bumps(shape: tuple[int, int, int], group: int, opened: int, seed: int) -> Tensor:
    """Code (T, H, W) in which a pixel is open in ``opened`` successive frames of every group, from a random one on.

    A single bump, the only code that the shutters of ordinary pixels can do [Y. Hitomi et al., ICCV 2011].
    """
    frames, height, width = shape
    generator = torch.Generator().manual_seed(seed)
    start = torch.randint(0, group - opened + 1, (frames // group, 1, height, width), generator=generator)
    at = torch.arange(group)[None, :, None, None]
    return ((at >= start) & (at < start + opened)).reshape(shape)
