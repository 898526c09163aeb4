"""Implementations of kernels: compiled one by one, and recorded."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from activations.core.kernel import PLAIN, Kernel, Number, PlainCode
from bench.engine.aot import CompiledCode, Source, compile_all, load, scalar


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


class AotKernels:
    """Kernels as ahead-of-time compiled code on the CPU; plain where a tensor does not fit the code.

    Args:
        kernels: those to compile.
        threads: number of threads that divide one call.
        callers: number of threads that call at the same time.

    Raises:
        CompilationError: if one cannot be compiled.
    """

    def __init__(self, kernels: Iterable[Kernel], threads: int, callers: int) -> None:
        sources = {}
        for kernel in kernels:
            columns = kernel.columns
            sources[kernel.value] = Source(kernel.value, 1, columns and columns[:1], threads)
            sources[kernel.slope] = Source(kernel.slope, 2, columns and columns[::-1], threads)
        compile_all(list(sources.values()))
        self._code = {function: load(source.path, callers) for function, source in sources.items()}

    def value(self, kernel: Kernel, z: Tensor, constants: tuple[Number, ...]) -> Tensor:
        code = self._code.get(kernel.value)
        return _run(code, kernel, (z,), constants) if code else PLAIN.value(kernel, z, constants)

    def slope(self, kernel: Kernel, grad: Tensor, z: Tensor, constants: tuple[Number, ...]) -> Tensor:
        code = self._code.get(kernel.slope)
        return _run(code, kernel, (grad, z), constants) if code else PLAIN.slope(kernel, grad, z, constants)


def _run(code: CompiledCode, kernel: Kernel, tensors: tuple[Tensor, ...], constants: tuple[Number, ...]) -> Tensor:
    z = tensors[-1]
    if not _fits(kernel, tensors):
        plain = kernel.plain_value if len(tensors) == 1 else kernel.plain_slope
        return plain(*tensors, *constants)
    scalars = [c if isinstance(c, Tensor) else scalar(c) for c in constants]
    if kernel.columns is None:
        return code([*(t.reshape(-1) for t in tensors), *scalars])[0].view(z.shape)
    return code([*(t.contiguous() for t in tensors), *scalars])[0]


def _fits(kernel: Kernel, tensors: tuple[Tensor, ...]) -> bool:
    """Whether compiled code is for such tensors: float32, and no size of 1."""
    z = tensors[-1]
    sizes = z.numel() > 1 if kernel.columns is None else z.dim() == 2 and z.shape[0] > 1 and z.shape[1] > 2
    return sizes and all(t.dtype == torch.float32 for t in tensors)


class TorchCompiledKernels:
    """Kernels by ``torch.compile``, for a GPU; plain where that fails, with one warning."""

    def __init__(self) -> None:
        self._works = True

    def value(self, kernel: Kernel, z: Tensor, constants: tuple[Number, ...]) -> Tensor:
        found = self._run(kernel.value, kernel, (z,), constants)
        return PLAIN.value(kernel, z, constants) if found is None else found

    def slope(self, kernel: Kernel, grad: Tensor, z: Tensor, constants: tuple[Number, ...]) -> Tensor:
        found = self._run(kernel.slope, kernel, (grad, z), constants)
        return PLAIN.slope(kernel, grad, z, constants) if found is None else found

    def _run(
        self,
        function: Callable[..., Tensor],
        kernel: Kernel,
        tensors: tuple[Tensor, ...],
        constants: tuple[Number, ...],
    ) -> Tensor | None:
        if not self._works or not _fits(kernel, tensors):
            return None
        scalars = [c if isinstance(c, Tensor) else scalar(c) for c in constants]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # notes of the compiler on its own work
                out = _torch_compiled(function)(*(t.contiguous() for t in tensors), *scalars)
        except torch.OutOfMemoryError:
            raise
        except Exception as error:
            self._works = False
            cause = " ".join(f"{type(error).__name__}: {error}".split())[:160]
            warnings.warn(f"kernels are not compiled and run slower ({cause})", RuntimeWarning, stacklevel=2)
            return None
        return out


@functools.cache
def _torch_compiled(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return torch.compile(function, dynamic=True, fullgraph=True)
