"""Sinc: the kernel of ideal interpolation as an activation."""

from __future__ import annotations

import torch
from torch import Tensor

from inrbench.activations.core.base import Activation, LogUniform, Param

NEAR = 0.25
"""Below it a series is summed, because cos(u) and sin(u)/u cancel in the derivative."""


class Sinc(Activation):
    """sin(omega0 * z) / (omega0 * z), PyTorch's default initialisation [arXiv 2402.05427].

    Not ``torch.sinc(omega0 * z)``, which is sin(π omega0 z) / (π omega0 z) and what some codes mean: omega0 here is π
    times theirs. The scale that the paper uses could not be found, so the default is this project's own. SIREN's
    initialisation would starve it: after four layers the units' standard deviation is 0.02 with it and 0.4 with
    PyTorch's.
    """

    name, label, version = "sinc", "sinc", 1
    derivatives = 2

    omega0: float = Param(30.0, gt=0, tune=LogUniform(3, 100))

    def forward(self, z: Tensor) -> Tensor:
        u = self.omega0 * z
        near = u.abs() < NEAR
        # Autograd multiplies the derivative of the branch that is not taken by 0, which must not be ∞.
        apart, s = torch.where(near, 1.0, u), torch.where(near, u, 0.0).square()
        series = 1 + s * (-1 / 6 + s * (1 / 120 + s * (-1 / 5040 + s * (1 / 362880))))
        return torch.where(near, series, apart.sin() / apart)
