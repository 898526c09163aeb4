import numpy as np
import pytest
import torch

from inrbench.tasks.baselines.integration import dct
from inrbench.tasks.poisson import Poisson
from inrbench.tasks.signals.load import load


@pytest.mark.parametrize("size", [(32, 32), (24, 31)])
def test_the_cosine_transform_inverts_exact_differences_and_is_the_least_squares_solution(
    size: tuple[int, int],
) -> None:
    exact = Poisson(size=size, noise=0).problem(load("camera"), seed=0)
    centred = exact.grid(exact.truth - exact.truth.mean(dim=0))
    np.testing.assert_allclose(dct(exact), centred, atol=1e-5)
    noisy = Poisson(size=size).problem(load("camera"), seed=0)
    n = size[0] * size[1]
    dense = noisy.operator.forward(torch.eye(n, dtype=torch.float64)).numpy()
    expected = np.linalg.lstsq(dense, noisy.measured.double().numpy(), rcond=None)[0]
    np.testing.assert_allclose(dct(noisy).reshape(-1, 1), expected, atol=1e-5)
