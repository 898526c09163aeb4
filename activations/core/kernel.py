"""Elementwise functions with an analytic derivative: only the pre-activation is kept, and a compiler may fuse them.

A `Kernel` is two functions: the value at z, and the derivative at z times the gradient that arrives from above. Run one
operation after another (the plain path) they are bound by memory traffic; fused into one pass each by PyTorch's
compiler they take a fraction of it. The products around them are nobody's business here.

Compiling costs seconds, once for a machine (`activations.core.aot`; on a GPU ``torch.compile``, for each process), so
it is asked for where that pays::

    with compiling(True):
        train(network)

Where it fails, for want of a C++ compiler for example, this is said once and the plain path computes the same to
rounding. Only float32 is compiled: float64 is what tests compare with, and must not depend on a compiler.
"""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import Function, once_differentiable

from activations.core.aot import Code, Source, native

Number = float | Tensor
"""A constant of a kernel: a number, or a scalar tensor where it is trained."""

_state = {"wanted": False, "broken": False}


class Kernel:
    """z -> value(z, *constants), differentiable once in z.

    Args:
        value: of z and the constants. It may work in place on tensors that it made itself. Both functions stand at the
            top level of a file.
        slope: of the arriving gradient, z and the constants: the gradient at z.
        plain_value, plain_slope: the same for the plain path, where other code is faster one operation at a time.
        slope_by_value: of the arriving gradient, z, the value at z and the constants: the same as ``slope``, where the
            value saves work. Compiled chains use it, which have the value at hand.
        columns: where the functions are not elementwise but take (rows, columns) and mix columns: how many columns z
            and the value have for each unit. GABOR of WIRE, complex numbers as pairs, has (2, 2).

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
        columns: tuple[int, int] | None = None,
    ) -> None:
        self._by_value = slope_by_value and Source(slope_by_value, 3, columns and (*columns[::-1], columns[1]))
        self.columns = columns or (1, 1)
        self._slope = Fused(slope, 2, plain_slope or slope, columns and columns[::-1])
        self._value = Fused(value, 1, plain_value or value, columns and columns[:1], then=self._slope)

    def __call__(self, z: Tensor, *constants: Number) -> Tensor:
        out: Tensor = _Apply.apply(z, self, *constants)  # type: ignore[no-untyped-call]
        for calls in _recorders:
            calls.append(Call(self, z, constants, out))
        return out

    @property
    def sources(self) -> tuple[Source, ...]:
        """The functions of value and slope, and that of the slope by the value where there is one."""
        by_value = (self._by_value,) if self._by_value else ()
        return self._value.source, self._slope.source, *by_value

    def value(self, z: Tensor, *constants: Number) -> Tensor:
        """The value, without a gradient."""
        return self._value((z,), constants)

    def slope(self, grad: Tensor, z: Tensor, *constants: Number) -> Tensor:
        """The gradient at z for one that arrives from above."""
        return self._slope((grad, z), constants)


class _Apply(Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor, kernel: Kernel, *constants: float) -> Tensor:
        ctx.save_for_backward(z)
        ctx.kernel, ctx.constants = kernel, constants
        return kernel.value(z, *constants)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        (z,) = ctx.saved_tensors
        return ctx.kernel.slope(grad, z, *ctx.constants), *[None] * (1 + len(ctx.constants))


class Fused:
    """A function of tensors of one shape and of constants, as compiled code where that is wanted and possible.

    Args:
        function: what is compiled.
        tensors: how many of its arguments are tensors; the others are constants.
        plain: what runs where it is not.
        columns: of each tensor for each unit, where the function is not elementwise.
        then: what will be wanted soon after it, to be compiled at the same time.
    """

    def __init__(
        self,
        function: Callable[..., Tensor],
        tensors: int,
        plain: Callable[..., Tensor],
        columns: tuple[int, ...] | None = None,
        then: Fused | None = None,
    ) -> None:
        self._function, self._plain, self._columns = function, plain, columns
        self.source = Source(function, tensors, columns)
        self._others = [then.source] if then is not None else []
        self._native: dict[int, Code] = {}  # number of threads -> machine code

    def __call__(self, tensors: tuple[Tensor, ...], constants: tuple[Number, ...]) -> Tensor:
        if _state["wanted"] and not _state["broken"] and self._can(tensors):
            try:
                return self._fused(tensors, constants)
            except torch.OutOfMemoryError:
                raise
            except Exception as error:
                give_up(error)
        return self._plain(*tensors, *constants)

    def _can(self, tensors: tuple[Tensor, ...]) -> bool:
        """Whether there can be code for tensors like these; none is made for sizes of 1."""
        z = tensors[-1]
        sizes = z.numel() > 1 if self._columns is None else z.dim() == 2 and z.shape[0] > 1 and z.shape[1] > 2
        return sizes and all(t.dtype == torch.float32 for t in tensors)

    def _fused(self, tensors: tuple[Tensor, ...], constants: tuple[Number, ...]) -> Tensor:
        scalars = [c if isinstance(c, Tensor) else scalar(c) for c in constants]
        flat = self._columns is None
        shaped = [t.reshape(-1) if flat else t.contiguous() for t in tensors]
        if tensors[-1].is_cuda:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the compiler's own affairs
                out = self._compiled(*shaped, *scalars)
        else:
            threads = torch.get_num_threads()
            code = self._native.get(threads)
            if code is None:
                code = self._native[threads] = native(self.source, *self._others)
            (out,) = code([*shaped, *scalars])
        return out.view(tensors[-1].shape) if flat else out

    @functools.cached_property
    def _compiled(self) -> Callable[..., Tensor]:
        return torch.compile(self._function, dynamic=True, fullgraph=True)


@dataclass(frozen=True, eq=False)
class Call:
    """A use of a kernel: out = kernel(z, *constants)."""

    kernel: Kernel
    z: Tensor
    constants: tuple[Number, ...]
    out: Tensor


_recorders: list[list[Call]] = []


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """Within it, the list has each use of a kernel so far."""
    calls: list[Call] = []
    _recorders.append(calls)
    try:
        yield calls
    finally:
        _recorders.remove(calls)


@functools.lru_cache(maxsize=256)
def scalar(value: float) -> Tensor:
    """A number as compiled code takes it: as a tensor, or it would be compiled in, once for each of its values."""
    return torch.tensor(value, dtype=torch.float32)


@contextmanager
def compiling(wanted: bool) -> Iterator[None]:
    """Within it, kernels are compiled if ``wanted``; the variable INRBENCH_COMPILE (0 or 1) overrules it."""
    before = _state["wanted"]
    _state["wanted"] = {"0": False, "1": True}.get(os.environ.get("INRBENCH_COMPILE", ""), wanted)
    try:
        yield
    finally:
        _state["wanted"] = before


def compiled() -> bool:
    """Whether kernels are compiled now: wanted, and no attempt has failed in this process."""
    return _state["wanted"] and not _state["broken"]


def give_up(error: Exception) -> None:
    """Compile nothing any more in this process, and say why."""
    _state["broken"] = True
    cause = " ".join(f"{type(error).__name__}: {error}".split())[:160]
    warnings.warn(
        f"activations are not compiled here and run slower ({cause}); it takes a C++ compiler such as g++",
        RuntimeWarning,
        stacklevel=2,
    )
