"""A frequency omega0 with another value in the first layer, and SIREN's initialisation for sines of that frequency."""

from __future__ import annotations

import math
from typing import Self

from torch import nn

from inrbench.activations.core.base import Activation, LogUniform, Param


class FirstFrequency(Activation):
    """Base of activations with a frequency omega0; no plugin itself.

    `first_omega0` is the frequency of the first layer alone, where it differs from that of the others; None for the
    same.
    """

    omega0: float = Param(30.0, gt=0, tune=LogUniform(5, 100))
    first_omega0: float | None = Param(None, gt=0)

    def of_layer(self, *, first: bool) -> Self:
        if not first or self.first_omega0 is None:
            return self
        return self.model_copy(update={"omega0": self.first_omega0, "first_omega0": None})


class SineInitialised(FirstFrequency):
    """Base of activations with SIREN's initial weights [Sitzmann et al., NeurIPS 2020, sec. 3.2]; no plugin itself.

    U(±1/n) in the first layer, U(±√(6/n)/omega0) in every later layer and the head, for fan-in n: the arguments of the
    sines then have the same spread layer after layer. Biases keep PyTorch's default U(±1/√n).
    """

    def bound(self, fan_in: int, *, first: bool) -> float:
        """Half-width of the uniform distribution of the weights of a layer, or of the head."""
        return 1 / fan_in if first else math.sqrt(6 / fan_in) / self.omega0

    def init_layer(self, linear: nn.Linear, *, first: bool) -> None:
        bound = self.bound(linear.in_features, first=first)
        nn.init.uniform_(linear.weight, -bound, bound)

    def init_head(self, linear: nn.Linear) -> None:
        bound = self.bound(linear.in_features, first=False)
        nn.init.uniform_(linear.weight, -bound, bound)

    def weight_std(self, fan_in: int, *, first: bool) -> float:
        return self.bound(fan_in, first=first) / math.sqrt(3)
