"""Gauss: its formula against numpy, default weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inrbench.activations.gauss import Gauss
from tests.activations.plugins import assert_default_weights


@pytest.mark.parametrize("scale", [10.0, 2.5])
def test_formula(scale: float) -> None:
    z = np.linspace(-2, 2, 401)
    values = Gauss(scale=scale).forward(torch.from_numpy(z)).numpy()
    np.testing.assert_allclose(values, np.exp(-((scale * z) ** 2)), atol=1e-12)


def test_weights_are_pytorchs_default() -> None:
    assert_default_weights(Gauss())
