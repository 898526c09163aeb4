"""WIRE: complex Gabor wavelets as activations in a network with complex weights.

A Gabor wavelet is local in space and in frequency. Complex numbers are computed as pairs of real ones, because
compiled code and fused optimisers do not support complex tensors.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from inrbench.activations.core.base import Domain, LogUniform, Param, Pointwise
from inrbench.activations.core.kernel import Kernel, halves
from inrbench.activations.core.linear import FirstLinear
from inrbench.activations.core.mlp import MLP
from inrbench.activations.core.sine_init import FirstFrequency


class ComplexLinear(nn.Module):
    """Complex linear layer Wz + b in real arithmetic: (N, 2 in) -> (N, 2 out), real parts before imaginary parts.

    The real and imaginary parts of W and b are initialised with U(±1/√n), as in a complex `torch.nn.Linear`. The
    product is a real one with the matrix [[Re W, -Im W], [Im W, Re W]], which has as many multiplications as a complex
    product, and lets the activations between two products be computed in real arithmetic.

    The weights are stored as real pairs (out, in, 2). Function and gradients are those of a complex layer, but code
    without support for complex parameters (``network.double()``, fused optimisers, parameter counts) works as well.
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = nn.Parameter(torch.empty(out_features, in_features, 2))
        self.bias = nn.Parameter(torch.empty(out_features, 2))
        bound = 1 / math.sqrt(in_features)
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def affine(self) -> tuple[Tensor, Tensor]:
        """Real matrix (2 out, 2 in) and bias (2 out,)."""
        real, imag = self.weight.unbind(-1)
        matrix = torch.cat((torch.cat((real, -imag), dim=-1), torch.cat((imag, real), dim=-1)), dim=-2)
        return matrix, self.bias.mT.flatten(-2)

    def forward(self, z: Tensor) -> Tensor:
        return F.linear(z, *self.affine())

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}"


class RealHead(ComplexLinear):
    """Real part of `ComplexLinear`: (N, 2 in) -> (N, out). The imaginary bias has no effect, as in WIRE's code."""

    def affine(self) -> tuple[Tensor, Tensor]:
        real, imag = self.weight.unbind(-1)
        return torch.cat((real, -imag), dim=-1), self.bias[..., 0]


def _gabor(z: Tensor, omega0: float, minus: float) -> Tensor:
    """exp(j omega0 z + minus |z|²) of complex z: (N, 2 units) -> (N, 2 units), real parts first."""
    a, b = halves(z)
    modulus, angle = (minus * (a * a + b * b) - omega0 * b).exp(), omega0 * a
    return torch.cat((modulus * angle.cos(), modulus * angle.sin()), dim=-1)


def _gabor_vjp(grad: Tensor, z: Tensor, y: Tensor, omega0: float, minus: float) -> Tensor:
    # With y = u + jv: ∂y/∂a = (j omega0 + 2 minus a) y and ∂y/∂b = (2 minus b - omega0) y. Autograd computes exp,
    # sin and cos again: a step at 48² and width 28 takes 3 % more in compiled code and 18 % more without.
    (a, b), (p, q), (u, v) = halves(z), halves(grad), halves(y)
    along, across = p * u + q * v, q * u - p * v
    return torch.cat((2 * minus * a * along + omega0 * across, (2 * minus * b - omega0) * along), dim=-1)


def _gabor_of_real(z: Tensor, omega0: float, minus: float) -> Tensor:
    """`_gabor` of real z: (N, units) -> (N, 2 units)."""
    modulus, angle = (minus * z * z).exp(), omega0 * z
    return torch.cat((modulus * angle.cos(), modulus * angle.sin()), dim=-1)


def _gabor_of_real_vjp(grad: Tensor, z: Tensor, y: Tensor, omega0: float, minus: float) -> Tensor:
    (p, q), (u, v) = halves(grad), halves(y)
    return 2 * minus * z * (p * u + q * v) + omega0 * (q * u - p * v)


GABOR = Kernel(_gabor, _gabor_vjp, columns=(2, 2))
GABOR_OF_REAL = Kernel(_gabor_of_real, _gabor_of_real_vjp, columns=(1, 2))


class Gabor(Pointwise):
    """WIRE's nonlinearity as a module: complex output, real parts first, of real or of complex pre-activations."""

    activation: Wire

    def __init__(self, activation: Wire, kernel: Kernel) -> None:
        super().__init__(activation)
        self._kernel = kernel

    def forward(self, z: Tensor) -> Tensor:
        return self._kernel(z, self.activation.omega0, -(self.activation.s0**2))


class ComplexMLP(MLP):
    """MLP of layers with complex outputs, real parts first; `features` returns them as complex tensors."""

    def features(self, coords: Tensor) -> list[Tensor]:
        return [torch.complex(*values.chunk(2, dim=-1)) for values in super().features(coords)]


class Wire(FirstFrequency):
    """exp(j omega0 z - |s0 z|²) of complex z [Saragadam et al., CVPR 2023], with complex weights after the first layer.

    The modulus is largest at Im z = -omega0 / (2 s0²), where it is exp(omega0² / (4 s0²)): 1.28 for omega0 = s0, 1.75
    for a ratio of 1.5, 54.6 for 4. Large ratios overflow, because this factor can occur in every layer; keep
    omega0 / s0 below 1.5. The published settings (omega0, s0) are (20, 30) for images, (5, 5) for denoising, (8, 6) for
    super-resolution and (10, 10) for CT, which is the default here. A matrix of complex units has twice as many real
    weights, so ⌊width/√2⌋ complex units count as `width` real ones. `first_omega0` is the frequency of the first layer
    alone, as in the published code; None for the same.
    """

    name, label, version = "wire", "WIRE", 1
    derivatives = 2

    omega0: float = Param(10.0, gt=0, tune=LogUniform(2, 40))
    s0: float = Param(10.0, gt=0, tune=LogUniform(2, 40))

    def forward(self, z: Tensor) -> Tensor:
        """The nonlinearity at real or complex z of any shape, for figures; networks use `Gabor`, in real arithmetic."""
        return torch.exp(1j * self.omega0 * z - (self.s0**2) * (z * z.conj()))

    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        matrix = FirstLinear(in_features, out_features) if first else ComplexLinear(in_features, out_features)
        return nn.Sequential(matrix, Gabor(self.of_layer(first=first), GABOR_OF_REAL if first else GABOR))

    def head(self, in_features: int, out_features: int) -> nn.Module:
        return RealHead(in_features, out_features)

    def finish(self, mlp: MLP, domain: Domain) -> nn.Module:
        return ComplexMLP(*mlp)

    def hidden_width(self, width: int) -> int:
        return max(1, math.isqrt(width * width // 2))  # ⌊width/√2⌋ in exact integers
