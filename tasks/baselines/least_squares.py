"""Linear methods for any operator: the adjoint, least norm and Tikhonov regularisation."""

from __future__ import annotations

import numpy as np
import scipy
import torch
from numpy.typing import NDArray

from inrbench.tasks.core.base import Problem
from inrbench.tasks.core.gradient import SCALE, Gradient
from inrbench.tasks.core.operators import Operator

Vector = NDArray[np.float64]


def adjoint(problem: Problem) -> NDArray[np.float32]:
    """Aᵀy: (*shape, C). For orthonormal rows it is the solution of least norm, in MRI the zero-filled picture."""
    with torch.no_grad():
        return problem.grid(problem.operator.adjoint(problem.measured))


def least_squares(
    problem: Problem, damp: float = 0.0, smooth: float = 0.0, iterations: int = 200
) -> NDArray[np.float32]:
    """min over x of ‖Ax - y‖² + damp² ‖x‖² + smooth² ‖∇x‖², by LSQR from zero: (*shape, C).

    LSQR takes the steps of conjugate gradients on the normal equations, with less rounding [C. Paige and M. Saunders,
    ACM TOMS 8 (1982)]. Without a penalty it converges to the solution of least norm.

    Args:
        problem: on a grid of two dimensions where ``smooth`` is not 0.
        damp: weight of the values.
        smooth: weight of the forward differences.
        iterations: at most; a relative residual of the normal equations of 1e-6 ends them earlier.
    """
    operator = problem.operator.to("cpu")
    parts: list[tuple[float, Operator]] = [(1.0, operator)]
    if smooth:
        height, width = problem.shape
        parts.append((smooth / SCALE, Gradient((height, width))))
    channels = problem.truth.shape[1]
    stacked = _linear_operator(parts, channels)
    measured = problem.measured.cpu().double().reshape(-1).numpy()
    target = np.concatenate([measured, np.zeros(stacked.shape[0] - len(measured))])
    values = scipy.sparse.linalg.lsqr(stacked, target, damp=damp, atol=1e-6, btol=1e-6, iter_lim=iterations)[0]
    return problem.grid(torch.from_numpy(values).reshape(-1, channels))


def _linear_operator(parts: list[tuple[float, Operator]], channels: int) -> scipy.sparse.linalg.LinearOperator:
    """The weighted operators stacked, for scipy: on (N · C,) vectors, the channels of a point side by side."""
    ends = np.cumsum([part.out_rows * channels for _, part in parts])

    def forward(x: Vector) -> Vector:
        values = torch.from_numpy(x).reshape(-1, channels)
        return torch.cat([weight * part.forward(values) for weight, part in parts]).reshape(-1).numpy()

    def backward(y: Vector) -> Vector:
        pieces = [torch.from_numpy(piece).reshape(-1, channels) for piece in np.split(y, ends[:-1])]
        back = [weight * part.adjoint(piece) for (weight, part), piece in zip(parts, pieces, strict=True)]
        return torch.stack(back).sum(dim=0).reshape(-1).numpy()

    shape = (int(ends[-1]), parts[0][1].in_rows * channels)
    return scipy.sparse.linalg.LinearOperator(shape, matvec=forward, rmatvec=backward, dtype=np.float64)
