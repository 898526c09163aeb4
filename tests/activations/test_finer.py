"""FINER: its formula against numpy, its derivative without the frequency's part, and its weights."""

from __future__ import annotations

import math

import numpy as np
import torch

from inrbench.activations.finer import Finer
from tests.activations.plugins import assert_sine_weights, assert_uniform, linears


def test_formula() -> None:
    z = np.linspace(-2, 2, 401)
    values = Finer(omega0=30.0).forward(torch.from_numpy(z)).numpy()
    np.testing.assert_allclose(values, np.sin(30 * (np.abs(z) + 1) * z), atol=1e-12)


def test_the_derivative_leaves_the_frequency_out() -> None:
    z = torch.linspace(-1, 1, 41, dtype=torch.float64, requires_grad=True)
    (got,) = torch.autograd.grad(Finer(omega0=5.0).forward(z).sum(), z)
    x = z.detach()
    torch.testing.assert_close(got, 5 * (x.abs() + 1) * torch.cos(5 * (x.abs() + 1) * x))


def test_weights_are_sirens() -> None:
    assert_sine_weights(Finer(omega0=20.0), 20.0)
    assert_uniform(linears(Finer())[0].bias, 1 / math.sqrt(2), 0.1)


def test_first_bias_widens_only_the_first_layer() -> None:
    first, second, *_ = linears(Finer(first_bias=5.0))
    assert_uniform(first.bias, 5.0, 0.1)
    assert_uniform(second.bias, 1 / math.sqrt(512), 0.1)
