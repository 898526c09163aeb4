"""ReLU with positional encoding: a ReLU network on sines and cosines of the coordinates.

The frequencies are doubled from one octave to the next, which reduces the spectral bias.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Domain, LogUniform, Param
from inrbench.activations.relu import RELU


class PositionalEncoding(nn.Module):
    """Encoding [x, sin(2^i π x_j), cos(2^i π x_j)] for i = 0 … levels - 1: (N, d) -> (N, d (1 + 2 levels))."""

    octaves: Tensor

    def __init__(self, in_features: int, levels: int) -> None:
        super().__init__()
        self.out_features = in_features * (1 + 2 * levels)
        # Powers of two are exact in every dtype, so that conversion of the network to float64 adds no rounding error.
        self.register_buffer("octaves", 2.0 ** torch.arange(levels), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        phase = (x.unsqueeze(-1) * self.octaves * math.pi).flatten(-2)
        return torch.cat((x, torch.sin(phase), torch.cos(phase)), dim=-1)


class ReluPe(Activation):
    """max(0, z) on coordinates and their positional encoding [Mildenhall et al., ECCV 2020, eq. 4].

    `levels` is the number of octaves. For None it depends on the sampling grid: N samples on [-1, 1] represent at most
    N/4 cycles per unit (Nyquist), and ⌊log2(N/4)⌋ octaves, with N the shorter side, stay below. The codes of SIREN and
    WIRE use this rule for images; here it also holds for one coordinate, with the same sampling theorem. For volumes
    the number is 10, as in NeRF.
    """

    name, label, version = "relu-pe", "ReLU+PE", 1
    derivatives = 1

    levels: int | None = Param(None, ge=1, le=24, tune=LogUniform(2, 8))

    def levels_for(self, domain: Domain) -> int:
        """Number of octaves for a domain, at least 1."""
        if self.levels is not None:
            return self.levels
        if domain.in_features == 3:
            return 10
        return max(1, (min(domain.shape) // 4).bit_length() - 1)  # ⌊log2(N/4)⌋ in exact integers

    def encoding(self, domain: Domain) -> PositionalEncoding:
        return PositionalEncoding(domain.in_features, self.levels_for(domain))

    def forward(self, z: Tensor) -> Tensor:
        return RELU(z)
