"""Expected photons behind an absorber."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inrbench.tasks.core.radon import Radon, half_turn, radon_matrix
from inrbench.tasks.core.transmission import Transmission


def test_photons_follow_beer_and_lambert_and_logarithms_undo_it() -> None:
    radon = Radon((12, 10), half_turn(7))
    operator = Transmission(radon, dose=500.0, attenuation=3.0)
    x = torch.rand(120, 1, generator=torch.Generator().manual_seed(0))
    matrix = radon_matrix((12, 10), tuple(half_turn(7).tolist()))
    expected = 500 * np.exp(-3 * (matrix @ x.numpy().astype(np.float64)))
    np.testing.assert_allclose(operator.forward(x).numpy(), expected, rtol=1e-5)
    torch.testing.assert_close(operator.logs(operator.forward(x)), radon.forward(x), rtol=1e-4, atol=1e-5)
    assert operator.group == radon.group


def test_no_photon_counts_as_half_of_one() -> None:
    operator = Transmission(Radon((8, 8), half_turn(3)), dose=100.0, attenuation=2.0)
    assert float(operator.logs(torch.zeros(1, 1))) == pytest.approx(np.log(200) / 2)


def test_the_gradient_is_that_of_the_exponential() -> None:
    radon = Radon((8, 8), half_turn(3))
    operator = Transmission(radon, dose=100.0, attenuation=2.0)
    x, y = torch.rand(64, 1), torch.rand(operator.out_rows, 1)
    torch.testing.assert_close(operator.vjp(x, y), radon.adjoint(-2 * operator.forward(x) * y))
