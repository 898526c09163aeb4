"""BW-ReLU: a linear B-spline wavelet, which is a sum of seven ReLUs, as the activation."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import Function, once_differentiable

from activations.base import Activation, LogUniform, Param


def psi(x: Tensor, c: float = 1.0) -> Tensor:
    """The wavelet ψ(c·x), elementwise, in x's own dtype; differentiable once.

    ψ is the semi-orthogonal linear spline wavelet of Chui and Wang, scaled to ‖ψ‖₂ = 1/2. It is piecewise linear with
    the values 0, 1/12, -1/2, 5/6, -1/2, 1/12, 0 at 0, 1/2, …, 3, and zero elsewhere. As ReLUs r it is r(x)/6 -
    8r(x-½)/6 + 23r(x-1)/6 - 16r(x-3/2)/3 + 23r(x-2)/6 - 8r(x-5/2)/6 + r(x-3)/6 [Shenouda, Zhou & Nowak, ICML 2024].
    That sum cancels badly: in float16 its error reaches 0.1 where ψ is zero. Here the symmetry about 3/2 is used
    instead, which is exactly zero outside the support in every dtype.
    """
    out: Tensor = _Wavelet.apply(x, c)  # type: ignore[no-untyped-call]
    return out


def _affine(offset: float, x: Tensor, slope: float, *, out: Tensor | None = None) -> Tensor:
    """offset + slope·x in a single pass over memory."""
    return torch.add(x.new_full((), offset), x, alpha=slope, out=out)


class _Wavelet(Function):
    """ψ(c·z) and its derivative. Both are bound by memory traffic, hence few temporaries, few passes, and only z kept.

    The coefficients of 6ψ are small integers and halves, exact in every dtype; the factor 1/6 comes last.
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor, c: float) -> Tensor:
        ctx.save_for_backward(z)
        ctx.c = c
        # v = the distance to the nearer end of the support, 0 outside: 6ψ = v | 4 - 7v | 16v - 19 for v up to ½ | 1 |
        # 3/2.
        v = _affine(-1.5, z, c).abs_()
        _affine(1.5, v, -1, out=v).relu_()
        y = _affine(4, v, -7)
        torch.minimum(y, v, out=y)
        _affine(-19, v, 16, out=v)
        return torch.maximum(y, v, out=y).mul_(1 / 6)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        # With u = |cz - 3/2|: -6 dψ/du = 16 | -7 | 1 | 0 for u below ½ | 1 | 3/2 | beyond: a sum of three steps, from
        # outside in +1, -8, +23. Comparisons write 0 and 1 straight into floating-point buffers.
        (z,) = ctx.saved_tensors
        side = _affine(-1.5, z, ctx.c)
        u = side.abs()
        slope = torch.lt(u, 1.5, out=torch.empty_like(u))
        step = torch.lt(u, 1, out=torch.empty_like(u))
        slope.add_(step, alpha=-8)
        slope.add_(torch.lt(u, 0.5, out=step), alpha=23)
        return slope.mul_(side.sign_()).mul_(grad).mul_(-ctx.c / 6), None


class BwRelu(Activation):
    """ψ(c·z), PyTorch's default initialisation; c multiplies weights and bias [Shenouda, Zhou & Nowak, ICML 2024].

    The published settings are c = 3 for CT and super-resolution and c = 9 for images. c acts as bandwidth and as the
    gain of the initialisation at once: after three layers 300 wide the features' spread is 0.003 for c = 1 and 0.17
    for c = 9.
    """

    name, label, version = "bw-relu", "BW-ReLU", 1

    c: float = Param(3.0, gt=0, tune=LogUniform(1, 20))

    def forward(self, z: Tensor) -> Tensor:
        return psi(z, self.c)
