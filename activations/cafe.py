"""CAFE: a product of linear maps of Fourier and Chebyshev features before one ReLU layer."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Domain, LogUniform, Param, Pointwise, mlp_params
from inrbench.activations.core.linear import first_linear
from inrbench.activations.core.mlp import MLP, product
from inrbench.activations.relu import RELU

CHEBYSHEV_SHARE = 60 / 236
"""The share of Chebyshev polynomials among the features of the published network for pictures."""


class FourierChebyshevFeatures(nn.Module):
    """[sin(2π Bx), cos(2π Bx), T₀(x_c) … T_{n-1}(x_c)]: (N, d) -> (N, 2m + d n).

    B ~ N(0, sigma²) of shape (m, d) is drawn once and frozen.
    """

    frequencies: Tensor

    def __init__(self, in_features: int, count: int, polynomials: int, sigma: float) -> None:
        super().__init__()
        self.polynomials, self.out_features = polynomials, 2 * count + in_features * polynomials
        self.register_buffer("frequencies", torch.randn(count, in_features) * sigma)

    def forward(self, x: Tensor) -> Tensor:
        phase = first_linear(x, 2 * math.pi * self.frequencies, x.new_zeros(len(self.frequencies)))
        return torch.cat((torch.sin(phase), torch.cos(phase), *chebyshev(x, self.polynomials)), dim=1)


def chebyshev(x: Tensor, count: int) -> list[Tensor]:
    """The first Chebyshev polynomials of x, each of its shape, by T_{n+1} = 2x T_n - T_{n-1}."""
    values = [torch.ones_like(x), x]
    while len(values) < count:
        values.append(2 * x * values[-1] - values[-2])
    return values[:count]


class ProductOfMaps(nn.Module):
    """Encoding e(x), then ⊙_i (W_i e + b_i): (N, d) -> (N, units)."""

    def __init__(self, encoding: FourierChebyshevFeatures, maps: int) -> None:
        super().__init__()
        self.encoding, self.out_features = encoding, encoding.out_features
        units = encoding.out_features
        self.maps = nn.ModuleList(nn.Linear(units, units) for _ in range(maps))

    def forward(self, x: Tensor) -> Tensor:
        encoded = self.encoding(x)
        return product([linear(encoded) for linear in self.maps])


class Cafe(Activation):
    """ReLU(W ⊙_i (W_i e(x) + b_i) + b) with Fourier and Chebyshev features e, linear head [CAFE, CVPR 2026].

    All layers are as wide as e, and have PyTorch's default initialisation. `maps` is the number of factors, 3 as
    published; `sigma` the standard deviation of the frequencies, 30 as published for pictures of 512². `frequencies`
    and `polynomials` are the numbers of features, 88 and 30 for each axis in the published network; None takes them
    in that proportion as the budget allows, which is what a plain chain of the suite's width and depth has. The
    published learning rate is 2e-2, with gradients clipped at 1, and the score the best of the run.
    """

    name, label, version = "cafe", "CAFE", 1
    derivatives = 1

    sigma: float = Param(30.0, gt=0, tune=LogUniform(1, 60))
    maps: int = Param(3, ge=1, le=8)
    frequencies: int | None = Param(None, ge=1)
    polynomials: int | None = Param(None, ge=1)

    def network(self, domain: Domain, *, width: int, depth: int) -> nn.Module:
        count, polynomials = self.sizes(domain, mlp_params(domain, width=width, depth=depth))
        encoding = FourierChebyshevFeatures(domain.in_features, count, polynomials, self.sigma)
        units = encoding.out_features
        layer = nn.Sequential(nn.Linear(units, units), Pointwise(self))
        chain = MLP(ProductOfMaps(encoding, self.maps), layer, nn.Linear(units, domain.out_features))
        chain.encoded = True
        return chain

    def sizes(self, domain: Domain, budget: int) -> tuple[int, int]:
        """Frequencies, and polynomials for each axis, of the network with the number of parameters nearest to a budget.

        With u features that number is (maps + 1)(u² + u) + (u + 1) C.
        """
        d, channels, layers = domain.in_features, domain.out_features, self.maps + 1
        linear = layers + channels
        units = (math.sqrt(linear**2 + 4 * layers * max(budget - channels, 0)) - linear) / (2 * layers)
        usual = max(1, round(CHEBYSHEV_SHARE * units / d))
        counts = [self.polynomials] if self.polynomials else sorted({usual, usual + 1, max(1, usual - 1)})
        pairs = [(self.frequencies or max(1, round((units - d * count) / 2)), count) for count in counts]
        return min(pairs, key=lambda pair: (abs(2 * pair[0] + d * pair[1] - units), abs(pair[1] - usual)))

    def forward(self, z: Tensor) -> Tensor:
        return RELU(z)
