"""SIREN's initialisation: the arguments of the sines have the same spread layer after layer."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from inrbench.activations.core.sine_init import SineInitialised
from tests.activations.plugins import assert_sine_weights


class Sine(SineInitialised):
    name, label, version = "sine", "sine", 1

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(self.omega0 * z)


@pytest.mark.parametrize("omega0", [10.0, 60.0])
def test_weights_are_those_of_siren(omega0: float) -> None:
    assert_sine_weights(Sine(omega0=omega0), omega0)


def test_the_declared_spread_is_that_of_the_weights() -> None:
    for first in (True, False):
        linear = nn.Linear(256, 512)
        Sine().init_layer(linear, first=first)
        assert linear.weight.std().item() == pytest.approx(Sine().weight_std(256, first=first), rel=0.02)
