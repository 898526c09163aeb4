"""Matrix products of compiled MLPs: both libraries against float64, and which of them is used where."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from inrbench.bench.engine import products
from inrbench.bench.engine.products import LIBRARIES, WIDE, faster_library, libraries

INTEL, AMD = "vendor_id\t: GenuineIntel\nmodel name\t: x\n", "vendor_id\t: AuthenticAMD\nmodel name\t: x\n"


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("rows", "inputs", "units"), [(300, 20, 64), (7, 2, 5), (33, 1, 3), (1, 3, 50)])
def test_the_products_of_both_libraries_are_right(library: str, rows: int, inputs: int, units: int) -> None:
    found = LIBRARIES[library]
    x, gradient = torch.randn(rows, inputs), torch.randn(rows, units)
    matrix, bias = torch.randn(units, inputs), torch.randn(units)

    def check(got: Tensor, wanted: Tensor) -> None:
        torch.testing.assert_close(got.double(), wanted, rtol=0, atol=1e-5 * max(1.0, float(wanted.abs().max())))

    check(found.affine(x, matrix, bias), x.double() @ matrix.double().t() + bias)
    check(found.times(gradient, matrix), gradient.double() @ matrix.double())
    check(found.transposed_times(gradient, x), gradient.double().t() @ x.double())


@pytest.mark.parametrize(
    ("cpuinfo", "capability", "expected"),
    [(AMD, "AVX512", "onednn"), (AMD, "AVX2", "blas"), (INTEL, "AVX512", "blas"), ("", "AVX512", "blas")],
)
def test_onednn_is_used_for_wide_layers_where_mkl_leaves_avx512_unused(
    cpuinfo: str, capability: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.mkl, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    monkeypatch.setattr(Path, "read_text", lambda _: cpuinfo)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    products._mkl_lacks_avx512.cache_clear()
    try:
        assert (faster_library(WIDE), faster_library(WIDE - 1)) == (expected, "blas")
        assert libraries() == list(dict.fromkeys(["blas", expected]))
    finally:
        products._mkl_lacks_avx512.cache_clear()
