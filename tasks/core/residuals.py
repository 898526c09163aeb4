"""Losses of a network's derivatives, for problems that are not linear in values on a grid: signed distances from the
eikonal equation, partial differential equations.

A problem may bring residuals instead of measurements. Each is a function of the network's values and derivatives at
points that are drawn for every step, and the loss is the sum over residuals and their columns of

    weight · mean over the points of abs(residual) ** power.

The network is still scored on the grid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

import torch
from torch import Tensor

from inrbench.tasks.core.operators import Operator


class Sample(NamedTuple):
    """Points of one step.

    Attributes:
        points: (P, d) float32 on the CPU, whatever the device.
        given: (P, k) float32, what is known there, such as normals; (P, 0) for nothing.
    """

    points: Tensor
    given: Tensor


class Derivatives(Protocol):
    """A network at P points: values (P, C), Jacobian (P, C, d), Laplacian (P, C) or None for a residual of order 1."""

    @property
    def values(self) -> Tensor: ...
    @property
    def jacobian(self) -> Tensor: ...
    @property
    def laplacian(self) -> Tensor | None: ...


@dataclass(frozen=True)
class Residual:
    """Terms of a loss at the same points.

    Attributes:
        sample: the points for a seed, on which all its randomness depends. It differs from step to step, and is the
            same for all activations of a repeat.
        function: from the network's derivatives and what is given at the points to (P, K), one column for each term.
        weights: of the K terms.
        order: 1 or 2, the derivatives that the function needs.
        power: 2 for mean squares, 1 for mean absolute values.
    """

    sample: Callable[[int], Sample]
    function: Callable[[Derivatives, Tensor], Tensor]
    weights: tuple[float, ...]
    order: Literal[1, 2] = 1
    power: Literal[1, 2] = 2

    def loss(self, at: Derivatives, given: Tensor) -> Tensor:
        """The sum over the points, a scalar; the loss is the mean.

        Raises:
            ValueError: if the function has not one column for each weight.
        """
        residual = self.function(at, given)
        if residual.shape != (len(given), len(self.weights)):
            raise ValueError(
                f"a residual of shape {tuple(residual.shape)} at {len(given)} points has {len(self.weights)} weights; "
                "return one column for each"
            )
        terms = residual.square() if self.power == 2 else residual.abs()
        return sum((w * term.sum() for w, term in zip(self.weights, terms.unbind(1), strict=True)), terms.new_zeros(()))


class Unmeasured(Operator):
    """Operator of a grid of ``n`` points none of which is measured, for problems with residuals."""

    rows: Tensor

    def __init__(self, n: int) -> None:
        self.in_rows, self.out_rows = n, 0
        self.rows = torch.zeros(0, dtype=torch.int64)

    def forward(self, x: Tensor) -> Tensor:
        return x[:0]

    def adjoint(self, y: Tensor) -> Tensor:
        return y.new_zeros(self.in_rows, y.shape[1])


def uniform(count: int, dimensions: int, seed: int) -> Tensor:
    """Points drawn uniformly from [-1, 1]^d: (count, d) float32."""
    return 2 * torch.rand(count, dimensions, generator=torch.Generator().manual_seed(seed)) - 1
