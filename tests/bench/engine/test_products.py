"""Matrix products: those of oneDNN against float64, and where they are used."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from inrbench.bench.engine import products
from inrbench.bench.engine.products import WIDE, faster_library
from inrbench.bench.engine.torch_internals import onednn_linear

INTEL, AMD = "vendor_id\t: GenuineIntel\nmodel name\t: x\n", "vendor_id\t: AuthenticAMD\nmodel name\t: x\n"


@pytest.mark.parametrize(("rows", "inputs", "units"), [(300, 20, 64), (7, 2, 5), (33, 1, 3), (1, 3, 50)])
def test_the_products_of_onednn_are_right(rows: int, inputs: int, units: int) -> None:
    x, matrix, bias = torch.randn(rows, inputs), torch.randn(units, inputs), torch.randn(units)
    wanted = x.double() @ matrix.double().t() + bias
    torch.testing.assert_close(onednn_linear(x, matrix, bias).double(), wanted, rtol=0, atol=1e-5)


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
    products.mkl_lacks_avx512.cache_clear()
    try:
        assert (faster_library(WIDE), faster_library(WIDE - 1)) == (expected, "blas")
    finally:
        products.mkl_lacks_avx512.cache_clear()
