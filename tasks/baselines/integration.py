"""Integration of gradients: least squares by the cosine transform, Tikhonov regularisation, total variation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn, idctn

from inrbench.tasks.baselines import total_variation
from inrbench.tasks.baselines.least_squares import adjoint, least_squares
from inrbench.tasks.core.base import Problem
from inrbench.tasks.core.gradient import SCALE, Gradient

ITERATIONS = 1000
START = 0.1
"""Weight of the differences in the first iterate of `tv`."""


def dct(problem: Problem) -> NDArray[np.float32]:
    """The picture of mean zero whose forward differences are closest to all those measured: (H, W, C).

    The normal equations are Poisson's equation with Neumann's condition, which the DCT-II diagonalises: the eigenvalue
    of the frequency (i, j) is 4 sin²(πi/2H) + 4 sin²(πj/2W), here divided by 8 as the differences are by √8
    [T. Simchony, R. Chellappa and M. Shao, IEEE TPAMI 12 (1990)]. Of noise-free differences it is the exact inverse.
    """
    assert isinstance(problem.operator, Gradient)
    assert problem.operator.index is None, "some differences are missing"
    height, width = problem.shape
    down, right = (4 * np.sin(np.pi * np.arange(n) / (2 * n)) ** 2 for n in (height, width))
    eigenvalues = SCALE**2 * (down[:, None] + right)[..., None]
    eigenvalues[0, 0] = np.inf  # the mean cannot be found
    spectrum = dctn(adjoint(problem).astype(np.float64), axes=(0, 1), norm="ortho") / eigenvalues
    picture: NDArray[np.float32] = idctn(spectrum, axes=(0, 1), norm="ortho").astype(np.float32)
    return picture


def tikhonov(problem: Problem, smooth: float) -> NDArray[np.float32]:
    """Least squares with a penalty on all forward differences, measured or not: (H, W, C).

    Differences are a badly conditioned operator, hence the many iterations.
    """
    return least_squares(problem, smooth=smooth, iterations=ITERATIONS)


def tv(problem: Problem, weight: float) -> NDArray[np.float32]:
    """Total variation, see `inrbench.tasks.baselines.total_variation.tv`: (H, W, C).

    It starts from `tikhonov`, because from elsewhere FISTA would need thousands of iterations for the low frequencies.
    """
    return total_variation.tv(problem, weight, tikhonov(problem, START), iterations=500)
