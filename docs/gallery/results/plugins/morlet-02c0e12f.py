from __future__ import annotations
from inrbench.activations.core.base import Activation
from inrbench.activations.core.base import LogUniform
from inrbench.activations.core.base import Param
import torch as torch

class Morlet(Activation):
    """cos(omega0 * z) * exp(-z² / 2)."""

    name, label, version = "morlet", "Morlet", 1
    omega0: float = Param(10.0, gt=0, tune=LogUniform(2, 50))

    def forward(self, z):
        return torch.cos(self.omega0 * z) * torch.exp(-0.5 * z**2)



Morlet.name = "morlet@02c0e12f"
