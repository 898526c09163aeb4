"""Real WIRE: a wave and an envelope, each of a linear map of its own."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, LogUniform, Param, Pointwise
from inrbench.activations.core.kernel import Kernel, halves
from inrbench.activations.core.linear import FirstLinear


def _gabor(z: Tensor, omega0: float, minus: float) -> Tensor:
    """cos(omega0 p) exp(minus q²) of (N, 2 units), all p before all q: (N, units)."""
    p, q = halves(z)
    return (omega0 * p).cos() * (minus * q * q).exp()


def _vjp(grad: Tensor, z: Tensor, value: Tensor, omega0: float, minus: float) -> Tensor:
    p, q = halves(z)
    along = (omega0 * p).sin() * (minus * q * q).exp() * -omega0
    return torch.cat((grad * along, grad * value * q * (2 * minus)), dim=-1)


GABOR = Kernel(_gabor, _vjp, columns=(2, 1))


class RealGabor(Pointwise):
    """The nonlinearity as a module: (N, 2 units) pre-activations to (N, units) values."""

    activation: WireReal

    def forward(self, z: Tensor) -> Tensor:
        return GABOR(z, self.activation.omega0, -(self.activation.s0**2))


class WireReal(Activation):
    """cos(omega0 z1) * exp(-(s0 z2)²), z1 and z2 linear maps of their own with PyTorch's default initialisation.

    The real variant in the code of WIRE [Saragadam et al., CVPR 2023], which some benchmarks list as WIRE. The settings
    published for it are (omega0, s0) = (20, 10) for pictures and (10, 10) for super-resolution, at a learning rate of
    3e-3. A unit has two rows of weights, so ⌊width/√2⌋ units are the equal of `width` ordinary ones.
    """

    name, label, version = "wire-real", "WIRE (real)", 1
    derivatives = 2

    omega0: float = Param(20.0, gt=0, tune=LogUniform(2, 60))
    s0: float = Param(10.0, gt=0, tune=LogUniform(2, 40))

    def forward(self, z: Tensor) -> Tensor:
        """At z1 = z2 = z of any shape, for figures; networks use `RealGabor`."""
        return torch.cos(self.omega0 * z) * torch.exp(-((self.s0 * z) ** 2))

    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        return nn.Sequential((FirstLinear if first else nn.Linear)(in_features, 2 * out_features), RealGabor(self))

    def hidden_width(self, width: int) -> int:
        return max(1, math.isqrt(width * width // 2))  # ⌊width/√2⌋ in exact integers
