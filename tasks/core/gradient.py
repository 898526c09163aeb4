"""The gradient of a picture by forward differences, all of them or some."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from inrbench.tasks.core.operators import Operator

SCALE = 1 / math.sqrt(8)
"""‖D‖² of the forward differences of a picture is below 8; divided by √8 the norm is below 1."""


class Gradient(Operator):
    """Forward differences divided by √8: (H·W, C) -> (M, C), the (H-1)·W downward ones before the H·(W-1) rightward.

    No difference crosses the border (Neumann's condition). A constant picture has no gradient: the mean of a picture
    cannot be found again from it.

    Args:
        shape: (H, W), the grid.
        index: (M,) int64 distinct indices of the differences that are measured; None for all.
    """

    def __init__(self, shape: tuple[int, int], index: Tensor | None = None) -> None:
        self.shape = shape
        self.in_rows = shape[0] * shape[1]
        self.all_rows = count_differences(shape)
        self.out_rows = self.all_rows if index is None else len(index)
        self.index = index

    def forward(self, x: Tensor) -> Tensor:
        grid = x.reshape(*self.shape, -1)
        # In this order autograd adds up the four parts as `adjoint` does, to the same bits.
        left, right, above, below = grid[:, :-1], grid[:, 1:], grid[:-1], grid[1:]
        differences = torch.cat([(below - above).flatten(0, 1), (right - left).flatten(0, 1)]) * SCALE
        return differences if self.index is None else differences[self.index]

    def adjoint(self, y: Tensor) -> Tensor:
        (height, width), channels = self.shape, y.shape[1]
        if self.index is not None:
            y = y.new_zeros(self.all_rows, channels).index_copy(0, self.index, y)
        y = y * SCALE
        split = (height - 1) * width
        down = y[:split].reshape(height - 1, width, channels)
        right = y[split:].reshape(height, width - 1, channels)
        pad = torch.nn.functional.pad  # its widths start at the last axis
        grid = pad(down, (0, 0, 0, 0, 1, 0)) - pad(down, (0, 0, 0, 0, 0, 1))
        grid = grid + pad(right, (0, 0, 1, 0)) - pad(right, (0, 0, 0, 1))
        return grid.reshape(self.in_rows, channels)


def count_differences(shape: tuple[int, int]) -> int:
    """The number of forward differences of a grid (H, W)."""
    return (shape[0] - 1) * shape[1] + shape[0] * (shape[1] - 1)
