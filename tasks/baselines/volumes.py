"""Classical reconstruction of volumes from ray sums: least squares stopped early, and total variation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.baselines import total_variation
from inrbench.tasks.baselines.least_squares import least_squares
from inrbench.tasks.core.base import Problem
from inrbench.tasks.core.sparse import SparseMatrix


def cgls(problem: Problem, iterations: int) -> NDArray[np.float32]:
    """Least squares by conjugate gradients, which few iterations regularise: (D, H, W, C)."""
    return least_squares(problem, iterations=iterations)


def tv(problem: Problem, weight: float, iterations: int = 200) -> NDArray[np.float32]:
    """Total variation in three dimensions from Aᵀy on, over x ≥ 0, as densities are: (D, H, W, C)."""
    assert isinstance(problem.operator, SparseMatrix)
    norm = problem.operator.bound
    return total_variation.tv(problem, weight, square_norm=norm, lowest=0, iterations=iterations)
