"""SIREN: its formula against numpy, the weights of the paper, and the constant spread of its features."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from inrbench.activations.core.base import build
from inrbench.activations.core.mlp import MLP
from inrbench.activations.siren import Siren
from tests.activations.plugins import IMAGE, assert_sine_weights, assert_uniform, linears


@pytest.mark.parametrize("omega0", [30.0, 7.5])
def test_formula(omega0: float) -> None:
    z = np.linspace(-2, 2, 401)
    values = Siren(omega0=omega0).forward(torch.from_numpy(z)).numpy()
    np.testing.assert_allclose(values, np.sin(omega0 * z), atol=1e-12)


def test_weights_are_those_of_the_paper() -> None:
    assert_sine_weights(Siren(omega0=20.0), 20.0)
    assert_uniform(linears(Siren())[0].bias, 1 / math.sqrt(2), 0.1)


def test_the_spread_of_the_features_is_the_same_in_every_layer() -> None:
    # Sines of arguments that are spread over many periods have the standard deviation 1/√2.
    network = build(Siren(), IMAGE, width=256, depth=5, seed=0)
    assert isinstance(network, MLP)
    x = torch.rand(500, 2, generator=torch.Generator().manual_seed(0)) * 2 - 1
    for features in network.features(x):
        assert features.std().item() == pytest.approx(1 / math.sqrt(2), rel=0.05)
