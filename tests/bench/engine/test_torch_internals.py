"""What is used of PyTorch beyond its interface: addresses of products, and the C++ of a function of tensors."""

from __future__ import annotations

import ctypes

import pytest
import torch
from torch import Tensor

from inrbench.bench.engine import torch_internals
from inrbench.bench.engine.torch_internals import generate, parts_of, product_functions


def test_the_product_is_that_of_small_matrices() -> None:
    size, pointer = ctypes.c_int64, ctypes.c_void_p
    multiply = ctypes.CFUNCTYPE(None, *[size] * 6, ctypes.c_bool, *[pointer] * 3, ctypes.c_bool)(product_functions()[0])
    a, b, c = torch.randn(7, 5), torch.randn(5, 3), torch.randn(7, 3)
    wanted = c + a @ b
    multiply(7, 3, 5, 5, 3, 3, True, a.data_ptr(), b.data_ptr(), c.data_ptr(), False)
    torch.testing.assert_close(c, wanted)


def test_where_pytorch_has_no_such_product_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_internals, "_address", lambda name: None)
    with pytest.raises(OSError, match="no product of small matrices"):
        product_functions()


def test_parts_of_a_flat_tensor_are_views_in_order() -> None:
    flat = torch.arange(8.0)
    matrix, bias = parts_of(flat, [torch.empty(3, 2), torch.empty(2)])
    assert torch.equal(matrix, torch.arange(6.0).reshape(3, 2))
    bias.zero_()
    assert not flat[6:].any()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of PyTorch about itself
def test_what_is_no_single_loop_is_refused() -> None:
    def in_order(z: Tensor) -> Tensor:
        return torch.sort(z).values

    with pytest.raises(NotImplementedError, match="makes 0 functions of ordered"):
        generate("ordered", in_order, [torch.rand(64)], {})
