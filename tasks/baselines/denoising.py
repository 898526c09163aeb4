"""Classical denoising: the noisy picture itself, total variation, and non-local means.

The noise level is known to these methods, as it is to a network (`Problem.noise_std`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.core.base import Problem


def noisy(problem: Problem) -> NDArray[np.float32]:
    """The unchanged measurements (H, W, C), as the score that any method must exceed."""
    return problem.grid(problem.measured)


def tv(problem: Problem, weight: float) -> NDArray[np.float32]:
    """Total variation denoising: the minimiser (H, W, C) of ½‖x - y‖² + weight σ TV(x), channel by channel.

    Computed by scikit-image with A. Chambolle's algorithm (2004); σ is the standard deviation of the noise.
    """
    from skimage.restoration import denoise_tv_chambolle

    assert problem.noise_std is not None
    estimate: Any = denoise_tv_chambolle(  # type: ignore[no-untyped-call]
        problem.grid(problem.measured),
        weight=weight * problem.noise_std,
        eps=1e-5,
        max_num_iter=500,
        channel_axis=-1,
    )
    return np.asarray(estimate, dtype=np.float32)


def nl_means(problem: Problem) -> NDArray[np.float32]:
    """Non-local means [A. Buades, B. Coll and J.-M. Morel, CVPR 2005] for a known noise level: (H, W, C).

    Patches of 5 x 5 pixels in windows of 13 x 13; h = 0.6 σ, the best of 0.4, 0.6, 0.8 and 1.0 for most of the
    pictures on which `Denoise.tv_weight` was chosen.
    """
    from skimage.restoration import denoise_nl_means

    assert problem.noise_std is not None
    estimate: Any = denoise_nl_means(
        problem.grid(problem.measured),
        patch_size=5,
        patch_distance=6,
        h=0.6 * problem.noise_std,
        sigma=problem.noise_std,
        fast_mode=True,
        channel_axis=-1,
    )
    return np.asarray(estimate, dtype=np.float32)
