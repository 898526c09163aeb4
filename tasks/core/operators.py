"""Operators: identity, mask and area average (`tasks.core.radon` has the Radon transform).

An operator models a measurement: it maps values in grid order to measurements, (N, C) -> (M, C). Training needs
`forward` alone, through which autograd takes the gradient, so an operator need not be linear. Classical methods for
linear operators need the adjoint, which `check_adjoint` compares with autograd whenever a job is set up.
"""

from __future__ import annotations

import copy
from typing import Any, Self

import torch
from torch import Tensor


class Operator:
    """Base class of operators. A subclass defines `forward` with operations of torch.

    Attributes:
        linear: whether it is; else there is no adjoint.
        in_rows: N, the number of grid points.
        out_rows: M, the number of measurements in one channel.
        rows: for an operator that only selects grid points, their (M,) indices, or ``slice(None)`` for all of them;
            training then evaluates the network at these points only. None for an operator that mixes grid points.
        group: for an operator that mixes grid points, the number of successive measurements that a batch draws or
            leaves out together, such as those of one angle; None if it has no batches.
        in_channels: C of the values, where it is not that of the measurements.
    """

    linear: bool = True
    in_rows: int
    out_rows: int
    rows: Tensor | slice | None = None
    group: int | None = None
    in_channels: int | None = None

    def forward(self, x: Tensor) -> Tensor:
        """A x: (N, C) -> (M, C). Differentiable."""
        raise NotImplementedError

    def adjoint(self, y: Tensor) -> Tensor:
        """Aᵀ y: (M, C) -> (N, C), by autograd through `forward` unless a subclass has something faster.

        Raises:
            ValueError: if the operator is not linear.
        """
        if not self.linear:
            raise ValueError(f"{type(self).__name__} is not linear and has no adjoint; use vjp at the values")
        return self.vjp(y.new_zeros(self.in_rows, self.in_channels or y.shape[1]), y)

    def vjp(self, x: Tensor, y: Tensor) -> Tensor:
        """Jᵀ y with the Jacobian J of `forward` at x: (N, C), (M, C) -> (N, C)."""
        x = x.detach().requires_grad_()
        with torch.enable_grad():
            product = (self.forward(x) * y).sum()  # a scalar, see `AutogradEngine`
        return torch.autograd.grad(product, x)[0]

    def to(self, device: torch.device | str) -> Self:
        """The same operator, of the same class, with all tensors of its attributes on ``device``."""
        moved = copy.copy(self)  # without __init__, whose checks would wait for the device
        vars(moved).update({name: _on(device, value) for name, value in vars(self).items()})
        return moved


def _on(device: torch.device | str, value: Any) -> Any:
    """A tensor or an operator on a device, also within a list, a tuple or a dictionary; anything else as it is."""
    if isinstance(value, Tensor | Operator):
        return value.to(device)
    if isinstance(value, dict):
        return {key: _on(device, item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_on(device, item) for item in value)
    return value


def check_adjoint(operator: Operator, channels: int) -> None:
    """Compare the adjoint of a linear operator with autograd, and autograd with `forward`, at random vectors.

    With vectors x and y, Aᵀy is compared with the gradient of ⟨Ax, y⟩, number by number, and ⟨Ax, y⟩ with the product
    of that gradient and x. An inherited adjoint is checked by the second alone.

    Args:
        channels: C of the values.

    Raises:
        ValueError: one line on what is wrong, and what to do.
    """
    if not operator.linear or type(operator) in (Identity, Mask):
        return
    name, generator = type(operator).__name__, torch.Generator().manual_seed(0)
    x = torch.randn(operator.in_rows, channels, generator=generator)
    with torch.no_grad():
        forward = operator.forward(x)
    # Not random alone: two random vectors of many numbers are orthogonal, and the products below would say nothing.
    y = forward + forward.square().mean().sqrt() * torch.randn(forward.shape, generator=generator)
    try:
        gradient = operator.vjp(x, y)
    except RuntimeError as error:
        cause = str(error).splitlines()[0]
        raise ValueError(f"{name}.forward has no gradient ({cause}); write it in operations of torch") from error
    left, right = float((forward.double() * y).sum()), float((gradient.double() * x).sum())
    if not abs(left - right) <= NEAR * float(forward.norm() * y.norm()):
        raise ValueError(f"{name}.forward has a wrong gradient, or is not linear: set linear = False for that")
    if type(operator).adjoint is Operator.adjoint:
        return
    with torch.no_grad():
        adjoint = operator.adjoint(y)
    if adjoint.shape != gradient.shape:
        raise ValueError(f"{name}.adjoint gives {tuple(adjoint.shape)}, not {tuple(gradient.shape)}; fix it")
    off = float((adjoint - gradient).norm() / gradient.norm().clamp(min=1e-30))
    if not off <= NEAR:
        raise ValueError(
            f"{name}.adjoint is not the adjoint of forward, it is off by {off:.0%}; fix it, or leave it out: it then "
            "comes by autograd"
        )


def adjoint_is_gradient(operator: Operator, channels: int) -> bool:
    """Whether an operator has an adjoint of its own that gives the gradient of autograd bit for bit, at a random vector
    and on the device of ``operator``. A descent that uses it then trains as by autograd, without building a graph.

    Args:
        channels: C of the values.
    """
    if not operator.linear or type(operator).adjoint is Operator.adjoint:
        return False
    device = next((value.device for value in vars(operator).values() if isinstance(value, Tensor)), "cpu")
    x = torch.randn(operator.in_rows, channels, generator=torch.Generator().manual_seed(0)).to(device)
    with torch.no_grad():
        y = operator.forward(x)
        adjoint = operator.adjoint(y)
    return torch.equal(adjoint, operator.vjp(x, y))


NEAR = 1e-3
"""Largest relative error of an adjoint: far above rounding in float32, far below a mistake."""


class Identity(Operator):
    """Identity: every grid point is measured."""

    rows = slice(None)

    def __init__(self, n: int) -> None:
        self.in_rows = self.out_rows = n

    def forward(self, x: Tensor) -> Tensor:
        return x

    def adjoint(self, y: Tensor) -> Tensor:
        return y


class Mask(Operator):
    """Selection of grid points: only some of them are measured.

    Args:
        n: N, the number of grid points.
        rows: (M,) int64 indices of the measured points, each in [0, N).

    Raises:
        ValueError: if ``rows`` is not a vector of indices of the grid.
    """

    rows: Tensor

    def __init__(self, n: int, rows: Tensor) -> None:
        if rows.ndim != 1 or rows.dtype != torch.int64 or not rows.numel():
            raise ValueError(f"rows must be a non-empty vector of int64 indices, not {tuple(rows.shape)} {rows.dtype}")
        low, high = int(rows.min()), int(rows.max())
        if low < 0 or high >= n:
            raise ValueError(f"rows must lie in [0, {n}), not in [{low}, {high}]")
        self.in_rows = n
        self.out_rows = len(rows)
        self.rows = rows

    def forward(self, x: Tensor) -> Tensor:
        return x[self.rows]

    def adjoint(self, y: Tensor) -> Tensor:
        # index_add instead of assignment: the contributions of a point that was measured twice add up
        return y.new_zeros(self.in_rows, y.shape[1]).index_add(0, self.rows, y)


class AreaAverage(Operator):
    """Mean over blocks of ``factor`` x ``factor`` pixels: the measurement of a sensor with larger pixels.

    Args:
        shape: (H, W), the fine grid, both divisible by ``factor``.
        factor: side of a block in pixels.

    Attributes:
        coarse: (H / factor, W / factor), the grid of the measurements.

    Raises:
        ValueError: if a side is not divisible.
    """

    def __init__(self, shape: tuple[int, int], factor: int) -> None:
        if factor < 1 or any(side % factor for side in shape):
            raise ValueError(
                f"a grid of {shape[0]} x {shape[1]} cannot be divided into blocks of {factor} x {factor}; "
                "choose sides that are multiples of the factor"
            )
        self.shape = shape
        self.factor = factor
        self.coarse = (shape[0] // factor, shape[1] // factor)
        self.in_rows = shape[0] * shape[1]
        self.out_rows = self.coarse[0] * self.coarse[1]

    def forward(self, x: Tensor) -> Tensor:
        (height, width), f = self.coarse, self.factor
        return x.reshape(height, f, width, f, -1).mean(dim=(1, 3)).reshape(self.out_rows, -1)

    def adjoint(self, y: Tensor) -> Tensor:
        (height, width), f = self.coarse, self.factor
        blocks = (y / f**2).reshape(height, 1, width, 1, -1)
        return blocks.expand(height, f, width, f, -1).reshape(self.in_rows, -1)
