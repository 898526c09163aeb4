"""The linear layer on coordinates: the values and gradients of `torch.nn.Linear`, and float32 under autocast."""

from __future__ import annotations

import torch
from torch import nn

from activations.core.linear import FirstLinear


def test_values_and_gradients_are_those_of_a_linear_layer() -> None:
    ours, theirs = FirstLinear(3, 7).double(), nn.Linear(3, 7).double()
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(50, 3, dtype=torch.float64, requires_grad=True)
    values = []
    for layer in (ours, theirs):
        out = layer(x)
        gradients = torch.autograd.grad(out.square().sum(), [x, *layer.parameters()])
        values.append([out, *gradients])
    for got, expected in zip(*values, strict=True):
        torch.testing.assert_close(got, expected)


def test_coordinates_keep_their_digits_under_mixed_precision() -> None:
    layer, x = FirstLinear(1, 4), torch.linspace(-1, 1, 1000)[:, None]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        first, other = layer(x), nn.Linear(1, 4)(x)
    assert (first.dtype, other.dtype) == (torch.float32, torch.bfloat16)
    assert torch.equal(first, layer(x))
    assert len(first[:, 0].unique()) == 1000
