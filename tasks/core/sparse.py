"""Sparse matrices as linear operators, and the matrix that interpolates a grid at given points.

A matrix and its transpose are both stored by rows (CSR), because products by rows run in parallel without atomic
additions.
"""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import scipy.sparse
import torch
from numpy.typing import NDArray
from torch import Tensor

from inrbench.tasks.core.operators import Operator

Floats = NDArray[np.float64]


class SparseMatrix(Operator):
    """Linear operator given by its matrix: (N, C) -> (M, C).

    Args:
        matrix: (M, N); the products are computed in its precision.

    Attributes:
        bound: an upper bound of ‖A‖², the largest sum of a row times that of a column, of absolute values.
    """

    def __init__(self, matrix: scipy.sparse.csr_array) -> None:
        self.out_rows, self.in_rows = matrix.shape
        sizes = abs(matrix)
        self.bound = float(sizes.sum(axis=0).max() * sizes.sum(axis=1).max())
        self._matrix, self._transpose = csr_tensor(matrix), csr_tensor(matrix.T.tocsr())

    def forward(self, x: Tensor) -> Tensor:
        return multiply(x, self._matrix, self._transpose)

    def adjoint(self, y: Tensor) -> Tensor:
        return multiply(y, self._transpose, self._matrix)


def interpolation_matrix(points: Floats, shape: tuple[int, ...], weight: float) -> scipy.sparse.csr_array:
    """Matrix of weighted sums of multilinear interpolations on a grid: (M, prod(shape)), CSR.

    Args:
        points: (M, k, d) in grid steps, so that a point of whole numbers is a grid point; outside the grid the values
            count as zero. Row m sums the values at the k points ``points[m]``.
        shape: the grid, of d dimensions.
        weight: factor of the sums.
    """
    rows, k, _ = points.shape
    low = np.floor(points)
    part = points - low
    matrix = scipy.sparse.csr_array((rows, int(np.prod(shape))))
    for corner in itertools.product((0, 1), repeat=len(shape)):
        index = (low + corner).astype(np.int64)
        factor = weight * np.where(corner, part, 1 - part).prod(axis=-1)
        used = ((index >= 0) & (index < shape)).all(axis=-1) & (factor != 0)
        flat = np.ravel_multi_index(tuple(index[used].T), shape)
        row = np.broadcast_to(np.arange(rows)[:, None], (rows, k))[used]
        matrix = matrix + scipy.sparse.coo_array((factor[used], (row, flat)), matrix.shape).tocsr()
    return matrix


def csr_tensor(matrix: scipy.sparse.csr_array) -> Tensor:
    """A matrix of scipy as a CSR tensor with 32-bit indices."""
    with warnings.catch_warnings():
        # torch warns about every CSR tensor; the products used here are tested
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta", category=UserWarning)
        return torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr.astype(np.int32)),
            torch.from_numpy(matrix.indices.astype(np.int32)),
            torch.from_numpy(matrix.data),
            size=matrix.shape,
            check_invariants=False,
        )


class _Product(torch.autograd.Function):
    """Sparse product whose gradient uses the stored transpose, because transposing at every step would be slow."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, matrix: Tensor, transpose: Tensor) -> Tensor:
        ctx.matrices = matrix, transpose
        # for one channel, the usual case, the product with a vector is two to three times faster
        return (matrix @ x[:, 0])[:, None] if x.shape[1] == 1 else matrix @ x

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        matrix, transpose = ctx.matrices
        return multiply(gradients[0], transpose, matrix), None, None


def multiply(x: Tensor, matrix: Tensor, transpose: Tensor) -> Tensor:
    """The product matrix · x, (N, C) -> (M, C), with a gradient; ``transpose`` is that of ``matrix``."""
    product: Tensor = _Product.apply(x.to(matrix.dtype), matrix, transpose)  # type: ignore[no-untyped-call]
    return product
