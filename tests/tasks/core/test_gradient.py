import numpy as np
import pytest
import torch

from inrbench.tasks.core.gradient import Gradient, count_differences
from tests.tasks.core.test_operators import assert_adjoint


@pytest.mark.parametrize("shape", [(5, 7), (8, 8)])
def test_gradient_adjoint_and_numpy(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).random((*shape, 2))
    theirs = np.concatenate([np.diff(picture, axis=0).reshape(-1, 2), np.diff(picture, axis=1).reshape(-1, 2)])
    operator = Gradient(shape)
    assert operator.out_rows == count_differences(shape) == len(theirs)
    x = torch.from_numpy(picture).reshape(-1, 2)
    np.testing.assert_allclose(operator.forward(x), theirs / np.sqrt(8))
    assert_adjoint(operator, 2)
    some = torch.tensor([3, 0, 17])
    np.testing.assert_allclose(Gradient(shape, some).forward(x), theirs[some] / np.sqrt(8))
    assert_adjoint(Gradient(shape, some), 3)


def test_the_norm_is_just_below_one_and_constants_vanish() -> None:
    operator = Gradient((12, 12))
    dense = operator.forward(torch.eye(144, dtype=torch.float64))
    assert 0.95 < float(torch.linalg.matrix_norm(dense, ord=2)) < 1
    assert not operator.forward(torch.ones(144, 1)).any()
