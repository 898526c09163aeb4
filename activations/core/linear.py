"""Linear layer on coordinates: a `torch.nn.Linear` for inputs with few columns.

It has a faster gradient for few columns, and it stays in float32 under mixed precision.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import Function, once_differentiable


def first_linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Linear map xWᵀ + b: (N, d) -> (N, out) for few columns d. The gradient of W is (xᵀg)ᵀ instead of gᵀx.

    Both forms give the same numbers, but a product with few rows took a sixth of the time of one with few columns. The
    difference was up to a tenth of a training step. Under mixed precision the layer stays in float32, because in
    bfloat16 the thousand pixels of a row would have only a few hundred different coordinates.
    """
    if torch.is_autocast_enabled(x.device.type):
        with torch.autocast(x.device.type, enabled=False):
            return first_linear(x, weight, bias)
    out: Tensor = _Linear.apply(x, weight, bias)  # type: ignore[no-untyped-call]
    return out


class FirstLinear(nn.Linear):
    """`torch.nn.Linear` that computes `first_linear`."""

    def forward(self, x: Tensor) -> Tensor:
        return first_linear(x, self.weight, self.bias)


class _Linear(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return torch.addmm(bias, x, weight.t())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        gradient_x = grad @ weight if ctx.needs_input_grad[0] else None
        return gradient_x, (x.t() @ grad).t(), grad.sum(0)
