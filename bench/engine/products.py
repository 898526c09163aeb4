"""Matrix products of compiled chains, by one of two libraries that come with PyTorch.

``blas`` is the one that PyTorch calls for products, on x86 processors MKL. ``onednn`` is the one that it calls for
convolutions. MKL uses AVX-512 on processors of Intel only, oneDNN on all that have it: on an AMD EPYC of 2024 a product
takes half of the time (`docs/performance.md`). A call costs a few microseconds more, too much for narrow layers.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from inrbench.bench.machine.cpu_info import cpu_info

WIDE = 48
"""Number of units of a layer, from which on oneDNN is faster where MKL does not use AVX-512."""


class Products(Protocol):
    """The products of the two passes of a network."""

    def affine(self, x: Tensor, matrix: Tensor, bias: Tensor) -> Tensor:
        """x Wᵀ + b."""

    def times(self, a: Tensor, b: Tensor) -> Tensor:
        """a b."""

    def transposed_times(self, a: Tensor, b: Tensor) -> Tensor:
        """aᵀ b."""


class _Blas:
    def affine(self, x: Tensor, matrix: Tensor, bias: Tensor) -> Tensor:
        return torch.addmm(bias, x, matrix.t())

    def times(self, a: Tensor, b: Tensor) -> Tensor:
        return a @ b

    def transposed_times(self, a: Tensor, b: Tensor) -> Tensor:
        return a.t() @ b


class _OneDnn:
    def affine(self, x: Tensor, matrix: Tensor, bias: Tensor | None) -> Tensor:
        product: Tensor = torch.ops.mkldnn._linear_pointwise(x, matrix, bias, "none", [], "")
        return product

    def times(self, a: Tensor, b: Tensor) -> Tensor:
        return self.affine(a, b.t(), None)

    def transposed_times(self, a: Tensor, b: Tensor) -> Tensor:
        return self.affine(a.t(), b.t(), None)


LIBRARIES: Mapping[str, Products] = {"blas": _Blas(), "onednn": _OneDnn()}


def libraries() -> list[str]:
    """The libraries that are in use on this machine, for layers of any number of units."""
    return list(dict.fromkeys(faster_library(units) for units in (1, WIDE)))


def faster_library(units: int) -> str:
    """The name of the faster library for layers of so many units on this machine."""
    return "onednn" if units >= WIDE and _mkl_lacks_avx512() else "blas"


@functools.cache
def _mkl_lacks_avx512() -> bool:
    """Whether MKL is PyTorch's BLAS, and does not use the AVX-512 that the processor has."""
    if not (torch._C.has_mkl and torch._C._has_mkldnn):
        return False
    return cpu_info().get("vendor_id") == "AuthenticAMD" and "AVX512" in torch.backends.cpu.get_cpu_capability()


def make_onednn_known_to_compiler() -> None:
    """Let PyTorch's compiler call oneDNN for matrices that vary: by itself it does for constant ones only."""
    import torch._inductor.mkldnn_lowerings  # its own rule is registered first
    from torch._inductor.ir import FixedLayout, TensorBox
    from torch._inductor.lowering import register_lowering
    from torch._inductor.mkldnn_ir import LinearUnary, _create_output_node

    @register_lowering(torch.ops.mkldnn._linear_pointwise.default)
    def linear(x: Any, matrix: Any, bias: Any, attr: str, scalars: Any, algorithm: str) -> Any:
        # Rows of x must be contiguous; the matrix may be the transposed view of one.
        given = [LinearUnary.require_contiguous(LinearUnary.realize_input(x)), LinearUnary.realize_input(matrix)]
        constants: list[Any] = [attr, [-1], algorithm]
        if bias is None:
            constants.insert(0, None)
        else:
            given.append(LinearUnary.require_contiguous(LinearUnary.realize_input(bias)))
        size = [given[0].get_size()[0], given[1].get_size()[0]]
        layout = FixedLayout(device=x.get_device(), dtype=x.get_dtype(), size=size)
        output = _create_output_node(LinearUnary(layout, given, constants))  # type: ignore[no-untyped-call]
        return TensorBox.create(output)
