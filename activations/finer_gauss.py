"""FINER++ with Gauss: a bell of a sine whose frequency grows with the size of its pre-activation."""

from __future__ import annotations

from torch import Tensor, nn

from inrbench.activations.core.base import LogUniform, Param
from inrbench.activations.core.kernel import Kernel
from inrbench.activations.core.sine_init import SineInitialised


def _bell(z: Tensor, minus: float, omega0: float) -> Tensor:
    sine = z.abs().add_(1).mul_(omega0).mul_(z).sin_()
    return (sine * sine).mul_(minus).exp_()


def _slope_by_value(grad: Tensor, z: Tensor, y: Tensor, minus: float, omega0: float) -> Tensor:
    frequency = z.abs().add_(1).mul_(omega0)
    # 2 sin(a) cos(a) = sin(2a)
    return (2 * frequency * z).sin_().mul_(frequency).mul_(minus).mul_(y).mul_(grad)


def _slope(grad: Tensor, z: Tensor, minus: float, omega0: float) -> Tensor:
    return _slope_by_value(grad, z, _bell(z, minus, omega0), minus, omega0)


BELL_OF_CHIRP = Kernel(_bell, _slope, slope_by_value=_slope_by_value)
"""exp(minus · sin²(omega0 (|z| + 1) z)), the factor |z| + 1 taken as a constant in the derivative."""


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
        return BELL_OF_CHIRP(z, -(self.scale**2), self.omega0)

    def init_layer(self, linear: nn.Linear, *, first: bool) -> None:
        super().init_layer(linear, first=first)
        if first:
            nn.init.uniform_(linear.bias, -self.first_bias, self.first_bias)
