"""Classical upsampling: bicubic and nearest-neighbour interpolation."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from tasks.core.base import Problem
from tasks.core.operators import AreaAverage


def bicubic(problem: Problem) -> NDArray[np.float32]:
    """Cubic convolution with a = -1/2 [Keys, IEEE TASSP 1981], aligned on pixel centres: (H, W, C).

    This is the kernel that the super-resolution literature calls bicubic. At the border the weights that lie inside the
    picture are rescaled to sum to one.
    """
    from PIL import Image

    coarse = _operator(problem).coarse
    low: NDArray[np.float32] = problem.measured.cpu().numpy().reshape(*coarse, -1)
    size = problem.shape[1], problem.shape[0]
    planes = [Image.fromarray(np.ascontiguousarray(plane)) for plane in np.moveaxis(low, -1, 0)]
    return np.stack([np.asarray(plane.resize(size, Image.Resampling.BICUBIC)) for plane in planes], axis=-1)


def nearest(problem: Problem) -> NDArray[np.float32]:
    """Every pixel the mean of its block, which is the pseudo-inverse A⁺y = factor² Aᵀy: (H, W, C)."""
    operator = _operator(problem)
    with torch.no_grad():
        return problem.grid(operator.adjoint(problem.measured) * operator.factor**2)


def _operator(problem: Problem) -> AreaAverage:
    assert isinstance(problem.operator, AreaAverage)
    return problem.operator
