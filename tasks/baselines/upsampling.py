"""Classical upsampling of block means: bicubic and nearest-neighbour interpolation.

Bicubic interpolation is the reference of the super-resolution literature.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from inrbench.tasks.core.base import Problem
from inrbench.tasks.core.operators import AreaAverage


def bicubic(problem: Problem) -> NDArray[np.float32]:
    """Cubic convolution with a = -1/2 [Keys, IEEE TASSP 1981], aligned on pixel centres: (H, W, C).

    The super-resolution literature calls this kernel bicubic. At the border, the weights inside the picture are
    normalised to sum to 1.
    """
    from PIL import Image

    coarse = _operator(problem).coarse
    low: NDArray[np.float32] = problem.measured.cpu().numpy().reshape(*coarse, -1)
    size = problem.shape[1], problem.shape[0]
    planes = [Image.fromarray(np.ascontiguousarray(plane)) for plane in np.moveaxis(low, -1, 0)]
    return np.stack([np.asarray(plane.resize(size, Image.Resampling.BICUBIC)) for plane in planes], axis=-1)


def bicubic_of_first(problem: Problem, factor: int) -> NDArray[np.float32]:
    """`bicubic` of the first of several frames, which is at rest; the others are not used: (H, W, C)."""
    height, width = problem.shape
    operator = AreaAverage((height, width), factor)
    return bicubic(replace(problem, operator=operator, measured=problem.measured[: operator.out_rows]))


def shift_and_add(problem: Problem) -> NDArray[np.float32]:
    """Shift-and-add of several frames: (H, W, C), each pixel the mean of the measurements that cover it.

    The mean is weighted by the entries of the operator, Aᵀy / Aᵀ1, so that all frames are registered to the first one.
    """
    with torch.no_grad():
        weights = problem.operator.adjoint(torch.ones_like(problem.measured))
        return problem.grid(problem.operator.adjoint(problem.measured) / weights)


def nearest(problem: Problem) -> NDArray[np.float32]:
    """Nearest-neighbour upsampling (H, W, C): each pixel is the mean of its block, the pseudo-inverse factor² Aᵀy."""
    operator = _operator(problem)
    with torch.no_grad():
        return problem.grid(operator.adjoint(problem.measured) * operator.factor**2)


def _operator(problem: Problem) -> AreaAverage:
    assert isinstance(problem.operator, AreaAverage)
    return problem.operator
