"""MFN: a multiplicative filter network of Gabor filters (GaborNet).

Its layers are multiplied with filters of the coordinates instead of being passed through an activation, so it is the
example of a plugin that overrides `Activation.network`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Domain, LogUniform, Param
from inrbench.activations.core.kernel import Kernel, halves
from inrbench.activations.core.mlp import Filter, MultiplicativeFilterNetwork


def _gabor(z: Tensor) -> Tensor:
    """sin(phase) exp(exponent): (N, 2h), phases then exponents, -> (N, h)."""
    phase, exponent = halves(z)
    return phase.sin() * exponent.exp()


def _vjp(grad: Tensor, z: Tensor, value: Tensor) -> Tensor:
    phase, exponent = halves(z)
    return torch.cat((phase.cos() * exponent.exp() * grad, value * grad), dim=-1)


GABOR = Kernel(_gabor, _vjp, columns=(2, 1))


class GaborFilter(Filter):
    """Gabor filters g(x) = sin(Ux + φ) ⊙ exp(-γ/2 ‖x - μ‖²): (N, d) -> (N, h).

    U, φ, γ and μ are all trained, as in the paper's code.

    Args:
        in_features: d.
        out_features: h.
        input_scale: factor of the initial U.
        alpha, beta: shape and rate of the gamma distribution of the initial γ.
    """

    def __init__(self, in_features: int, out_features: int, *, input_scale: float, alpha: float, beta: float) -> None:
        super().__init__(GABOR)
        # Always on the CPU: parameters are counted on the meta device, where a gamma distribution has no samples.
        shape, rate = torch.full((out_features,), alpha, device="cpu"), torch.tensor(beta, device="cpu")
        gamma = torch.distributions.Gamma(shape, rate).sample()
        self.gamma = nn.Parameter(torch.empty(out_features))
        self.mu = nn.Parameter(torch.empty(out_features, in_features))
        self.linear = nn.Linear(in_features, out_features)
        with torch.no_grad():
            self.gamma.copy_(gamma)
            self.mu.uniform_(-1, 1)
            self.linear.weight.mul_(input_scale * self.gamma.sqrt().unsqueeze(-1))
            self.linear.bias.uniform_(-math.pi, math.pi)

    # Phase and exponent in one matrix product: -γ/2 ‖x - μ‖² is linear in x and ‖x‖², so that no tensor (N, h, d) is
    # needed.

    @staticmethod
    def lift(coords: Tensor) -> Tensor:
        return torch.cat((coords, coords.square().sum(-1, keepdim=True)), dim=-1)

    def affine(self) -> tuple[Tensor, Tensor]:
        half = self.gamma / 2
        phase = torch.cat((self.linear.weight, torch.zeros_like(half).unsqueeze(-1)), dim=-1)
        exponent = torch.cat((self.gamma.unsqueeze(-1) * self.mu, -half.unsqueeze(-1)), dim=-1)
        bias = torch.cat((self.linear.bias, -half * self.mu.square().sum(-1)), dim=-1)
        return torch.cat((phase, exponent), dim=-2), bias


class Mfn(Activation):
    """GaborNet [Fathony et al., ICLR 2021]; the depth k is the number of filters, which are its nonlinear layers.

    U is PyTorch's default × (input_scale/√k) √γ, with γ ~ Gamma(alpha/k, beta), μ ~ U(±1) and φ ~ U(±π). The weights
    W ~ U(±1/√h) and the biases are PyTorch's default. With h = width units there are k h (2d + 2) + (k - 1)(h² + h) +
    C (h + 1) parameters: one hidden matrix for each filter except the first, so that `width` has the same meaning as
    for the other activations.
    """

    name, label, version = "mfn", "MFN", 1
    derivatives = 2

    input_scale: float = Param(256.0, gt=0, tune=LogUniform(16, 1024))
    alpha: float = Param(6.0, gt=0)
    beta: float = Param(1.0, gt=0)

    def network(self, domain: Domain, *, width: int, depth: int) -> nn.Module:
        units = self.hidden_width(width)
        filters = [
            GaborFilter(
                domain.in_features,
                units,
                input_scale=self.input_scale / math.sqrt(depth),
                alpha=self.alpha / depth,
                beta=self.beta,
            )
            for _ in range(depth)
        ]
        linears = [nn.Linear(units, units) for _ in range(depth - 1)]
        return MultiplicativeFilterNetwork(filters, linears, nn.Linear(units, domain.out_features))

    def curve(self, z: Tensor) -> None:
        """None, because a filter is a function of all coordinates and not of one pre-activation."""
        return None
