"""Linear B-spline wavelet ψ of BW-ReLU, its derivative, and ψ with a trained scale.

The definition as a sum of seven ReLUs is slow and inexact in half precision, so an equivalent formula is used.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inrbench.activations.core.kernel import Kernel

CENTRE = 1.5
"""Centre of symmetry of ψ, whose support is [0, 3]."""

VARIATION = 16.0
"""Total variation of ψ', the sum of the jumps between its slopes 0, 1/6, -7/6, 8/3, -8/3, 7/6, -1/6 and 0."""


def psi(x: Tensor, c: float | Tensor = 1.0) -> Tensor:
    """Wavelet ψ(c·x), elementwise and in the dtype of x.

    It is differentiable once, in x and, if c is a tensor (a scalar), in c. Its derivative is given: that of autograd
    halves the gradient where two of its pieces meet, and takes one operation for each comparison of the formula.

    ψ is the semi-orthogonal linear spline wavelet of Chui and Wang, scaled to ‖ψ‖₂ = 1/2. It is piecewise linear with
    the values 0, 1/12, -1/2, 5/6, -1/2, 1/12, 0 at 0, 1/2, …, 3, and zero elsewhere. As ReLUs r it is r(x)/6 -
    8r(x-½)/6 + 23r(x-1)/6 - 16r(x-3/2)/3 + 23r(x-2)/6 - 8r(x-5/2)/6 + r(x-3)/6 [Shenouda, Zhou & Nowak, ICML 2024].
    This sum suffers from cancellation: in float16 its error reaches 0.1 where ψ is zero. The formula used here is based
    on the symmetry about 3/2 and is exactly zero outside the support in every dtype.
    """
    return WAVELET(c * x, 1.0) if isinstance(c, Tensor) else WAVELET(x, c)


class LearnedWavelet(nn.Module):
    """ψ(c·z) as a module whose c is a parameter.

    A compiled MLP (`inrbench.bench.engine.capture`) multiplies the linear map before it by c instead of every z.
    """

    def __init__(self, c: float) -> None:
        super().__init__()
        self.c = nn.Parameter(torch.tensor(c))

    def forward(self, z: Tensor) -> Tensor:
        return psi(z, self.c)

    def extra_repr(self) -> str:
        return "c is trained"


# 6ψ = v | 4 - 7v | 16v - 19 for v up to ½ | 1 | 3/2, where v is the distance to the nearer end of the support and 0
# outside. With u = 3/2 - v, -6 dψ/du = 16 | -7 | 1 | 0 for u below ½ | 1 | 3/2 | beyond. The coefficients are small
# integers and halves, exact in every dtype; the factor 1/6 comes last.


def _value(z: Tensor, c: float | Tensor) -> Tensor:
    v = torch.relu(CENTRE - (c * z - CENTRE).abs())
    return torch.maximum(torch.minimum(4 - 7 * v, v), 16 * v - 19) * (1 / 6)


def _vjp(grad: Tensor, z: Tensor, value: Tensor, c: float | Tensor) -> Tensor:
    # With the derivative that autograd finds, both passes of three layers of 28 units take 1.2 times as long compiled,
    # and 1.4 times by autograd.
    side = c * z - CENTRE
    u = side.abs()
    steps = torch.where(u < 0.5, 16.0, torch.where(u < 1, -7.0, torch.where(u < 1.5, 1.0, 0.0)))
    return steps * side.sign() * (grad * (-1 / 6)) * c


WAVELET = Kernel(_value, _vjp)
