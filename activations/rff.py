"""RFF: random Fourier features of the coordinates before a plain ReLU network."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Domain, LogUniform, Param
from inrbench.activations.core.linear import first_linear
from inrbench.activations.relu import RELU


class FourierFeatures(nn.Module):
    """[sin(2π Bx), cos(2π Bx)] with B ~ N(0, sigma²) of shape (m, d): (N, d) -> (N, 2m).

    B is drawn once: a buffer that is saved with the network, or a parameter if it is trained.
    """

    frequencies: Tensor

    def __init__(self, in_features: int, count: int, sigma: float, *, train: bool) -> None:
        super().__init__()
        self.out_features = 2 * count
        drawn = torch.randn(count, in_features) * sigma
        if train:
            self.frequencies = nn.Parameter(drawn)
        else:
            self.register_buffer("frequencies", drawn)

    def forward(self, x: Tensor) -> Tensor:
        phase = first_linear(x, 2 * math.pi * self.frequencies, x.new_zeros(len(self.frequencies)))
        return torch.cat((torch.sin(phase), torch.cos(phase)), dim=-1)


class Rff(Activation):
    """max(0, z) on random Fourier features, PyTorch's default initialisation [Tancik et al., NeurIPS 2020].

    The published standard deviations belong to coordinates in [0, 1]; on [-1, 1], as here, `sigma` is half of them: 5
    for pictures, 6 for occupancy, 2 to 2.5 for CT. `frequencies` is m, the number of rows of B. None takes half of the
    width, so that the encoding is as wide as a layer: the published 256 would leave hardly any unit to a small budget.
    `train_frequencies` trains B, which is frozen by default. Frozen numbers, m d of them, are not among the parameters.
    """

    name, label, version = "rff", "RFF", 1
    derivatives = 1

    sigma: float = Param(5.0, gt=0, tune=LogUniform(0.5, 50))
    frequencies: int | None = Param(None, ge=1)
    train_frequencies: bool | None = Param(None)

    def encoding(self, domain: Domain) -> FourierFeatures:
        """Of 256 frequencies where neither they nor a width (`network`) are given."""
        count = 256 if self.frequencies is None else self.frequencies
        return FourierFeatures(domain.in_features, count, self.sigma, train=bool(self.train_frequencies))

    def network(self, domain: Domain, *, width: int, depth: int) -> nn.Module:
        count = max(1, width // 2) if self.frequencies is None else self.frequencies
        sized = self.model_copy(update={"frequencies": count})
        return super(Rff, sized).network(domain, width=width, depth=depth)

    def forward(self, z: Tensor) -> Tensor:
        return RELU(z)
