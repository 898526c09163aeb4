"""Elementwise functions with an analytic derivative: only the pre-activation is kept, and a compiler may fuse them.

A `Kernel` is two functions: the value at z, and the derivative at z times the gradient that arrives from above. Run one
operation after another (the plain path) they are bound by memory traffic; fused into one pass each by
``torch.compile`` they take a fraction of it. The products around them are nobody's business here.

Compiling costs seconds a process (about 3 from the cache on disk, 15 without it), so it is asked for where that pays::

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
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import Function, once_differentiable

Number = float | Tensor
"""A constant of a kernel: a number, or a scalar tensor where it is trained."""

_state = {"wanted": False, "broken": False}


class Kernel:
    """z -> value(z, *constants), differentiable once in z.

    Args:
        value: of z and the constants. It may work in place on tensors that it made itself.
        slope: of the arriving gradient, z and the constants: the gradient at z.
        plain_value, plain_slope: the same for the plain path, where other code is faster one operation at a time.
        flat: whether the functions are elementwise, so that they are compiled for vectors only, once for all shapes.

    Example:
        ``SINE = Kernel(lambda z, w: (z * w).sin_(), lambda g, z, w: (z * w).cos_().mul_(w).mul_(g))``
    """

    def __init__(
        self,
        value: Callable[..., Tensor],
        slope: Callable[..., Tensor],
        *,
        plain_value: Callable[..., Tensor] | None = None,
        plain_slope: Callable[..., Tensor] | None = None,
        flat: bool = True,
    ) -> None:
        self._value = Fused(value, plain_value or value, flat)
        self._slope = Fused(slope, plain_slope or slope, flat)

    def __call__(self, z: Tensor, *constants: Number) -> Tensor:
        out: Tensor = _Apply.apply(z, self, *constants)  # type: ignore[no-untyped-call]
        return out

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
        plain: what runs where it is not.
        flat: as for `Kernel`.
    """

    def __init__(self, function: Callable[..., Tensor], plain: Callable[..., Tensor], flat: bool = True) -> None:
        self._function, self._plain, self._flat = function, plain, flat
        self._ready = False

    def __call__(self, tensors: tuple[Tensor, ...], constants: tuple[Number, ...]) -> Tensor:
        if _state["wanted"] and not _state["broken"] and all(t.dtype == torch.float32 for t in tensors):
            try:
                return self._fused(tensors, constants)
            except torch.OutOfMemoryError:
                raise
            except Exception as error:
                _give_up(error)
        return self._plain(*tensors, *constants)

    def _fused(self, tensors: tuple[Tensor, ...], constants: tuple[Number, ...]) -> Tensor:
        # Scalars are tensors here: a number would be compiled in, once for each of its values.
        scalars = [c.detach() if isinstance(c, Tensor) else _scalar(c) for c in constants]
        shaped = [t.detach().reshape(-1) if self._flat else t.detach().contiguous() for t in tensors]
        if self._ready:
            out = self._compiled(*shaped, *scalars)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the compiler's own affairs
                out = self._compiled(*shaped, *scalars)
            self._ready = True
        return out.view(tensors[-1].shape) if self._flat else out

    @functools.cached_property
    def _compiled(self) -> Callable[..., Tensor]:
        _use_cache()
        return torch.compile(self._function, dynamic=True, fullgraph=True)


@functools.lru_cache(maxsize=256)
def _scalar(value: float) -> Tensor:
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


def cache_folder() -> Path:
    """Where this user's machine-dependent results are kept between runs: ``$XDG_CACHE_HOME/inrbench``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inrbench"


def _use_cache() -> None:
    """Compiled code goes to the user's cache, which unlike the temporary folder outlives a restart of the machine."""
    # A few one-line functions need no pool of compiler processes, which would outlive a killed job.
    os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")
    folder = cache_folder() / "inductor"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return  # the compiler then uses its own temporary folder
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(folder))


def _give_up(error: Exception) -> None:
    _state["broken"] = True
    cause = " ".join(f"{type(error).__name__}: {error}".split())[:160]
    warnings.warn(
        f"activations are not compiled here and run slower ({cause}); install a C++ compiler such as g++",
        RuntimeWarning,
        stacklevel=2,
    )
