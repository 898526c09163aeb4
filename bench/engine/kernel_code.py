"""Other code for nonlinearities than PyTorch's operations one by one: recorded calls, and code compiled for a GPU."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from inrbench.activations.core.kernel import Kernel, KernelCode, Number


@dataclass(frozen=True, eq=False)
class Call:
    """One use of a kernel: out = kernel(z, *constants)."""

    kernel: Kernel
    z: Tensor
    constants: tuple[Number, ...]
    out: Tensor


class Recorder(KernelCode):
    """Plain operations, with a list of the calls of kernels."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def value(self, kernel: Kernel, z: Tensor, constants: tuple[Number, ...]) -> Tensor:
        out = super().value(kernel, z, constants)
        self.calls.append(Call(kernel, z, constants, out))
        return out


class TorchCompiled(KernelCode):
    """Nonlinearities by ``torch.compile``, for a GPU; if that fails, plain from then on, with one warning.

    Tested on a CPU only.
    """

    def __init__(self) -> None:
        self._works = True

    def pointwise(self, function: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
        return self._run(function, z)

    def value(self, kernel: Kernel, z: Tensor, constants: tuple[Number, ...]) -> Tensor:
        return self._run(kernel.value, z, *map(_scalar, constants))

    def vjp(self, kernel: Kernel, grad: Tensor, z: Tensor, value: Tensor, constants: tuple[Number, ...]) -> Tensor:
        assert kernel.vjp is not None
        return self._run(kernel.vjp, grad, z, value, *map(_scalar, constants))

    def _run(self, function: Callable[..., Tensor], *tensors: Tensor) -> Tensor:
        if self._works and all(size > 1 for size in tensors[0].shape):  # a size of 1 would be compiled in
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # notes of the compiler on its own work
                    return _compiled(function)(*tensors)
            except torch.OutOfMemoryError:
                raise
            except Exception as error:
                self._works = False
                cause = " ".join(f"{type(error).__name__}: {error}".split())[:160]
                warnings.warn(f"kernels are not compiled and run slower ({cause})", RuntimeWarning, stacklevel=2)
        return function(*tensors)


def _scalar(value: Number) -> Tensor:
    """A number as a tensor: as a number it would be compiled in, and each of its values would need code of its own."""
    return value if isinstance(value, Tensor) else torch.tensor(value)


@functools.lru_cache(maxsize=256)
def _compiled(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return torch.compile(function, dynamic=True, fullgraph=True)
