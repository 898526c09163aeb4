"""HOSC: a sine sharpened towards a square wave."""

from __future__ import annotations

import torch
from torch import Tensor

from inrbench.activations.core.base import LogUniform, Param
from inrbench.activations.core.sine_init import SineInitialised


class Hosc(SineInitialised):
    """tanh(beta * sin(omega0 * z)) [HOSC, arXiv 2401.10967], with the Lipschitz constant beta * omega0.

    A large beta makes it a square wave, whose units have no gradient but near its edges. The paper gives no
    initialisation that could be confirmed, so that this one, SIREN's, and the default beta = 8 are unverified; the
    label says so.
    """

    name, label, version = "hosc", "HOSC (unverified)", 1
    derivatives = 2

    beta: float = Param(8.0, gt=0, tune=LogUniform(2, 20))
    omega0: float = Param(30.0, gt=0, tune=LogUniform(5, 100))

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(self.beta * torch.sin(self.omega0 * z))
