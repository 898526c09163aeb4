"""SPDER: a sine whose amplitude grows with the root of its argument."""

from __future__ import annotations

import torch
from torch import Tensor

from inrbench.activations.core.base import LogUniform, Param
from inrbench.activations.core.sine_init import SineInitialised


class Spder(SineInitialised):
    """sin(omega0 * z) * sqrt(|omega0 * z|) with SIREN's initialisation [SPDER, 2023], its form for pictures and video.

    The slope is omega0 √|u| (cos u + sin(u) / 2u) with u = omega0 z, which is 0 at 0. Autograd of the formula has
    ∞ · 0 there; the paper's code clamps |u| at 1e-43, a denormal number, which is 0 again where such numbers are
    flushed to zero. The published settings are omega0 = 30 and a learning rate of 1e-4.
    """

    name, label, version = "spder", "SPDER", 1
    derivatives = 1

    omega0: float = Param(30.0, gt=0, tune=LogUniform(5, 100))

    def forward(self, z: Tensor) -> Tensor:
        u = self.omega0 * z
        near = u.abs() < 1e-12
        apart = torch.where(near, 1.0, u)  # autograd would multiply ∞ by 0 at 0
        return torch.where(near, 0 * u, apart.abs().sqrt() * apart.sin())
