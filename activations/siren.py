"""SIREN: sine activations with an initialisation that preserves the distribution of the pre-activations.

The distribution is then the same in every layer, so that deep networks can be trained.
"""

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
    """sin(omega0 * z), where omega0 multiplies weights and bias [Sitzmann et al., NeurIPS 2020, sec. 3.2].

    For fan-in n, the weights are U(±1/n) in the first layer and U(±√(6/n)/omega0) in all others and the head. The
    biases are PyTorch's default.
    """

    name, label, version = "siren", "SIREN", 1

    omega0: float = Param(30.0, gt=0, tune=LogUniform(5, 100))

    def forward(self, z: Tensor) -> Tensor:
        return SINE(z, self.omega0)

    def bound(self, fan_in: int, *, first: bool) -> float:
        """Bound b of the uniform distribution U(±b) of the weights."""
        return 1 / fan_in if first else math.sqrt(6 / fan_in) / self.omega0

    def init_layer(self, linear: nn.Linear, *, first: bool) -> None:
        bound = self.bound(linear.in_features, first=first)
        nn.init.uniform_(linear.weight, -bound, bound)

    def init_head(self, linear: nn.Linear) -> None:
        self.init_layer(linear, first=False)

    def weight_std(self, fan_in: int, *, first: bool) -> float:
        return self.bound(fan_in, first=first) / math.sqrt(3)
