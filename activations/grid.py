"""Grid: the signal itself on a regular grid of trained values, interpolated; with total variation if asked for."""

from __future__ import annotations

import itertools
import math
from typing import Literal

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Domain, LogUniform, Param, ParamGroup, mlp_params
from inrbench.activations.core.lookup import EmbeddingTable, Lookup, corners
from inrbench.activations.core.variation import total_variation

START = 0.1
"""The value that all nodes start with."""

KEYS = -0.75
"""The free constant of cubic convolution, as in PyTorch's bicubic interpolation."""


class Interpolation(EmbeddingTable):
    """Values of C channels on a grid, interpolated at coordinates in [-1, 1]^d: (N, d) -> (N, C).

    Node i of the n along an axis lies at (2i + 1)/n - 1, where pixel centres lie; beyond the outer nodes their value
    is repeated.

    Args:
        shape: nodes along each axis.
        cubic: whether it is cubic convolution [Keys, 1981] along each axis; else linear.
    """

    def __init__(self, shape: tuple[int, ...], channels: int, *, cubic: bool) -> None:
        super().__init__(torch.full((math.prod(shape), channels), START))
        self.shape, self.cubic = shape, cubic

    def lookup(self, x: Tensor) -> Lookup:
        """Nodes and weights of coordinates."""
        index, weight = [], []
        for n, axis in zip(self.shape, x.unbind(1), strict=True):
            place = (axis + 1) / 2 * n - 0.5
            cell = place.detach().floor()
            offsets, weights = (_cubic if self.cubic else _linear)(place - cell)
            index.append((cell.long().unsqueeze(1) + offsets).clamp(0, n - 1))
            weight.append(weights)
        nodes, products = corners(index, weight)
        rows = [_row(node, self.shape) for node in nodes]
        return Lookup(torch.stack(rows, dim=1), products, len(self.values))

    def variation(self) -> Tensor:
        """The total variation of the nodes."""
        return total_variation(self.values, self.shape)

    def extra_repr(self) -> str:
        return f"shape={self.shape}, cubic={self.cubic}"


def _row(node: list[Tensor], shape: tuple[int, ...]) -> Tensor:
    row = torch.zeros_like(node[0])
    for place, n in zip(node, shape, strict=True):
        row = row * n + place
    return row


def _linear(part: Tensor) -> tuple[Tensor, Tensor]:
    """Offsets of the nodes from a point's cell, and their weights (N, 2), for its place (N,) in the cell."""
    return torch.arange(0, 2, device=part.device), torch.stack((1 - part, part), dim=1)


def _cubic(part: Tensor) -> tuple[Tensor, Tensor]:
    """The same for the four nodes of cubic convolution."""

    def near(t: Tensor) -> Tensor:  # |t| <= 1
        return ((KEYS + 2) * t - (KEYS + 3)) * t * t + 1

    def far(t: Tensor) -> Tensor:  # 1 <= |t| <= 2
        return ((t - 5) * t + 8) * t * KEYS - 4 * KEYS

    weights = torch.stack((far(part + 1), near(part), near(1 - part), far(2 - part)), dim=1)
    return torch.arange(-1, 3, device=part.device), weights


class Grid(Activation):
    """C values at each node of a regular grid, all 0.1 at the start, interpolated: no network at all.

    The number of nodes is the budget over C, where the budget is what a plain MLP of the suite's width and depth has;
    the axes share it in proportion to the samples of the problem's grid. `order` is the interpolation, None for cubic
    in one and two dimensions and linear in three. `tv` is the weight of the total variation in the loss, None for none;
    its unit is that of a squared error over a slope per unit of the coordinates. The loss of a linear problem is convex
    in the values.

    Nodes are trained at ten times the suite's learning rate, as the published rate for grids is 0.1.
    """

    name, label, version = "grid", "Grid", 1
    derivatives = 1

    order: Literal["linear", "cubic"] | None = Param(None)
    tv: float | None = Param(None, gt=0, tune=LogUniform(1e-7, 1e-3))

    def network(self, domain: Domain, *, width: int, depth: int) -> nn.Module:
        shape = nodes_for(domain, mlp_params(domain, width=width, depth=depth))
        cubic = domain.in_features < 3 if self.order is None else self.order == "cubic"
        return Interpolation(shape, domain.out_features, cubic=cubic)

    def penalty(self, network: nn.Module) -> Tensor | None:
        assert isinstance(network, Interpolation)
        return None if self.tv is None else self.tv * network.variation()

    def optimizer_groups(self, network: nn.Module) -> list[ParamGroup]:
        return [ParamGroup(list(network.parameters()), lr_factor=10.0)]

    def curve(self, z: Tensor) -> None:
        """None: there is no pre-activation."""
        return None


def nodes_for(domain: Domain, budget: int) -> tuple[int, ...]:
    """Nodes along each axis whose number times the channels is nearest to a budget, nearly in the samples' ratio."""
    wanted = budget / domain.out_features
    factor = (wanted / math.prod(domain.shape)) ** (1 / len(domain.shape))
    ideal = [samples * factor for samples in domain.shape]
    choices = [sorted({max(1, math.floor(n)), math.ceil(n)}) for n in ideal[:-1]]
    found = [(*first, max(1, round(wanted / math.prod(first)))) for first in itertools.product(*choices)]

    def misfit(shape: tuple[int, ...]) -> tuple[float, float]:
        return abs(math.prod(shape) - wanted), sum(abs(n - i) for n, i in zip(shape, ideal, strict=True))

    return min(found, key=misfit)
