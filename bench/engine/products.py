"""Matrix products of linear layers under autograd, by one of two libraries that come with PyTorch.

``blas`` is the one that PyTorch calls for products, on x86 processors MKL. ``onednn`` is the one that it calls for
convolutions. MKL uses AVX-512 on processors of Intel only, oneDNN on all that have it: on an AMD EPYC of 2024 a product
takes half of the time. A call costs a few microseconds more, too much for narrow layers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import Function
from torch.overrides import TorchFunctionMode

from inrbench.bench.engine.torch_internals import onednn_linear, untested
from inrbench.bench.machine.cpu_info import cpu_info

WIDE = 48
"""Number of units of a layer, from which on oneDNN is faster where MKL does not use AVX-512."""


def faster_library(units: int) -> str:
    """The name of the faster library for layers of this many units on this machine."""
    return "onednn" if units >= WIDE and mkl_lacks_avx512() else "blas"


@functools.cache
def mkl_lacks_avx512() -> bool:
    """Whether MKL is PyTorch's BLAS, and does not use the AVX-512 that the processor has."""
    if untested() or not (torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available()):  # type: ignore[no-untyped-call]
        return False
    return cpu_info().get("vendor_id") == "AuthenticAMD" and "AVX512" in torch.backends.cpu.get_cpu_capability()


def library_of_linear(network: nn.Module) -> str:
    """The library whose products are faster for the widest matrix of a network."""
    shapes = [parameter.shape[:2] for parameter in network.parameters() if parameter.dim() > 1]
    return faster_library(max(map(min, shapes), default=0))


@contextmanager
def multiplied_by(library: str) -> Iterator[None]:
    """Within it, linear layers that are wide enough multiply by a library in this thread, in the backward pass too."""
    with _Linears() if library == "onednn" else nullcontext():
        yield


class _Linears(TorchFunctionMode):
    """`torch.nn.functional.linear` of wide float32 matrices by oneDNN."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if function is nn.functional.linear and not kwargs and all(_fits(tensor) for tensor in args[:2]):
            return _Linear.apply(*args, *[None] * (3 - len(args)))  # type: ignore[no-untyped-call]
        return function(*args, **(kwargs or {}))


def _fits(tensor: Tensor) -> bool:
    return tensor.dim() == 2 and tensor.dtype == torch.float32 and tensor.shape[1] >= WIDE


class _Linear(Function):
    """x Wᵀ + b by oneDNN, with derivatives of any order."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, matrix: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, matrix)
        # It reads a bias as contiguous whatever its strides.
        return onednn_linear(x, matrix, None if bias is None else bias.contiguous())

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, matrix = ctx.saved_tensors
        product: Callable[..., Tensor] = _Linear.apply
        at_x, at_matrix, at_bias = ctx.needs_input_grad
        return (
            product(grad, matrix.t(), None) if at_x else None,
            product(grad.t(), x.t(), None) if at_matrix else None,
            grad.sum(0) if at_bias else None,
        )
