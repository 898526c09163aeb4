"""Classical inpainting of pictures with the biharmonic equation.

It uses two-dimensional smoothness, where interpolation between measured points (`interpolation`) is local.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inrbench.tasks.core.base import Problem


def biharmonic(problem: Problem) -> NDArray[np.float32]:
    """Biharmonic inpainting by scikit-image: (H, W, C), the smoothest surface through the measured pixels.

    The unknown pixels solve Δ²u = 0, the equation of a thin plate with minimal bending energy.
    """
    from skimage.restoration import inpaint_biharmonic

    with torch.no_grad():
        picture = problem.grid(problem.operator.adjoint(problem.measured))
    unseen = problem.unseen().reshape(problem.shape)
    estimate: Any = inpaint_biharmonic(picture, unseen, channel_axis=-1)
    return np.asarray(estimate, dtype=np.float32)
