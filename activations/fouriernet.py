"""FourierNet: a multiplicative filter network of sines."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Domain, LogUniform, Param
from inrbench.activations.core.mlp import SINE, Filter, MultiplicativeFilterNetwork


class FourierFilter(Filter):
    """g(x) = sin(Ux + φ): (N, d) -> (N, h); U is PyTorch's default × input_scale, φ ~ U(±π), both trained."""

    def __init__(self, in_features: int, out_features: int, *, input_scale: float) -> None:
        super().__init__(SINE)
        self.linear = nn.Linear(in_features, out_features)
        with torch.no_grad():
            self.linear.weight.mul_(input_scale)
            self.linear.bias.uniform_(-math.pi, math.pi)

    def affine(self) -> tuple[Tensor, Tensor]:
        return self.linear.weight, self.linear.bias


class FourierNet(Activation):
    """z₀ = sin(U₀x + φ₀), z_i = (W_i z_{i-1} + b_i) ⊙ sin(U_i x + φ_i) [Fathony et al., ICLR 2021].

    The depth k counts the filters. U_i is PyTorch's default × input_scale/√k, φ_i ~ U(±π), W_i and its bias PyTorch's
    U(±1/√h). With h = width units there are k (d + 1) h + (k - 1)(h + 1) h + (h + 1) C parameters.
    """

    name, label, version = "fouriernet", "FourierNet", 1
    derivatives = 2

    input_scale: float = Param(256.0, gt=0, tune=LogUniform(16, 1024))

    def network(self, domain: Domain, *, width: int, depth: int) -> nn.Module:
        units, scale = self.hidden_width(width), self.input_scale / math.sqrt(depth)
        filters = [FourierFilter(domain.in_features, units, input_scale=scale) for _ in range(depth)]
        linears = [nn.Linear(units, units) for _ in range(depth - 1)]
        return MultiplicativeFilterNetwork(filters, linears, nn.Linear(units, domain.out_features))

    def curve(self, z: Tensor) -> None:
        """None: a filter acts on coordinates, there is no function of one pre-activation to draw."""
        return None
