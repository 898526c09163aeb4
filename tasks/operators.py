"""Linear operators, each with its adjoint: identity, mask, area average, parallel-beam Radon.

An operator acts on values in grid order, channel by channel: (N, C) -> (M, C). Each is tested by ⟨Ax, y⟩ = ⟨x, Aᵀy⟩ and
against an independent implementation.
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
