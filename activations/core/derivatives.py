"""Derivatives of a network in its coordinates, which are differentiable in its parameters, and a check of their order.

A pointwise derivative stands for the function only if it integrates to it. That of a ReLU network does; its second
derivative is zero almost everywhere and does not, because the slope jumps: trained on it, any ReLU network would solve
Laplace's equation. Hence `Activation.derivatives`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from inrbench.activations.core.kernel import DIFFERENTIABLE, using


class NetworkDerivatives(NamedTuple):
    """A network at P points in d dimensions.

    Attributes:
        values: (P, C).
        jacobian: (P, C, d), the first derivatives.
        laplacian: (P, C), the sum of the second derivatives along the coordinates; None where it was not asked for.
    """

    values: Tensor
    jacobian: Tensor
    laplacian: Tensor | None


def differentiate(network: nn.Module, points: Tensor, order: int) -> NetworkDerivatives:
    """Derivatives at points (P, d) up to an order of 1 or 2, by autograd.

    They are exact also where training replaces a derivative (FINER). No row may depend on another one.
    """
    points = points.detach().requires_grad_()
    with torch.enable_grad(), using(DIFFERENTIABLE):
        values: Tensor = network(points)
        jacobian = torch.stack([_slope(column, points) for column in values.unbind(1)], dim=1)
        if order < 2:
            return NetworkDerivatives(values, jacobian, None)
        second = [
            torch.stack([_slope(column, points)[:, axis] for axis, column in enumerate(row.unbind(1))]).sum(0)
            for row in jacobian.unbind(1)
        ]
        return NetworkDerivatives(values, jacobian, torch.stack(second, dim=1))


def _slope(column: Tensor, points: Tensor) -> Tensor:
    """The gradient (P, d) of each row's value (P,)."""
    (gradient,) = torch.autograd.grad(column.sum(), points, create_graph=True, materialize_grads=True)
    return gradient


SEGMENTS, MIDPOINTS = 32, 256


def integration_error(network: nn.Module, order: int) -> float:
    """Relative error of the integral of the derivative of an order (1 or 2) against the derivative below.

    Args:
        network: of one coordinate and one channel, in float64; it is integrated over 32 segments in (-1, 1).
    """
    edges = torch.linspace(-0.97, 0.93, SEGMENTS + 1, dtype=torch.float64)
    starts, length = edges[:-1, None], 1 / 64
    steps = (torch.arange(MIDPOINTS, dtype=torch.float64) + 0.5) * (length / MIDPOINTS)
    inside = differentiate(network, (starts + steps).reshape(-1, 1), order)
    ends = [differentiate(network, points, 1) for points in (starts, starts + length)]
    low, high = (end.jacobian.flatten() if order == 2 else end.values.flatten() for end in ends)
    highest = inside.jacobian if inside.laplacian is None else inside.laplacian
    integral = highest.reshape(SEGMENTS, MIDPOINTS).mean(dim=1) * length
    error, size = (float(change.detach().norm()) for change in (integral - (high - low), high - low))
    return error / size if size else error
