"""Classical denoising: the noisy picture itself, total variation and non-local means."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.base import Problem


def noisy(problem: Problem) -> NDArray[np.float32]:
    """The measurements as they are: (H, W, C)."""
    return problem.grid(problem.measured)


def tv(problem: Problem, weight: float) -> NDArray[np.float32]:
    """min over x of ½‖x - y‖² + weight σ TV(x), by A. Chambolle's method (2004), channel by channel: (H, W, C)."""
    from skimage.restoration import denoise_tv_chambolle

    assert problem.noise_std is not None
    found: Any = denoise_tv_chambolle(  # type: ignore[no-untyped-call]
        problem.grid(problem.measured),
        weight=weight * problem.noise_std,
        eps=1e-5,
        max_num_iter=500,
        channel_axis=-1,
    )
    return np.asarray(found, dtype=np.float32)


def nl_means(problem: Problem) -> NDArray[np.float32]:
    """Non-local means [A. Buades, B. Coll and J.-M. Morel, CVPR 2005] with the noise's strength known: (H, W, C).

    Patches of 5 x 5 within 13 x 13; h = 0.6 σ, the best of 0.4, 0.6, 0.8 and 1.0 for most of the pictures on which
    `Denoise.tv_weight` was sought.
    """
    from skimage.restoration import denoise_nl_means

    assert problem.noise_std is not None
    found: Any = denoise_nl_means(
        problem.grid(problem.measured),
        patch_size=5,
        patch_distance=6,
        h=0.6 * problem.noise_std,
        sigma=problem.noise_std,
        fast_mode=True,
        channel_axis=-1,
    )
    return np.asarray(found, dtype=np.float32)
