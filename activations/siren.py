"""SIREN: sine activations with an initialisation that keeps the spread of pre-activations from layer to layer."""

from __future__ import annotations

import math

from torch import Tensor, nn

from activations.core.base import Activation, LogUniform, Param
from activations.core.kernel import Kernel


def _sine(z: Tensor, omega0: float) -> Tensor:
    return (z * omega0).sin_()


def _slope(grad: Tensor, z: Tensor, omega0: float) -> Tensor:
    return (z * omega0).cos_().mul_(omega0).mul_(grad)


SINE = Kernel(_sine, _slope)
"""sin(omega0 · z)."""


class Siren(Activation):
    """sin(omega0 * z), so that omega0 multiplies weights and bias alike [Sitzmann et al., NeurIPS 2020, sec. 3.2].

    The first layer's weights are U(±1/n), all others', the head's too, U(±√(6/n)/omega0); biases keep PyTorch's
    default.
    """

    name, label, version = "siren", "SIREN", 1

    omega0: float = Param(30.0, gt=0, tune=LogUniform(5, 100))

    def forward(self, z: Tensor) -> Tensor:
        return SINE(z, self.omega0)

    def bound(self, fan_in: int, *, first: bool) -> float:
        """Half-width of the uniform distribution of the weights."""
        return 1 / fan_in if first else math.sqrt(6 / fan_in) / self.omega0

    def init_layer(self, linear: nn.Linear, *, first: bool) -> None:
        bound = self.bound(linear.in_features, first=first)
        nn.init.uniform_(linear.weight, -bound, bound)

    def init_head(self, linear: nn.Linear) -> None:
        self.init_layer(linear, first=False)

    def weight_std(self, fan_in: int, *, first: bool) -> float:
        return self.bound(fan_in, first=first) / math.sqrt(3)
