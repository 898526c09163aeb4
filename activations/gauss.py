"""Gauss: a Gaussian of the pre-activation.

A unit is active near a hyperplane only, in contrast to a sine.
"""

from __future__ import annotations

from torch import Tensor

from inrbench.activations.core.base import Activation, LogUniform, Param
from inrbench.activations.core.kernel import Kernel


def _bell(z: Tensor, minus: float) -> Tensor:
    return (z * z).mul_(minus).exp_()


def _slope(grad: Tensor, z: Tensor, minus: float) -> Tensor:
    return (z * z).mul_(minus).exp_().mul_(z).mul_(2 * minus).mul_(grad)


def _slope_by_value(grad: Tensor, z: Tensor, y: Tensor, minus: float) -> Tensor:
    return (z * y).mul_(2 * minus).mul_(grad)


BELL = Kernel(_bell, _slope, slope_by_value=_slope_by_value)
"""exp(minus · z²) for a negative constant ``minus``."""


class Gauss(Activation):
    """exp(-(scale * z)²) with PyTorch's default initialisation [Ramasinghe & Lucey, ECCV 2022].

    The parameter is defined as in WIRE's code. The paper's form exp(-z²/2σ²) has scale = 1/(√2 σ), so that the
    recommended σ = 0.05 … 0.1 is scale = 7 … 14.
    """

    name, label, version = "gauss", "Gauss", 1
    derivatives = 2

    scale: float = Param(10.0, gt=0, tune=LogUniform(2, 40))

    def forward(self, z: Tensor) -> Tensor:
        return BELL(z, -(self.scale**2))
