"""STAF: a trained sum of sines, one for each layer."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Param
from inrbench.activations.core.linear import FirstLinear
from inrbench.activations.core.sine_init import FirstFrequency


class SumOfSines(nn.Module):
    """Σ_i b_i sin(w_i z + φ_i), i = 1 … terms, with trained b, w, φ, for z of any shape.

    At the start w ~ omega0 U(0, 1), φ ~ U(±π) and b = ±√|l| with l ~ Laplace(0, 1/(2 terms)), whose square has the mean
    1/(2 terms): a unit's mean square is then 1/4.
    """

    def __init__(self, terms: int, omega0: float) -> None:
        super().__init__()
        self.frequency = nn.Parameter(torch.empty(terms).uniform_(0, omega0))
        self.phase = nn.Parameter(torch.empty(terms).uniform_(-math.pi, math.pi))
        sign = torch.randint(0, 2, (terms,)) * 2 - 1
        # |l| of a Laplace variable is exponential.
        self.amplitude = nn.Parameter(torch.empty(terms).exponential_(2 * terms).sqrt_() * sign)

    def forward(self, z: Tensor) -> Tensor:
        terms = zip(self.amplitude, self.frequency, self.phase, strict=True)
        return torch.stack([b * torch.sin(torch.addcmul(phi, z, w)) for b, w, phi in terms]).sum(0)

    def extra_repr(self) -> str:
        return f"terms={len(self.amplitude)}"


class Staf(FirstFrequency):
    """Σ_i b_i sin(w_i z + φ_i) with `terms` trained triples (b, w, φ) a layer [STAF, TMLR 2026].

    Weights, biases and head are PyTorch's. `first_omega0` is the frequency of the first layer alone, None for `omega0`;
    pictures have 60 there in the published notebooks, with 5 terms. The frequencies are drawn from one side, U(0, 1)
    omega0, as the code does. Few numbers set a layer's scale, 3 × terms, so results vary more from seed to seed than
    those of other activations: take five repeats at least. A unit costs `terms` sines.
    """

    name, label, version = "staf", "STAF", 1
    derivatives = 2

    terms: int = Param(5, ge=1, le=100)

    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        linear = (FirstLinear if first else nn.Linear)(in_features, out_features)
        return nn.Sequential(linear, SumOfSines(self.terms, self.of_layer(first=first).omega0))

    def curve(self, z: Tensor) -> None:
        """None: every layer has a nonlinearity of its own."""
        return None
