"""MSA: sines of a different frequency in each unit."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, LogUniform, Param
from inrbench.activations.core.linear import FirstLinear


class MultiscaleSine(nn.Module):
    """sin(f_i z_i) / f_i of units i, or sin(f_i z_i), with f from ``lowest`` to ``highest``, equal in the logarithm."""

    frequency: Tensor

    def __init__(self, units: int, lowest: float, highest: float, *, divide: bool) -> None:
        super().__init__()
        self.divide = divide
        frequency = torch.logspace(math.log10(lowest), math.log10(highest), units)
        self.register_buffer("frequency", frequency, persistent=False)

    def forward(self, z: Tensor) -> Tensor:
        values = torch.sin(self.frequency * z)
        return values / self.frequency if self.divide else values


class Msa(Activation):
    """sin(f_i z) / f_i of unit i, f_i from `lowest` to `highest`, equal in the logarithm [MSA, AAAI 2026].

    The published package (msa-inr 0.1.2) divides by f_i, its description does not: `divide` is the package's form, and
    then units above 10³ are nearly 0. Its frequencies are 10 to 10⁵. With a batch of points they run over points in the
    package, here over units, as described. Weights and biases are PyTorch's default.
    """

    # Smooth, but derivatives of sines of 10⁵ are nothing to train on, so that none is promised.
    name, label, version = "msa", "MSA", 1

    lowest: float = Param(10.0, gt=0, tune=LogUniform(1, 30))
    highest: float = Param(1e5, gt=0, tune=LogUniform(30, 1e5))
    divide: bool = Param(True)

    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        linear = (FirstLinear if first else nn.Linear)(in_features, out_features)
        return nn.Sequential(linear, MultiscaleSine(out_features, self.lowest, self.highest, divide=self.divide))

    def curve(self, z: Tensor) -> None:
        """None: every unit has a frequency of its own."""
        return None
