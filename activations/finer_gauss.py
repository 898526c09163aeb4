"""FINER++ with Gauss: a bell of a sine whose frequency grows with the size of its pre-activation."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import LogUniform, Param
from inrbench.activations.core.kernel import constant
from inrbench.activations.core.sine_init import SineInitialised


class FinerGauss(SineInitialised):
    """exp(-(scale * sin(omega0 (|z| + 1) z))²), (|z| + 1) without gradient: the Gauss form of FINER++ (2024).

    Weights are SIREN's for omega0, and the first layer's biases U(±first_bias); all other biases are PyTorch's. The
    defaults are those of the published script, which trains at a learning rate of 1e-3.
    """

    name, label, version = "finer-gauss", "FINER++ (Gauss)", 1
    derivatives = 2

    scale: float = Param(3.0, gt=0, tune=LogUniform(0.5, 20))
    omega0: float = Param(10.0, gt=0, tune=LogUniform(2, 60))
    first_bias: float = Param(1.0, gt=0)

    def forward(self, z: Tensor) -> Tensor:
        return torch.exp(-((self.scale * torch.sin(self.omega0 * constant(z.abs() + 1) * z)) ** 2))

    def init_layer(self, linear: nn.Linear, *, first: bool) -> None:
        super().init_layer(linear, first=first)
        if first:
            nn.init.uniform_(linear.bias, -self.first_bias, self.first_bias)
