"""Instant-NGP: a multiresolution hash grid of trained features before a small ReLU network, in plain PyTorch."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Domain, LogUniform, Param, ParamGroup, Pointwise, mlp_params
from inrbench.activations.core.lookup import EmbeddingTable, Lookup, corners
from inrbench.activations.core.mlp import MLP
from inrbench.activations.relu import RELU

PRIMES = (1, 2654435761, 805459861)
"""Factors of the hash, one for each coordinate."""

SPREAD = 1e-4
"""Tables start as U(±SPREAD)."""

NEAR = 0.02
"""The relative distance from a budget within which the sizes of tables are chosen by their quality."""

MOST = 24
"""Levels there are at most, where their number is not given."""

LARGEST = 1 << 16
"""No finest resolution is raised beyond it for a budget."""


@dataclass(frozen=True)
class Level:
    """One resolution: a point x in [0, 1]^d lies at x · scale + ½ among nodes 0 … resolution - 1 of each axis."""

    scale: float
    resolution: int
    entries: int
    dense: bool


def levels_of(d: int, count: int, coarsest: int, finest: int, log2_table: int) -> list[Level]:
    """The levels, coarsest first, by tiny-cuda-nn's conventions.

    Scales are coarsest · b^l - 1 with b^(count - 1) = finest / coarsest, resolutions ⌈scale⌉ + 1. A level has all its
    nodes in a table, their number rounded up to a multiple of 8, if these are at most 2^log2_table; else it has a hash
    table of this many entries.
    """
    growth = (finest / coarsest) ** (1 / (count - 1)) if count > 1 else 1.0
    found = []
    for level in range(count):
        scale = coarsest * growth**level - 1
        resolution = math.ceil(scale * (1 - 1e-12)) + 1  # a whole number that rounding has raised is that number
        entries = min(-(-(resolution**d) // 8) * 8, 2**log2_table)
        found.append(Level(scale, resolution, entries, resolution**d <= entries))
    return found


class HashGrid(EmbeddingTable):
    """Coordinates in [-1, 1] to the interpolated features of all levels: (N, d) -> (N, levels · features).

    A level's d-linear interpolation takes 2^d nodes. In a dense table node (i, j, k) has the index i + j r + k r² for
    the resolution r; else the index is that of a hash, the exclusive or of the products with `PRIMES` modulo the
    number of entries, and nodes that fall together share their features.
    """

    def __init__(self, in_features: int, levels: list[Level], features: int) -> None:
        if in_features > len(PRIMES):
            raise ValueError(f"instant-ngp hashes up to {len(PRIMES)} coordinates, not {in_features}")
        super().__init__(torch.empty(sum(level.entries for level in levels), features).uniform_(-SPREAD, SPREAD))
        self.levels, self.out_features = levels, len(levels) * features

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).reshape(len(x), self.out_features)

    def lookup(self, x: Tensor) -> Lookup:
        """Entries and weights of coordinates: of each point in turn, for each level."""
        index, weight, begin = [], [], 0
        for level in self.levels:
            place = (x + 1) / 2 * level.scale + 0.5
            cell = place.detach().floor()
            part = place - cell
            near = [torch.stack((c, c + 1), dim=1) for c in cell.long().unbind(1)]
            nodes, weights = corners(near, [torch.stack((1 - p, p), dim=1) for p in part.unbind(1)])
            index.append(torch.stack([_entry(node, level) for node in nodes], dim=1) + begin)
            weight.append(weights)
            begin += level.entries
        return Lookup(torch.stack(index, dim=1).flatten(0, 1), torch.stack(weight, dim=1).flatten(0, 1), begin)

    def extra_repr(self) -> str:
        return f"levels={len(self.levels)}, entries={len(self.values)}"


def _entry(node: list[Tensor], level: Level) -> Tensor:
    """The index of nodes in their level's table."""
    found = torch.zeros_like(node[0])
    for axis, place in enumerate(node):
        found = found + place * level.resolution**axis if level.dense else found ^ (place * PRIMES[axis])
    return found % level.entries  # of a hash the low bits, which 32 and 64 bits have in common


class InstantNgp(Activation):
    """A hash grid and a ReLU network without biases [Müller et al., ACM TOG 2022], by tiny-cuda-nn's conventions.

    Tables of `features` numbers an entry start as U(±1e-4), the network's matrices as PyTorch's U(±1/√n). Within a cell
    of the grid the output's second derivatives vanish, and gradients jump from cell to cell.

    Each of these is taken from the problem or from the budget where it is None:

    - ``finest``: the finest resolution; half of the longer side of a picture or a line, the longest side of a volume,
      doubled as often as the budget is more than all levels can take, unless both sizes below are given.
    - ``hidden``: units of each of the `hidden_layers`; 64, or fewer where these would take more than half of the
      budget.
    - ``levels``, ``log2_table``: the number of levels and the binary logarithm of the largest table. Resolutions grow
      from level to level by a factor of 2 at most. Of those within 2 % of the budget the largest table is taken, in
      which the fewest nodes fall together; if there are none, those nearest to the budget.

    The budget is the number of parameters that a plain MLP of the suite's width and depth has. The tables are trained
    with Adam's betas (0.9, 0.99) and eps 1e-15, as is the network: at the usual 1e-8 small gradients of rarely used
    entries stall. The published learning rate is 1e-2.
    """

    name, label, version = "instant-ngp", "Instant-NGP", 1
    derivatives = 1

    levels: int | None = Param(None, ge=1, le=32, tune=LogUniform(2, 16))
    log2_table: int | None = Param(None, ge=3, le=24)
    features: int = Param(2, ge=1, le=8)
    coarsest: int = Param(16, ge=2, tune=LogUniform(2, 32))
    finest: int | None = Param(None, ge=2)
    hidden: int | None = Param(None, ge=1)
    hidden_layers: int = Param(2, ge=1, le=8)

    def network(self, domain: Domain, *, width: int, depth: int) -> nn.Module:
        hidden, levels = self.sizes(domain, mlp_params(domain, width=width, depth=depth))
        encoding = HashGrid(domain.in_features, levels, self.features)
        layers: list[nn.Module] = [encoding]
        inputs = encoding.out_features
        for _ in range(self.hidden_layers):
            layers.append(nn.Sequential(nn.Linear(inputs, hidden, bias=False), Pointwise(self)))
            inputs = hidden
        mlp = MLP(*layers, nn.Linear(inputs, domain.out_features, bias=False))
        mlp.encoded = True
        return mlp

    def sizes(self, domain: Domain, budget: int) -> tuple[int, list[Level]]:
        """The units of a hidden layer and the levels for a number of parameters."""
        d, longest = domain.in_features, max(domain.shape)
        options = (64, 32, 16, 8) if self.hidden is None else (self.hidden,)
        middle = 16 * self.features  # columns of the encoding of 16 levels
        hidden = next((units for units in options if 2 * self._mlp(domain, middle, units) <= budget), options[-1])

        def total(levels: list[Level]) -> int:
            entries = sum(level.entries for level in levels)
            return entries * self.features + self._mlp(domain, len(levels) * self.features, hidden)

        def misfit(levels: list[Level]) -> tuple[float, float]:
            off = abs(total(levels) - budget) / budget
            largest = max(level.entries for level in levels)
            return (0, -largest) if off <= NEAR else (off, 0)

        tables = range(4, 25) if self.log2_table is None else (self.log2_table,)
        finest = self.finest or max(2, longest if d > 2 else longest // 2)
        settled = self.finest is not None or None not in (self.levels, self.log2_table)
        while True:
            coarsest = min(self.coarsest, finest)
            fewest = 1 + math.ceil(math.log2(finest / coarsest))
            counts = range(fewest, max(fewest, MOST) + 1) if self.levels is None else (self.levels,)
            found = [levels_of(d, count, coarsest, finest, log2) for log2 in tables for count in counts]
            if settled or total(found[-1]) >= budget or finest > LARGEST:
                return hidden, min(found, key=misfit)
            finest *= 2

    def _mlp(self, domain: Domain, inputs: int, hidden: int) -> int:
        """Parameters of the network behind the tables."""
        return inputs * hidden + (self.hidden_layers - 1) * hidden**2 + hidden * domain.out_features

    def forward(self, z: Tensor) -> Tensor:
        return RELU(z)

    def optimizer_groups(self, network: nn.Module) -> list[ParamGroup]:
        return [ParamGroup(list(network.parameters()), options={"adam": {"betas": (0.9, 0.99), "eps": 1e-15}})]
