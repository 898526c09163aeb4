"""WIRE-2D: a complex Gabor wavelet with an envelope in two complex pre-activations."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inrbench.activations.core.kernel import Kernel, halves
from inrbench.activations.core.linear import FirstLinear
from inrbench.activations.wire import ComplexLinear, Gabor, Wire


def _gabor(z: Tensor, omega0: float, minus: float) -> Tensor:
    """exp(j omega0 z1 + minus (|z1|² + |z2|²)): (N, 4 units) of Re z1, Re z2, Im z1, Im z2 to (N, 2 units)."""
    real, imag = halves(z)
    (a, c), (b, d) = halves(real), halves(imag)
    modulus, angle = (minus * (a * a + b * b + c * c + d * d) - omega0 * b).exp(), omega0 * a
    return torch.cat((modulus * angle.cos(), modulus * angle.sin()), dim=-1)


def _gabor_vjp(grad: Tensor, z: Tensor, y: Tensor, omega0: float, minus: float) -> Tensor:
    # As in WIRE; without it a step at 48² and width 28 takes 11 % more in compiled code and 15 % more without.
    real, imag = halves(z)
    (a, c), (b, d), (p, q), (u, v) = halves(real), halves(imag), halves(grad), halves(y)
    along, across = p * u + q * v, q * u - p * v
    twice = 2 * minus * along
    return torch.cat((a * twice + omega0 * across, c * twice, b * twice - omega0 * along, d * twice), dim=-1)


def _gabor_of_real(z: Tensor, omega0: float, minus: float) -> Tensor:
    """The same at real z1 and z2: (N, 2 units) to (N, 2 units)."""
    a, c = halves(z)
    modulus, angle = (minus * (a * a + c * c)).exp(), omega0 * a
    return torch.cat((modulus * angle.cos(), modulus * angle.sin()), dim=-1)


def _gabor_of_real_vjp(grad: Tensor, z: Tensor, y: Tensor, omega0: float, minus: float) -> Tensor:
    (a, c), (p, q), (u, v) = halves(z), halves(grad), halves(y)
    along, across = p * u + q * v, q * u - p * v
    return torch.cat((2 * minus * a * along + omega0 * across, 2 * minus * c * along), dim=-1)


GABOR = Kernel(_gabor, _gabor_vjp, columns=(4, 2))
GABOR_OF_REAL = Kernel(_gabor_of_real, _gabor_of_real_vjp, columns=(2, 2))


class Wire2d(Wire):
    """exp(j omega0 z1 - s0² (|z1|² + |z2|²)) on complex z1 and z2, each a linear map of its own: WIRE's code for CT.

    The first layer's weights are real. Every weight's real and imaginary parts are U(±1/√n), PyTorch's default. The
    authors keep omega0 / s0 below 2.5, because the modulus grows up to exp(omega0² / (4 s0²)). A unit has four times
    the weights of a real one, so ⌊width/2⌋ of them are the equal of `width` real units. Parameters, head and the curve
    of the figures, which is that at z1 = z and z2 = 0, are WIRE's.
    """

    name, label, version = "wire-2d", "WIRE-2D", 1
    derivatives = 2

    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        matrix = (FirstLinear if first else ComplexLinear)(in_features, 2 * out_features)
        return nn.Sequential(matrix, Gabor(self.of_layer(first=first), GABOR_OF_REAL if first else GABOR))

    def hidden_width(self, width: int) -> int:
        return max(1, width // 2)
