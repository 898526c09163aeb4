"""Sparse operators: adjoint, norm, gradient; interpolation matrices against scipy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import torch
from scipy.ndimage import map_coordinates

from inrbench.tasks.core.sparse import SparseMatrix, interpolation_matrix


def random_matrix() -> scipy.sparse.csr_array:
    return scipy.sparse.random_array((30, 40), density=0.2, rng=np.random.default_rng(0), format="csr")


@pytest.mark.parametrize("channels", [1, 3])
def test_the_adjoint_and_the_dense_product(channels: int) -> None:
    matrix = random_matrix()
    operator = SparseMatrix(matrix)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(40, channels, generator=generator, dtype=torch.float64)
    y = torch.randn(30, channels, generator=generator, dtype=torch.float64)
    forward = operator.forward(x)
    np.testing.assert_allclose(forward, matrix.toarray() @ x.numpy(), rtol=1e-12)
    assert float((forward * y).sum()) == pytest.approx(float((x * operator.adjoint(y)).sum()), rel=1e-12)


def test_the_bound_is_above_the_norm() -> None:
    matrix = random_matrix()
    norm = np.linalg.norm(matrix.toarray(), 2) ** 2
    assert norm <= SparseMatrix(matrix).bound < 4 * norm


def test_the_gradient_is_that_of_the_dense_product() -> None:
    x = torch.randn(40, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64, requires_grad=True)
    SparseMatrix(random_matrix()).forward(x).square().sum().backward()
    dense = torch.from_numpy(random_matrix().toarray())
    torch.testing.assert_close(x.grad, 2 * dense.T @ (dense @ x.detach()))


@pytest.mark.parametrize("shape", [(7,), (6, 9), (5, 4, 6)])
def test_interpolation_is_that_of_scipy_with_zeros_outside(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    values = rng.random(shape)
    points = rng.uniform(-2, np.array(shape) + 1, (20, 3, len(shape)))
    theirs = map_coordinates(values, points.reshape(-1, len(shape)).T, order=1, mode="grid-constant")
    matrix = interpolation_matrix(points, shape, 0.5)
    np.testing.assert_allclose(matrix @ values.ravel(), 0.5 * theirs.reshape(20, 3).sum(axis=1), atol=1e-12)


def test_grid_points_have_their_own_value_at_the_border_too() -> None:
    points = np.indices((4, 5)).reshape(2, -1).T[:, None].astype(np.float64)
    np.testing.assert_array_equal(interpolation_matrix(points, (4, 5), 1).toarray(), np.eye(20))
