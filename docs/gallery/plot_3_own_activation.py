"""
# Your own activation

A class with a `forward` is enough. `inrbench.run` accepts it next to the names of shipped activations.
"""

import torch

import inrbench
from inrbench import Activation, LogUniform, Param


class Morlet(Activation):
    """cos(omega0 * z) * exp(-z² / 2)."""

    name, label, version = "morlet", "Morlet", 1
    omega0: float = Param(10.0, gt=0, tune=LogUniform(2, 50))

    def forward(self, z):
        return torch.cos(self.omega0 * z) * torch.exp(-0.5 * z**2)


results = inrbench.run("smoke", activations=[Morlet, "siren", "relu"], tasks=["image", "superres"], progress=False)
print(results.table().round(2).to_string())
