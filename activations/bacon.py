"""BACON: a multiplicative filter network of frozen frequencies, whose spectrum has a known end."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Domain, LogUniform, Param
from inrbench.activations.core.mlp import SINE, Filter, MultiplicativeFilterNetwork


class BandlimitedFilter(Filter):
    """g(x) = sin(π n·x + φ): (N, d) -> (N, h), with frozen whole numbers n and trained phases φ ~ U(±π).

    Coordinates in [-1, 1] have the period 2 of every such sine. `highest` holds the largest |n| of each coordinate; n
    is uniform among the whole numbers up to it, and a buffer that is saved.
    """

    cycles: Tensor

    def __init__(self, out_features: int, highest: tuple[int, ...]) -> None:
        super().__init__(SINE)
        columns = [torch.randint(-most, most + 1, (out_features,)) for most in highest]
        # As floating-point numbers, so that they follow the network's dtype; whole numbers are exact in each.
        self.register_buffer("cycles", torch.stack(columns, dim=1).to(torch.get_default_dtype()))
        self.phase = nn.Parameter(torch.empty(out_features).uniform_(-math.pi, math.pi))

    def affine(self) -> tuple[Tensor, Tensor]:
        return math.pi * self.cycles, self.phase


class Bacon(Activation):
    """z₀ = g₀(x), z_i = (W_i z_{i-1} + b_i) ⊙ g_i(x), g_i sines of frozen frequencies [Lindell et al., CVPR 2022].

    Each product of sines adds their frequencies, so the network has none beyond the sum of its filters' bands. That sum
    is `band` times the Nyquist frequency of the sampling grid, N/2 cycles over N samples. The k filters, as many as the
    depth, share it as the published five do, whose shares are 1/8, 1/8, 1/4, 1/4, 1/4: the first two get half of what
    the others get. Each filter has one cycle at least, which on a coarse grid exceeds its share.

    W and the head are U(±√(6/n)), biases PyTorch's. Only the last output is trained, where the published network also
    fits outputs on the way. With h = width units there are k h + (k - 1)(h + 1) h + (h + 1) C parameters, and k h d
    frozen frequencies beside them.
    """

    name, label, version = "bacon", "BACON", 1
    derivatives = 2

    band: float = Param(1.0, gt=0, tune=LogUniform(0.125, 2))

    def network(self, domain: Domain, *, width: int, depth: int) -> nn.Module:
        units = self.hidden_width(width)
        filters = [BandlimitedFilter(units, self.highest(domain, share)) for share in shares(depth)]
        linears = [nn.Linear(units, units) for _ in range(depth - 1)]
        head = nn.Linear(units, domain.out_features)
        for linear in [*linears, head]:
            bound = math.sqrt(6 / linear.in_features)
            nn.init.uniform_(linear.weight, -bound, bound)
        return MultiplicativeFilterNetwork(filters, linears, head)

    def highest(self, domain: Domain, share: float) -> tuple[int, ...]:
        """The largest number of cycles over [-1, 1] along each coordinate, for a share of the band."""
        return tuple(max(1, round(self.band * share * samples / 2)) for samples in domain.shape)

    def curve(self, z: Tensor) -> None:
        """None: a filter acts on coordinates, there is no function of one pre-activation to draw."""
        return None


def shares(depth: int) -> list[float]:
    """The share of the band of each filter: ½ for the first two and 1 for the others, over their sum."""
    weights = [0.5 if index < 2 else 1.0 for index in range(depth)]
    return [weight / sum(weights) for weight in weights]
