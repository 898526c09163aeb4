"""Linear B-spline wavelet ψ of BW-ReLU, its derivative, and ψ with a trained scale.

The definition as a sum of seven ReLUs is slow and inexact in half precision, so an equivalent formula is used.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import Function, once_differentiable

from inrbench.activations.core.kernel import DIFFERENTIABLE, Kernel, current_code

CENTRE = 1.5
"""Centre of symmetry of ψ, whose support is [0, 3]."""

VARIATION = 16.0
"""Total variation of ψ', the sum of the jumps between its slopes 0, 1/6, -7/6, 8/3, -8/3, 7/6, -1/6 and 0."""


def psi(x: Tensor, c: float | Tensor = 1.0) -> Tensor:
    """Wavelet ψ(c·x), elementwise and in the dtype of x.

    It is differentiable once, in x and, if c is a tensor (a scalar), in c.

    ψ is the semi-orthogonal linear spline wavelet of Chui and Wang, scaled to ‖ψ‖₂ = 1/2. It is piecewise linear with
    the values 0, 1/12, -1/2, 5/6, -1/2, 1/12, 0 at 0, 1/2, …, 3, and zero elsewhere. As ReLUs r it is r(x)/6 -
    8r(x-½)/6 + 23r(x-1)/6 - 16r(x-3/2)/3 + 23r(x-2)/6 - 8r(x-5/2)/6 + r(x-3)/6 [Shenouda, Zhou & Nowak, ICML 2024].
    This sum suffers from cancellation: in float16 its error reaches 0.1 where ψ is zero. The formula used here is based
    on the symmetry about 3/2 and is exactly zero outside the support in every dtype.
    """
    if not isinstance(c, Tensor):
        return WAVELET(x, c)
    if current_code() is DIFFERENTIABLE:
        return WAVELET.formula(x, c)
    out: Tensor = _Learned.apply(x, c)  # type: ignore[no-untyped-call]
    return out


class LearnedWavelet(nn.Module):
    """ψ(c·z) as a module whose c is a parameter.

    A compiled chain (`inrbench.bench.engine.capture`) multiplies the linear map before it by c instead of every z.
    """

    def __init__(self, c: float) -> None:
        super().__init__()
        self.c = nn.Parameter(torch.tensor(c))

    def forward(self, z: Tensor) -> Tensor:
        return psi(z, self.c)

    def extra_repr(self) -> str:
        return "c is trained"


# 6ψ = v | 4 - 7v | 16v - 19 for v up to ½ | 1 | 3/2, where v is the distance to the nearer end of the support and 0
# outside. With u = 3/2 - v, -6 dψ/du = 16 | -7 | 1 | 0 for u below ½ | 1 | 3/2 | beyond: a sum of three steps, from
# outside in +1, -8, +23. The coefficients are small integers and halves, exact in every dtype; the factor 1/6 comes
# last.


def _value(z: Tensor, c: float | Tensor) -> Tensor:
    v = torch.relu(CENTRE - (c * z - CENTRE).abs())
    return torch.maximum(torch.minimum(4 - 7 * v, v), 16 * v - 19) * (1 / 6)


def _steps(grad: Tensor, z: Tensor, c: float | Tensor) -> Tensor:
    """Product grad · ψ'(c·z), without the factor c of the chain rule."""
    side = c * z - CENTRE
    u = side.abs()
    steps = torch.where(u < 0.5, 16.0, torch.where(u < 1, -7.0, torch.where(u < 1.5, 1.0, 0.0)))
    return steps * side.sign() * (grad * (-1 / 6))


def _slope(grad: Tensor, z: Tensor, c: float | Tensor) -> Tensor:
    return _steps(grad, z, c) * c


# The functions below run without a compiler. They are limited by memory bandwidth, so they use few temporaries.


def _affine(offset: float, x: Tensor, slope: float | Tensor, *, out: Tensor | None = None) -> Tensor:
    """Affine function offset + slope·x in a single pass over memory."""
    start = x.new_full((), offset)
    if isinstance(slope, Tensor):  # converting it to a number would synchronise with the device
        return torch.addcmul(start, x, slope, out=out)
    return torch.add(start, x, alpha=slope, out=out)


def _plain_value(z: Tensor, c: float | Tensor) -> Tensor:
    v = _affine(-CENTRE, z, c).abs_()
    _affine(CENTRE, v, -1, out=v).relu_()
    y = _affine(4, v, -7)
    torch.minimum(y, v, out=y)
    _affine(-19, v, 16, out=v)
    return torch.maximum(y, v, out=y).mul_(1 / 6)


def _plain_steps(grad: Tensor, z: Tensor, c: float | Tensor) -> Tensor:
    side = _affine(-CENTRE, z, c)
    u = side.abs()
    # Comparisons write 0 and 1 directly into floating-point buffers.
    slope = torch.lt(u, 1.5, out=torch.empty_like(u))
    step = torch.lt(u, 1, out=torch.empty_like(u))
    slope.add_(step, alpha=-8)
    slope.add_(torch.lt(u, 0.5, out=step), alpha=23)
    return slope.mul_(side.sign_()).mul_(grad).mul_(-1 / 6)


def _plain_slope(grad: Tensor, z: Tensor, c: float | Tensor) -> Tensor:
    return _plain_steps(grad, z, c).mul_(c)


WAVELET = Kernel(_value, _slope, plain_value=_plain_value, plain_slope=_plain_slope)
_STEPPED = Kernel(_value, _steps, plain_value=_plain_value, plain_slope=_plain_steps)
"""The same for a trained c: the factor c of the derivative is left to `_Learned`."""


class _Learned(Function):
    """ψ(c·z) with a gradient in c as well, which is the sum of z ψ'(cz) over all z."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, c: Tensor) -> Tensor:
        ctx.save_for_backward(z, c)
        ctx.code = current_code()
        return ctx.code.value(_STEPPED, z, (c,))  # type: ignore[no-any-return]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor | None]:
        z, c = ctx.saved_tensors
        steps = ctx.code.slope(_STEPPED, grad, z, (c,))
        gradient_c = (steps * z).sum_to_size(c.shape) if ctx.needs_input_grad[1] else None
        return steps.mul_(c), gradient_c
