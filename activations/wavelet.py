"""The wavelet of BW-ReLU: a linear B-spline wavelet, which is a sum of seven ReLUs."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import Function, once_differentiable

CENTRE = 1.5
"""ψ is symmetric about it; the support is [0, 3]."""

VARIATION = 16.0
"""The total variation of ψ': its slopes 0, 1/6, -7/6, 8/3, -8/3, 7/6, -1/6, 0 jump by 16 in all."""


def psi(x: Tensor, c: float | Tensor = 1.0) -> Tensor:
    """The wavelet ψ(c·x), elementwise, in x's own dtype; differentiable once, in x and in c if c is a scalar tensor.

    ψ is the semi-orthogonal linear spline wavelet of Chui and Wang, scaled to ‖ψ‖₂ = 1/2. It is piecewise linear with
    the values 0, 1/12, -1/2, 5/6, -1/2, 1/12, 0 at 0, 1/2, …, 3, and zero elsewhere. As ReLUs r it is r(x)/6 -
    8r(x-½)/6 + 23r(x-1)/6 - 16r(x-3/2)/3 + 23r(x-2)/6 - 8r(x-5/2)/6 + r(x-3)/6 [Shenouda, Zhou & Nowak, ICML 2024].
    That sum cancels badly: in float16 its error reaches 0.1 where ψ is zero. Here the symmetry about 3/2 is used
    instead, which is exactly zero outside the support in every dtype.
    """
    out: Tensor = _Wavelet.apply(x, c)  # type: ignore[no-untyped-call]
    return out


class LearnedWavelet(nn.Module):
    """ψ(c·z) with a trained c."""

    def __init__(self, c: float) -> None:
        super().__init__()
        self.c = nn.Parameter(torch.tensor(c))

    def forward(self, z: Tensor) -> Tensor:
        return psi(z, self.c)

    def extra_repr(self) -> str:
        return "c is trained"


def _affine(offset: float, x: Tensor, slope: float | Tensor, *, out: Tensor | None = None) -> Tensor:
    """offset + slope·x in a single pass over memory."""
    start = x.new_full((), offset)
    if isinstance(slope, Tensor):  # as a number it would have to be fetched from the device
        return torch.addcmul(start, x, slope, out=out)
    return torch.add(start, x, alpha=slope, out=out)


class _Wavelet(Function):
    """ψ(c·z) and its derivative. Both are bound by memory traffic, hence few temporaries, few passes, and only z kept.

    The coefficients of 6ψ are small integers and halves, exact in every dtype; the factor 1/6 comes last.
    """

    @staticmethod
    def forward(ctx: Any, z: Tensor, c: float | Tensor) -> Tensor:
        if isinstance(c, Tensor):
            ctx.save_for_backward(z, c)
        else:
            ctx.save_for_backward(z)
            ctx.c = c
        # v = the distance to the nearer end of the support, 0 outside: 6ψ = v | 4 - 7v | 16v - 19 for v up to ½ | 1 |
        # 3/2.
        v = _affine(-CENTRE, z, c).abs_()
        _affine(CENTRE, v, -1, out=v).relu_()
        y = _affine(4, v, -7)
        torch.minimum(y, v, out=y)
        _affine(-19, v, 16, out=v)
        return torch.maximum(y, v, out=y).mul_(1 / 6)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor | None]:
        # With u = |cz - 3/2|: -6 dψ/du = 16 | -7 | 1 | 0 for u below ½ | 1 | 3/2 | beyond: a sum of three steps, from
        # outside in +1, -8, +23. Comparisons write 0 and 1 straight into floating-point buffers.
        z, *learned = ctx.saved_tensors
        c = learned[0] if learned else ctx.c
        side = _affine(-CENTRE, z, c)
        u = side.abs()
        slope = torch.lt(u, 1.5, out=torch.empty_like(u))
        step = torch.lt(u, 1, out=torch.empty_like(u))
        slope.add_(step, alpha=-8)
        slope.add_(torch.lt(u, 0.5, out=step), alpha=23)
        slope.mul_(side.sign_()).mul_(grad)
        if not learned:
            return slope.mul_(-c / 6), None
        # d ψ(cz)/dc = z ψ'(cz), summed over all z because they share one c.
        gradient_c = (slope * z).sum().mul_(-1 / 6) if ctx.needs_input_grad[1] else None
        return slope.mul_(c).mul_(-1 / 6), gradient_c
