"""The linear layer on coordinates: a `torch.nn.Linear` that suits a few columns, and keeps their digits."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import Function, once_differentiable


def first_linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """xWᵀ + b for x of few columns. Its weights' gradient is computed as (xᵀg)ᵀ instead of gᵀx.

    The numbers are the same; the product with few rows instead of few columns took a sixth of the time, and the other
    form up to a tenth of a whole step. In mixed precision it stays in float32: in bfloat16 a thousand pixels of a line
    would stand at a few hundred places.
    """
    if torch.is_autocast_enabled(x.device.type):
        with torch.autocast(x.device.type, enabled=False):
            return first_linear(x, weight, bias)
    out: Tensor = _Linear.apply(x, weight, bias)  # type: ignore[no-untyped-call]
    return out


class FirstLinear(nn.Linear):
    """A linear layer that computes `first_linear`."""

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
