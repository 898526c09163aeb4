"""ReLU with positional encoding: coordinates lifted to sines of doubling frequency before a plain ReLU network."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from activations.core.base import Activation, Domain, Param
from activations.relu import RELU


class PositionalEncoding(nn.Module):
    """[x, sin(2^i π x_j), cos(2^i π x_j)] for i = 0 … levels - 1: (N, d) -> (N, d (1 + 2 levels))."""

    octaves: Tensor

    def __init__(self, in_features: int, levels: int) -> None:
        super().__init__()
        self.out_features = in_features * (1 + 2 * levels)
        # Powers of two are exact in every dtype, so the network can be moved to float64 without an error in π.
        self.register_buffer("octaves", 2.0 ** torch.arange(levels), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        phase = (x.unsqueeze(-1) * self.octaves * math.pi).flatten(-2)
        return torch.cat((x, torch.sin(phase), torch.cos(phase)), dim=-1)


class ReluPe(Activation):
    """max(0, z) on encoded coordinates [Mildenhall et al., ECCV 2020, eq. 4], which are kept beside their encoding.

    `levels` is the number of octaves. None takes it from the sampling grid: N samples on [-1, 1] carry at most N/4
    cycles per unit (Nyquist), and ⌊log2(N/4)⌋ octaves, N the shorter side, stay below that; SIREN's and WIRE's codes
    use this rule for images. One coordinate has the same sampling theorem, so it gets the same rule. Volumes get
    NeRF's 10.
    """

    name, label, version = "relu-pe", "ReLU+PE", 1

    levels: int | None = Param(None, ge=1, le=24)

    def levels_for(self, domain: Domain) -> int:
        """The number of octaves on a domain, at least 1."""
        if self.levels is not None:
            return self.levels
        if domain.in_features == 3:
            return 10
        return max(1, (min(domain.shape) // 4).bit_length() - 1)  # ⌊log2(N/4)⌋ in exact integers

    def encoding(self, domain: Domain) -> PositionalEncoding:
        return PositionalEncoding(domain.in_features, self.levels_for(domain))

    def forward(self, z: Tensor) -> Tensor:
        return RELU(z)
