"""ReLU+PE: the encoding against numpy, and the number of octaves for a sampling grid."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inrbench import Domain
from inrbench.activations.relu_pe import ReluPe
from tests.activations.plugins import assert_default_weights


@pytest.mark.parametrize(
    ("shape", "levels"),
    [
        ((512, 512), 7),
        ((256, 256), 6),
        ((100, 100), 4),
        ((100, 512), 4),
        ((64, 64, 64), 10),
        ((44100,), 13),
        ((3, 3), 1),
        ((8, 8), 1),
        ((127, 127), 4),
        ((128, 128), 5),
    ],
)
def test_octaves_stay_below_the_nyquist_frequency(shape: tuple[int, ...], levels: int) -> None:
    domain = Domain(len(shape), 1, shape)
    assert ReluPe().levels_for(domain) == levels
    assert ReluPe(levels=3).levels_for(domain) == 3
    assert ReluPe().encoding(domain).out_features == len(shape) * (1 + 2 * levels)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_encoding(d: int) -> None:
    x = np.random.default_rng(0).uniform(-1, 1, (17, d))
    octaves = 2.0 ** np.arange(5) * np.pi
    phase = (x[:, :, None] * octaves).reshape(17, -1)
    expected = np.concatenate([x, np.sin(phase), np.cos(phase)], axis=1)
    encoding = ReluPe(levels=5).encoding(Domain(d, 1, (64,) * d)).double()
    np.testing.assert_allclose(encoding(torch.from_numpy(x)).numpy(), expected, atol=1e-12)


def test_values_and_weights_are_those_of_relu() -> None:
    z = torch.linspace(-2, 2, 41)
    assert torch.equal(ReluPe().forward(z), z.clamp(min=0))
    assert_default_weights(ReluPe())
