"""Total variation of values on a grid, as a penalty."""

from __future__ import annotations

import torch
from torch import Tensor


def total_variation(values: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The anisotropic total variation per volume: the sum over axes of the mean of |∂f/∂x|, by differences of
    neighbours, and over channels.

    Args:
        values: (N, C) at the n₁ · n₂ · … = N pixel centres of [-1, 1]^d, which are 2/n apart along an axis.
        shape: (n₁, n₂, …).
    """
    grid = values.reshape(*shape, -1)
    slopes = [grid.diff(dim=axis).abs().mean() * (n / 2) for axis, n in enumerate(shape) if n > 1]
    return torch.stack(slopes).sum() * grid.shape[-1]
