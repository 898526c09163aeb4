"""Linear layers: values and gradients are those of torch; the one on coordinates stays in float32 under autocast."""

from __future__ import annotations

import torch
from torch import nn

from inrbench.activations.core.linear import FirstLinear, NormedLinear


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


def test_weight_normalisation_has_the_values_and_gradients_of_torchs() -> None:
    linear = nn.Linear(6, 9).double()
    ours = NormedLinear(linear)
    theirs = nn.utils.parametrizations.weight_norm(linear)
    gain, direction = theirs.parametrizations.weight.original0, theirs.parametrizations.weight.original1
    with torch.no_grad():
        for parameter in (ours.direction, direction):
            parameter.mul_(3.0)
        for parameter in (ours.gain, gain):
            parameter.add_(0.5)
    x = torch.randn(11, 6, dtype=torch.float64)
    torch.testing.assert_close(ours(x), theirs(x))
    for layer in (ours, theirs):
        layer(x).square().sum().backward()
    torch.testing.assert_close(ours.gain.grad, gain.grad)
    torch.testing.assert_close(ours.direction.grad, direction.grad)


def test_a_normalised_layer_starts_as_the_one_it_is_made_from() -> None:
    linear = nn.Linear(5, 4)
    with torch.no_grad():
        linear.weight.mul_(7.0)
    x = torch.randn(11, 5)
    torch.testing.assert_close(NormedLinear(linear)(x), linear(x))
