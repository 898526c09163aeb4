"""Weight normalisation against torch's own, and copies of a normalised network."""

from __future__ import annotations

import torch
from torch import nn

from activations.core.weight_norm import NormedLinear


def test_values_and_gradients_are_those_of_torchs_parametrisation() -> None:
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


def test_it_starts_as_the_layer_it_is_made_from() -> None:
    linear = nn.Linear(5, 4)
    with torch.no_grad():
        linear.weight.mul_(7.0)
    x = torch.randn(11, 5)
    torch.testing.assert_close(NormedLinear(linear)(x), linear(x))
