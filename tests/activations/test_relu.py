"""ReLU: value, derivative, default weights."""

from __future__ import annotations

import torch

from inrbench.activations.relu import Relu
from tests.activations.plugins import assert_default_weights


def test_formula_and_derivative() -> None:
    z = torch.tensor([-2.0, -0.5, 0.0, 0.5, 2.0], dtype=torch.float64, requires_grad=True)
    values = Relu().forward(z)
    assert values.tolist() == [0, 0, 0, 0.5, 2]
    (derivative,) = torch.autograd.grad(values.sum(), z)
    assert derivative.tolist() == [0, 0, 0, 1, 1]


def test_weights_are_pytorchs_default() -> None:
    assert_default_weights(Relu())
