"""Elementwise functions with an analytic derivative.

A `Kernel` is two functions: the value at z, and the derivative at z times the gradient from above. Autograd keeps its
pre-activation z alone. Run one operation after another, both are bound by memory traffic; an engine
(`inrbench.bench.engine.engine`) may therefore have them compiled, and supplies the compiled code for the duration of a
forward pass by `using`. Nothing here depends on a compiler.

Where the derivatives of a network at its coordinates are themselves differentiated
(`inrbench.activations.core.derivatives`), the code is `DIFFERENTIABLE`: a kernel is then its formula, with the
derivatives of autograd.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from torch import Tensor
from torch.autograd.function import Function, once_differentiable

Number = float | Tensor
"""A constant of a kernel: a number, or a scalar tensor. It gets no gradient."""


class Kernel:
    """z -> value(z, *constants), differentiable once in z.

    Args:
        value: function of z and the constants. It may work in place on tensors that it made itself. All functions stand
            at the top level of a file.
        slope: function of the gradient from above, z and the constants; returns the gradient at z.
        plain_value, plain_slope: the same without a compiler, where other code is faster one operation at a time.
        slope_by_value: function of the gradient from above, z, the value at z and the constants; the same as ``slope``,
            where the value saves work. Compiled chains use it.
        formula: the value in operations that autograd differentiates any number of times, everywhere; ``value`` where
            that is one.
        columns: number of columns of z and of the value for each unit, where the functions are not elementwise but mix
            the columns of (rows, columns). GABOR of WIRE, complex numbers as pairs, has (2, 2).

    Raises:
        TypeError: if a function is a lambda or inside another one, where a compiler could not find it by name.

    Example:
        ``def value(z, w): return (z * w).sin_()``, ``def slope(g, z, w): return (z * w).cos_().mul_(w).mul_(g)`` and
        ``SINE = Kernel(value, slope)``, which is called as ``SINE(z, 30.0)``.
    """

    def __init__(
        self,
        value: Callable[..., Tensor],
        slope: Callable[..., Tensor],
        *,
        plain_value: Callable[..., Tensor] | None = None,
        plain_slope: Callable[..., Tensor] | None = None,
        slope_by_value: Callable[..., Tensor] | None = None,
        formula: Callable[..., Tensor] | None = None,
        columns: tuple[int, int] | None = None,
    ) -> None:
        for function in filter(None, (value, slope, slope_by_value)):
            if not function.__qualname__.isidentifier():
                raise TypeError(f"{function.__qualname__}: define it with def at the top level of its file")
        self.value, self.slope, self.slope_by_value, self.columns = value, slope, slope_by_value, columns
        self.plain_value, self.plain_slope = plain_value or value, plain_slope or slope
        self.formula = formula or value

    def __call__(self, z: Tensor, *constants: Number) -> Tensor:
        code = _code.get()
        if code is DIFFERENTIABLE:
            return self.formula(z, *constants)
        out: Tensor = _Apply.apply(z, self, code, *constants)  # type: ignore[no-untyped-call]
        return out


class KernelCode(Protocol):
    """Implementation of kernels: what runs when one is evaluated or differentiated."""

    def value(self, kernel: Kernel, z: Tensor, constants: tuple[Number, ...]) -> Tensor:
        """The value at z."""

    def slope(self, kernel: Kernel, grad: Tensor, z: Tensor, constants: tuple[Number, ...]) -> Tensor:
        """The gradient at z for the gradient from above."""


class PlainCode:
    """Kernels by PyTorch's operations, one after another."""

    def value(self, kernel: Kernel, z: Tensor, constants: tuple[Number, ...]) -> Tensor:
        return kernel.plain_value(z, *constants)

    def slope(self, kernel: Kernel, grad: Tensor, z: Tensor, constants: tuple[Number, ...]) -> Tensor:
        return kernel.plain_slope(grad, z, *constants)


PLAIN = PlainCode()
DIFFERENTIABLE = PlainCode()
"""Kernels as their formulas, without the analytic derivative, which is differentiable no further. Where that is not the
true one, as in FINER, this is."""

_code: ContextVar[KernelCode] = ContextVar("kernel_code", default=PLAIN)


@contextmanager
def using(code: KernelCode) -> Iterator[None]:
    """Within it, kernels called in this thread run by an implementation, in the backward pass too."""
    token = _code.set(code)
    try:
        yield
    finally:
        _code.reset(token)


def current_code() -> KernelCode:
    """The implementation that kernels called in this thread run by."""
    return _code.get()


def halves(x: Tensor) -> tuple[Tensor, Tensor]:
    """The left and the right half of the columns, as ``x.chunk(2, dim=-1)``, which cannot be compiled for any width."""
    half = x.shape[-1] // 2
    return x[..., :half], x[..., half:]


class _Apply(Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor, kernel: Kernel, code: KernelCode, *constants: Number) -> Tensor:
        ctx.save_for_backward(z)
        ctx.kernel, ctx.code, ctx.constants = kernel, code, constants
        return code.value(kernel, z, constants)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        (z,) = ctx.saved_tensors
        return ctx.code.slope(ctx.kernel, grad, z, ctx.constants), *[None] * (2 + len(ctx.constants))
