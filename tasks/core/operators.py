"""Linear operators, each with its adjoint: identity, mask, area average; `tasks.core.radon` holds the parallel-beam
Radon.

An operator acts on values in grid order, channel by channel: (N, C) -> (M, C). Each is tested by ⟨Ax, y⟩ = ⟨x, Aᵀy⟩ and
against an independent implementation. `forward` and `adjoint` can be differentiated.
"""

from __future__ import annotations

import torch
from torch import Tensor


class Operator:
    """Base of every linear operator.

    Attributes:
        in_rows: N, the number of grid points.
        out_rows: M, the number of measurements of one channel.
        rows: for an operator that only picks grid points, the (M,) indices it picks, so that training evaluates the
            network nowhere else; ``slice(None)`` for the identity; None for an operator that mixes grid points.
    """

    in_rows: int
    out_rows: int
    rows: Tensor | slice | None = None

    def forward(self, x: Tensor) -> Tensor:
        """A x: (N, C) -> (M, C)."""
        raise NotImplementedError

    def adjoint(self, y: Tensor) -> Tensor:
        """Aᵀ y: (M, C) -> (N, C)."""
        raise NotImplementedError

    def to(self, device: torch.device | str) -> Operator:
        """The same operator with its tensors on ``device``."""
        return self


class Identity(Operator):
    """Every grid point is measured."""

    rows = slice(None)

    def __init__(self, n: int) -> None:
        self.in_rows = self.out_rows = n

    def forward(self, x: Tensor) -> Tensor:
        return x

    def adjoint(self, y: Tensor) -> Tensor:
        return y


class Mask(Operator):
    """Some grid points are measured.

    Args:
        n: N, the number of grid points.
        rows: (M,) integer indices of the points measured, each in [0, N).

    Raises:
        ValueError: if ``rows`` is not a vector of indices of the grid.
    """

    rows: Tensor

    def __init__(self, n: int, rows: Tensor) -> None:
        if rows.ndim != 1 or rows.dtype != torch.int64 or not rows.numel():
            raise ValueError(f"rows must be a non-empty vector of int64 indices, not {tuple(rows.shape)} {rows.dtype}")
        low, high = int(rows.min()), int(rows.max())
        if low < 0 or high >= n:
            raise ValueError(f"rows must lie in [0, {n}), not in [{low}, {high}]")
        self.in_rows = n
        self.out_rows = len(rows)
        self.rows = rows

    def forward(self, x: Tensor) -> Tensor:
        return x[self.rows]

    def adjoint(self, y: Tensor) -> Tensor:
        # index_add and not assignment: a point that was measured twice counts twice
        return y.new_zeros(self.in_rows, y.shape[1]).index_add(0, self.rows, y)

    def to(self, device: torch.device | str) -> Mask:
        moved = object.__new__(Mask)  # the rows were checked already, which on a device would wait for it
        moved.in_rows, moved.out_rows, moved.rows = self.in_rows, self.out_rows, self.rows.to(device)
        return moved


class AreaAverage(Operator):
    """The mean over blocks of ``factor`` x ``factor`` pixels: what a sensor with larger pixels sees.

    Args:
        shape: (H, W), the fine grid, both divisible by ``factor``.
        factor: the side of a block.

    Attributes:
        coarse: (H / factor, W / factor), the grid of the measurements.

    Raises:
        ValueError: if a side is not divisible.
    """

    def __init__(self, shape: tuple[int, int], factor: int) -> None:
        if factor < 1 or any(side % factor for side in shape):
            raise ValueError(f"a grid of {shape[0]} x {shape[1]} cannot be cut into blocks of {factor} x {factor}")
        self.shape = shape
        self.factor = factor
        self.coarse = (shape[0] // factor, shape[1] // factor)
        self.in_rows = shape[0] * shape[1]
        self.out_rows = self.coarse[0] * self.coarse[1]

    def forward(self, x: Tensor) -> Tensor:
        (height, width), f = self.coarse, self.factor
        return x.reshape(height, f, width, f, -1).mean(dim=(1, 3)).reshape(self.out_rows, -1)

    def adjoint(self, y: Tensor) -> Tensor:
        (height, width), f = self.coarse, self.factor
        blocks = (y / f**2).reshape(height, 1, width, 1, -1)
        return blocks.expand(height, f, width, f, -1).reshape(self.in_rows, -1)
