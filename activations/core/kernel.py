"""Nonlinearities that are not elementwise, or whose derivative is given instead of traced.

A plugin's `forward` in plain PyTorch is compiled with the derivative that autograd finds. A `Kernel` is for what that
cannot say: a function that mixes columns (complex numbers as pairs), or a derivative that is faster than autograd's. An
engine (`inrbench.bench.engine.engine`) may supply other code for the duration of a forward pass by `using`. Nothing
here depends on a compiler.

Where the derivatives of a network at its coordinates are themselves differentiated
(`inrbench.activations.core.derivatives`), the code is `DIFFERENTIABLE`: a kernel is then its value alone, with the
derivatives of autograd.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import Function, once_differentiable

Number = float | Tensor
"""A constant of a kernel: a number, or a scalar tensor. With a given derivative it gets no gradient."""


class Kernel:
    """z -> value(z, *constants).

    Args:
        value: function of z and the constants, in operations that autograd differentiates any number of times.
        vjp: function of the gradient from above, z, the value at z and the constants; returns the gradient at z. None
            is that of autograd. Give one only where it is faster, or where columns are mixed.
        columns: number of columns of z and of the value for each unit. GABOR of WIRE, complex numbers as pairs, has
            (2, 2). Other than (1, 1) it needs a VJP: a traced one needs memory between its loops, which compiled
            MLPs do not give it.

    Raises:
        TypeError: if a function is a lambda or inside another one, where a compiler could not find it by name; or if
            columns are mixed without a VJP.

    Example:
        ``def value(z, w): return torch.sin(w * z)`` and ``SINE = Kernel(value)``, called as ``SINE(z, 30.0)``.
    """

    def __init__(
        self,
        value: Callable[..., Tensor],
        vjp: Callable[..., Tensor] | None = None,
        *,
        columns: tuple[int, int] = (1, 1),
    ) -> None:
        for function in filter(None, (value, vjp)):
            if not function.__qualname__.isidentifier():
                raise TypeError(f"{function.__qualname__}: define it with def at the top level of its file")
        if columns != (1, 1) and vjp is None:
            raise TypeError("a kernel that mixes columns needs its VJP; give it as the second argument")
        self.value, self.vjp, self.columns = value, vjp, columns

    def __call__(self, z: Tensor, *constants: Number) -> Tensor:
        code = current_code()
        if self.vjp is None or code is DIFFERENTIABLE:
            return code.value(self, z, constants)
        out: Tensor = _WithVjp.apply(z, self, code, *constants)  # type: ignore[no-untyped-call]
        return out


class KernelCode:
    """What runs when a nonlinearity is evaluated or differentiated: here PyTorch's operations, one after another."""

    def pointwise(self, function: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
        """The value of a plugin's `forward` at z, differentiable."""
        return function(z)

    def value(self, kernel: Kernel, z: Tensor, constants: tuple[Number, ...]) -> Tensor:
        """The value at z, differentiable."""
        return kernel.value(z, *constants)

    def vjp(self, kernel: Kernel, grad: Tensor, z: Tensor, value: Tensor, constants: tuple[Number, ...]) -> Tensor:
        """The gradient at z for the gradient from above, of a kernel that has a derivative."""
        assert kernel.vjp is not None
        return kernel.vjp(grad, z, value, *constants)


PLAIN = KernelCode()
DIFFERENTIABLE = KernelCode()
"""Kernels without their given derivative, which is differentiable no further. `constant` has no effect then."""

_code: ContextVar[KernelCode] = ContextVar("kernel_code", default=PLAIN)


@contextmanager
def using(code: KernelCode) -> Iterator[None]:
    """Within it, nonlinearities called in this thread run by an implementation, in the backward pass too."""
    token = _code.set(code)
    try:
        yield
    finally:
        _code.reset(token)


def current_code() -> KernelCode:
    """The implementation that nonlinearities called in this thread run by."""
    if torch.compiler.is_compiling():  # its tracer does not know context variables
        return PLAIN
    return _code.get()


def constant(x: Tensor) -> Tensor:
    """x without its gradient in training (FINER's rule); x itself where derivatives at the coordinates are exact."""
    return x if current_code() is DIFFERENTIABLE else x.detach()


def halves(x: Tensor) -> tuple[Tensor, Tensor]:
    """The left and the right half of the columns, as ``x.chunk(2, dim=-1)``, which cannot be compiled for any width."""
    half = x.shape[-1] // 2
    return x[..., :half], x[..., half:]


class _WithVjp(Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor, kernel: Kernel, code: KernelCode, *constants: Number) -> Tensor:
        value = code.value(kernel, z, constants)
        ctx.save_for_backward(z, value)
        ctx.kernel, ctx.code, ctx.constants = kernel, code, constants
        return value

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        z, value = ctx.saved_tensors
        return ctx.code.vjp(ctx.kernel, grad, z, value, ctx.constants), *[None] * (2 + len(ctx.constants))
