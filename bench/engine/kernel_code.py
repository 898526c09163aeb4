"""Implementations of kernels: compiled one by one, and recorded."""

from __future__ import annotations

import functools
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from inrbench.activations.core.kernel import PLAIN, Kernel, Number, PlainCode
from inrbench.bench.engine.aot import Source, compile_all, load, scalar


@dataclass(frozen=True, eq=False)
class Call:
    """One use of a kernel: out = kernel(z, *constants)."""

    kernel: Kernel
    z: Tensor
    constants: tuple[Number, ...]
    out: Tensor


class Recorder(PlainCode):
    """Plain kernels, with a list of their calls."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def value(self, kernel: Kernel, z: Tensor, constants: tuple[Number, ...]) -> Tensor:
        out = super().value(kernel, z, constants)
        self.calls.append(Call(kernel, z, constants, out))
        return out


class CompiledKernels(ABC):
    """Kernels as compiled code; plain where there is no code for a kernel or a tensor does not fit it."""

    def value(self, kernel: Kernel, z: Tensor, constants: tuple[Number, ...]) -> Tensor:
        out = self._run(kernel.value, kernel, (z,), constants)
        return PLAIN.value(kernel, z, constants) if out is None else out

    def slope(self, kernel: Kernel, grad: Tensor, z: Tensor, constants: tuple[Number, ...]) -> Tensor:
        out = self._run(kernel.slope, kernel, (grad, z), constants)
        return PLAIN.slope(kernel, grad, z, constants) if out is None else out

    def _run(
        self,
        function: Callable[..., Tensor],
        kernel: Kernel,
        tensors: tuple[Tensor, ...],
        constants: tuple[Number, ...],
    ) -> Tensor | None:
        if not _fits(kernel, tensors):
            return None
        scalars = [c if isinstance(c, Tensor) else scalar(c) for c in constants]
        flat = kernel.columns is None
        out = self._call(function, [*(t.reshape(-1) if flat else t.contiguous() for t in tensors), *scalars])
        return out.view(tensors[-1].shape) if flat and out is not None else out

    @abstractmethod
    def _call(self, function: Callable[..., Tensor], tensors: list[Tensor]) -> Tensor | None:
        """The result of the compiled function; None if there is no code."""


def _fits(kernel: Kernel, tensors: tuple[Tensor, ...]) -> bool:
    """Whether compiled code is for such tensors: float32, and no size of 1."""
    z = tensors[-1]
    sizes = z.numel() > 1 if kernel.columns is None else z.dim() == 2 and z.shape[0] > 1 and z.shape[1] > 2
    return sizes and all(t.dtype == torch.float32 for t in tensors)


def sources_of(kernels: Iterable[Kernel], threads: int) -> list[Source]:
    """What is compiled of kernels, for calls that a number of threads divide: their values and their slopes."""
    found: list[Source] = []
    for kernel in kernels:
        columns = kernel.columns
        found.append(Source(kernel.value, 1, columns and columns[:1], threads))
        found.append(Source(kernel.slope, 2, columns and columns[::-1], threads))
    return found


class AotKernels(CompiledKernels):
    """Kernels as ahead-of-time compiled code on the CPU.

    Args:
        kernels: those to compile.
        threads: number of threads that divide one call.
        callers: number of threads that call at the same time.

    Raises:
        CompilationError: if one cannot be compiled.
    """

    def __init__(self, kernels: Iterable[Kernel], threads: int, callers: int) -> None:
        sources = sources_of(kernels, threads)
        compile_all(sources)
        self._code = {source.function: load(source.path, callers) for source in sources}

    def _call(self, function: Callable[..., Tensor], tensors: list[Tensor]) -> Tensor | None:
        code = self._code.get(function)
        return code(tensors)[0] if code else None


class TorchCompiledKernels(CompiledKernels):
    """Kernels by ``torch.compile``, for a GPU; if that fails, plain from then on, with one warning."""

    def __init__(self) -> None:
        self._works = True

    def _call(self, function: Callable[..., Tensor], tensors: list[Tensor]) -> Tensor | None:
        if not self._works:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # notes of the compiler on its own work
                return _torch_compiled(function)(*tensors)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:
            self._works = False
            cause = " ".join(f"{type(error).__name__}: {error}".split())[:160]
            warnings.warn(f"kernels are not compiled and run slower ({cause})", RuntimeWarning, stacklevel=2)
            return None


@functools.cache
def _torch_compiled(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return torch.compile(function, dynamic=True, fullgraph=True)
