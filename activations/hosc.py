"""HOSC: a sine sharpened towards a square wave."""

from __future__ import annotations

from torch import Tensor

from inrbench.activations.core.base import LogUniform, Param
from inrbench.activations.core.kernel import Kernel
from inrbench.activations.core.sine_init import SineInitialised


def _square(z: Tensor, beta: float, omega0: float) -> Tensor:
    return (z * omega0).sin_().mul_(beta).tanh_()


def _slope_by_value(grad: Tensor, z: Tensor, y: Tensor, beta: float, omega0: float) -> Tensor:
    return (z * omega0).cos_().mul_(beta * omega0).mul_(1 - y * y).mul_(grad)


def _slope(grad: Tensor, z: Tensor, beta: float, omega0: float) -> Tensor:
    return _slope_by_value(grad, z, _square(z, beta, omega0), beta, omega0)


SQUARE_WAVE = Kernel(_square, _slope, slope_by_value=_slope_by_value)
"""tanh(beta sin(omega0 · z))."""


class Hosc(SineInitialised):
    """tanh(beta * sin(omega0 * z)) [HOSC, arXiv 2401.10967], with the Lipschitz constant beta * omega0.

    A large beta makes it a square wave, whose units have no gradient but near its edges. The paper gives no
    initialisation that could be confirmed, so that this one, SIREN's, and the default beta = 8 are unverified; the
    label says so.
    """

    name, label, version = "hosc", "HOSC (unverified)", 1
    derivatives = 2

    beta: float = Param(8.0, gt=0, tune=LogUniform(0.5, 20))
    omega0: float = Param(30.0, gt=0, tune=LogUniform(5, 100))

    def forward(self, z: Tensor) -> Tensor:
        return SQUARE_WAVE(z, self.beta, self.omega0)
