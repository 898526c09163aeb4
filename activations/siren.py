"""SIREN: sine activations with an initialisation that preserves the distribution of the pre-activations.

The distribution is then the same in every layer, so that deep networks can be trained.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Param
from inrbench.activations.core.sine_init import SineInitialised


class Siren(SineInitialised):
    """sin(omega0 * z), where omega0 multiplies weights and bias [Sitzmann et al., NeurIPS 2020, sec. 3.2].

    For fan-in n, the weights are U(±1/n) in the first layer and U(±√(6/n)/omega0) in all others and the head. The
    biases are PyTorch's default.

    Two further parameters are off by default, as None:

    - ``first_omega0``: the frequency of the first layer alone, where it differs from that of the others. SIREN's audio
      script has 3000 there and 30 after it.
    - ``alpha``: factor of the initial weights of all layers but the head (weight-scaled SIREN, ICLR 2025), not of
      biases.
    """

    name, label, version = "siren", "SIREN", 1
    derivatives = 2

    alpha: float | None = Param(None, gt=0)

    def forward(self, z: Tensor) -> Tensor:
        return torch.sin(self.omega0 * z)

    def init_layer(self, linear: nn.Linear, *, first: bool) -> None:
        bound = self.bound(linear.in_features, first=first) * (self.alpha or 1)
        nn.init.uniform_(linear.weight, -bound, bound)

    def weight_std(self, fan_in: int, *, first: bool) -> float:
        return super().weight_std(fan_in, first=first) * (self.alpha or 1)
