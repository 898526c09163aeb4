"""WIRE: complex Gabor wavelets as activations, in a network of complex weights."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from activations.core.aot import halves
from activations.core.base import Activation, Domain, LogUniform, Param, Pointwise
from activations.core.chain import Chain
from activations.core.kernel import Kernel
from activations.core.linear import FirstLinear


class ComplexLinear(nn.Module):
    """Wz + b for complex z, each real and imaginary part drawn from U(±1/√n), as a complex `torch.nn.Linear` does.

    z goes in and comes out as real numbers, all real parts before all imaginary ones: (N, 2 in) -> (N, 2 out). The
    product is a real one, with [[Re W, -Im W], [Im W, Re W]], of as many multiplications as a complex one; what stands
    between two of them can then be computed in real arithmetic.

    The weights are stored as real pairs, (out, in, 2). The function and its gradients are those of a complex layer, and
    what does not know complex parameters (``network.double()``, fused optimisers, parameter counts) works on it.
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
        """The real matrix and the bias."""
        real, imag = self.weight.unbind(-1)
        matrix = torch.cat((torch.cat((real, -imag), dim=-1), torch.cat((imag, real), dim=-1)), dim=-2)
        return matrix, self.bias.mT.flatten(-2)

    def forward(self, z: Tensor) -> Tensor:
        return F.linear(z, *self.affine())

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}"


class RealHead(ComplexLinear):
    """The real part of a complex linear layer. Its imaginary bias is a parameter without effect, as in WIRE's code."""

    def affine(self) -> tuple[Tensor, Tensor]:
        real, imag = self.weight.unbind(-1)
        return torch.cat((real, -imag), dim=-1), self.bias[..., 0]


def _gabor(z: Tensor, omega0: float, minus: float) -> Tensor:
    """exp(j omega0 z + minus |z|²) at complex z, both as (N, 2 units), real parts first."""
    a, b = halves(z)
    modulus, angle = (minus * (a * a + b * b) - omega0 * b).exp_(), omega0 * a
    return torch.cat((modulus * angle.cos(), modulus * angle.sin()), dim=-1)


def _gabor_slope_by_value(grad: Tensor, z: Tensor, y: Tensor, omega0: float, minus: float) -> Tensor:
    # With y = u + jv: ∂y/∂a = (j omega0 + 2 minus a) y and ∂y/∂b = (2 minus b - omega0) y.
    (a, b), (p, q), (u, v) = halves(z), halves(grad), halves(y)
    along, across = p * u + q * v, q * u - p * v
    return torch.cat((2 * minus * a * along + omega0 * across, (2 * minus * b - omega0) * along), dim=-1)


def _gabor_slope(grad: Tensor, z: Tensor, omega0: float, minus: float) -> Tensor:
    return _gabor_slope_by_value(grad, z, _gabor(z, omega0, minus), omega0, minus)


def _gabor_of_real(z: Tensor, omega0: float, minus: float) -> Tensor:
    """The same at real z: (N, units) -> (N, 2 units)."""
    modulus, angle = (minus * z * z).exp_(), omega0 * z
    return torch.cat((modulus * angle.cos(), modulus * angle.sin()), dim=-1)


def _gabor_of_real_slope_by_value(grad: Tensor, z: Tensor, y: Tensor, omega0: float, minus: float) -> Tensor:
    (p, q), (u, v) = halves(grad), halves(y)
    return 2 * minus * z * (p * u + q * v) + omega0 * (q * u - p * v)


def _gabor_of_real_slope(grad: Tensor, z: Tensor, omega0: float, minus: float) -> Tensor:
    return _gabor_of_real_slope_by_value(grad, z, _gabor_of_real(z, omega0, minus), omega0, minus)


GABOR = Kernel(_gabor, _gabor_slope, slope_by_value=_gabor_slope_by_value, columns=(2, 2))
GABOR_OF_REAL = Kernel(
    _gabor_of_real, _gabor_of_real_slope, slope_by_value=_gabor_of_real_slope_by_value, columns=(1, 2)
)


class Gabor(Pointwise):
    """WIRE's nonlinearity as a module, from real pre-activations or from complex ones with their real parts first."""

    activation: Wire

    def __init__(self, activation: Wire, *, real: bool) -> None:
        super().__init__(activation)
        self._real = real

    def forward(self, z: Tensor) -> Tensor:
        return (GABOR_OF_REAL if self._real else GABOR)(z, self.activation.omega0, -(self.activation.s0**2))


class ComplexChain(Chain):
    """A chain whose layers hand on complex numbers, real parts first; its features are complex tensors again."""

    def features(self, coords: Tensor) -> list[Tensor]:
        return [torch.complex(*values.chunk(2, dim=-1)) for values in super().features(coords)]


class Wire(Activation):
    """exp(j omega0 z - |s0 z|²) on complex z [Saragadam et al., CVPR 2023]: complex weights after a real first layer.

    The modulus is largest at Im z = -omega0 / (2 s0²), where it is exp(omega0² / (4 s0²)): 1.28 for omega0 = s0, 1.75
    for a ratio of 1.5, 54.6 for 4. Such growth, layer after layer, is why large ratios overflow; keep omega0 / s0
    below 1.5. The published settings are (20, 30) for images, (5, 5) for denoising, (8, 6) for super-resolution and
    (10, 10) for CT, which is the default here. A complex unit has twice the weights of a real one, so ⌊width/√2⌋ of
    them are the equal of `width` real units.
    """

    name, label, version = "wire", "WIRE", 1

    omega0: float = Param(10.0, gt=0, tune=LogUniform(2, 40))
    s0: float = Param(10.0, gt=0, tune=LogUniform(2, 40))

    def forward(self, z: Tensor) -> Tensor:
        """At real or complex z of any shape, for figures; networks use `Gabor`, which is the same in real numbers."""
        return torch.exp(1j * self.omega0 * z - (self.s0**2) * (z * z.conj()))

    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        matrix = FirstLinear(in_features, out_features) if first else ComplexLinear(in_features, out_features)
        return nn.Sequential(matrix, Gabor(self, real=first))

    def head(self, in_features: int, out_features: int) -> nn.Module:
        return RealHead(in_features, out_features)

    def finish(self, chain: Chain, domain: Domain) -> nn.Module:
        return ComplexChain(*chain)

    def hidden_width(self, width: int) -> int:
        return max(1, math.isqrt(width * width // 2))  # ⌊width/√2⌋ in exact integers
