"""Precision of matrix products: rounded factors, float32 weights, and no result under a wrong name."""

from __future__ import annotations

import pytest
import torch

from inrbench.bench.engine.precision import in_precision

CPU = torch.device("cpu")


def test_bf16_rounds_products_and_ends_with_its_context() -> None:
    a, b = torch.rand(8, 8), torch.rand(8, 8)
    with in_precision("bf16", CPU):
        rounded = a @ b
    assert rounded.dtype == torch.bfloat16
    torch.testing.assert_close(rounded.float(), a @ b, rtol=2e-2, atol=2e-2)
    with in_precision(None, CPU):
        assert (a @ b).dtype == torch.float32


def test_tf32_is_refused_where_it_would_be_float32() -> None:
    with pytest.raises(ValueError, match="tf32 needs"), in_precision("tf32", CPU):
        pass
