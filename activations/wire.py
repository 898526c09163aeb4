"""WIRE: complex Gabor wavelets as activations, in a network of complex weights."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from activations.base import Activation, LogUniform, Param, Pointwise


class ComplexLinear(nn.Module):
    """Wz + b for complex z, each real and imaginary part drawn from U(±1/√n), as a complex `torch.nn.Linear` does.

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

    def forward(self, z: Tensor) -> Tensor:
        return F.linear(z, torch.view_as_complex(self.weight), torch.view_as_complex(self.bias))

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}"


class RealHead(ComplexLinear):
    """The real part of a complex linear layer. Its imaginary bias is a parameter without effect, as in WIRE's code."""

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z).real


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
        # In real arithmetic: torch's complex exponential on the CPU took four to six times as long.
        if not z.is_complex():
            return self._polar(torch.square(z) * -(self.s0**2), self.omega0 * z)
        a, b = z.real, z.imag
        decay = (torch.square(a) + torch.square(b)) * -(self.s0**2)
        return self._polar(decay - self.omega0 * b, self.omega0 * a)

    @staticmethod
    def _polar(exponent: Tensor, angle: Tensor) -> Tensor:
        modulus = torch.exp(exponent)
        return torch.complex(modulus * torch.cos(angle), modulus * torch.sin(angle))

    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        linear = nn.Linear(in_features, out_features) if first else ComplexLinear(in_features, out_features)
        return nn.Sequential(linear, Pointwise(self))

    def head(self, in_features: int, out_features: int) -> nn.Module:
        return RealHead(in_features, out_features)

    def hidden_width(self, width: int) -> int:
        return max(1, math.isqrt(width * width // 2))  # ⌊width/√2⌋ in exact integers
