"""Gauss: a Gaussian of the pre-activation.

A unit is active near a hyperplane only, in contrast to a sine.
"""

from __future__ import annotations

import torch
from torch import Tensor

from inrbench.activations.core.base import Activation, LogUniform, Param


class Gauss(Activation):
    """exp(-(scale * z)²) with PyTorch's default initialisation [Ramasinghe & Lucey, ECCV 2022].

    The parameter is defined as in WIRE's code. The paper's form exp(-z²/2σ²) has scale = 1/(√2 σ), so that the
    recommended σ = 0.05 … 0.1 is scale = 7 … 14.
    """

    name, label, version = "gauss", "Gauss", 1
    derivatives = 2

    scale: float = Param(10.0, gt=0, tune=LogUniform(2, 40))

    def forward(self, z: Tensor) -> Tensor:
        return torch.exp(-((self.scale * z) ** 2))
