"""BW-ReLU: a linear B-spline wavelet as the activation, with the variants of its paper.

The wavelet is a sum of seven ReLUs, so that the theory of ReLU networks applies to it, with less spectral bias.
"""

from __future__ import annotations

import functools
import math
from typing import Any, Literal

import torch
from pydantic import field_validator
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Domain, LogUniform, Param, Pointwise
from inrbench.activations.core.linear import FirstLinear, NormedLinear
from inrbench.activations.core.mlp import MLP, Skip
from inrbench.activations.core.path_norm import layer_norms
from inrbench.activations.core.spline_wavelet import CENTRE, VARIATION, LearnedWavelet, psi

SPREAD, MEAN, VARIANCE = 0.375, 0.15615, 0.16182
"""The fixed point of ``init="centred"``: for u ~ N(3/2, SPREAD²), ψ(u) has this mean and this variance."""


@functools.cache
def first_moments(c: float, in_features: int) -> tuple[float, float]:
    """Mean and variance of the first layer's features under ``init="centred"``, for d = ``in_features``.

    The features are ψ(3/2 + c w·(x - t)) with x, t ~ U(±1)^d and w ~ U(±1/√d)^d. The moments are estimated from 2^17
    fixed random samples; the error is below 1 % of the standard deviation.
    """
    generator = torch.Generator("cpu").manual_seed(0)
    w, x, t = torch.rand(3, 1 << 17, in_features, generator=generator, dtype=torch.float64, device="cpu") * 2 - 1
    values = psi(CENTRE + c / math.sqrt(in_features) * (w * (x - t)).sum(-1))
    return values.mean().item(), values.var().item()


class BwRelu(Activation):
    """ψ(c·z) with PyTorch's default initialisation; c multiplies weights and bias [Shenouda, Zhou & Nowak, ICML 2024].

    The published settings are c = 3 for CT and super-resolution and c = 9 for images. c is at the same time the
    bandwidth and the gain of the initialisation: after three layers of width 300 the standard deviation of the features
    is 0.003 for c = 1 and 0.17 for c = 9.

    All variants are off by default (None):

    - ``learn_c``: c is a trained parameter, one for the ``"network"`` as in the paper's code, or one per ``"layer"``.
    - ``linear_layers``: each ψ is followed by a linear layer with bias, the last of which is the head. This nearly
      doubles the number of parameters. With one nonlinear layer it is the plain network.
    - ``skip``: a linear map of the coordinates is added to the output.
    - ``weight_norm``: the rows of the matrices before ψ have length and direction as separate parameters.
    - ``init_scale``: factor of the initial weights of all matrices except head and skip, not of biases, as in the
      paper's code. There it has no effect together with weight normalisation; here it has.
    - ``init="centred"``: initially c·z is centred on the centre 3/2 of ψ, with the same variance for every c.

    Derivation of ``"centred"``. Let c·z be N(3/2, τ²) over the units, at any point. Then the features φ have the mean
    m(τ) = ∫ψ dN and the variance v(τ) = ∫ψ² dN - m². For n independent weights of variance s² and the biases b_k =
    3/(2c) - m Σ_j W_kj, the next c·z = c(Wφ + b) has the mean 3/2 and the variance c² n s² v(τ). This equals τ² for
    s = τ / (c √(n v)), so that the distribution is the same in every layer. v is largest (0.162) at τ = 3/8; there an
    error of τ, for example due to a finite width, changes the variance of the features in second order only. With
    linear layers (VW instead of W) both factors have the variance √(τ² / (c² v)) / n, and V has the part of the bias
    that compensates the mean.

    The first layer keeps PyTorch's weights, so that c is the bandwidth and nothing else. Its biases b_k = 3/(2c) -
    w_kᵀt_k place the centre of each wavelet at a point t_k ~ U(±1)^d of the domain, so that no unit is dead. The second
    layer is corrected for the moments of the first one, which depend on c (`first_moments`). The head keeps PyTorch's
    initialisation.
    """

    name, label, version = "bw-relu", "BW-ReLU", 1
    derivatives = 1

    c: float = Param(3.0, gt=0, tune=LogUniform(1, 20))
    learn_c: Literal["network", "layer"] | None = Param(None)
    linear_layers: bool | None = Param(None)
    skip: bool | None = Param(None)
    weight_norm: bool | None = Param(None)
    init_scale: float | None = Param(None, gt=0)
    init: Literal["centred"] | None = Param(None)

    @field_validator("linear_layers", "skip", "weight_norm", "init_scale")
    @classmethod
    def _off_is_none(cls, value: Any) -> Any:
        """None for False and for a scale of 1, so that equal networks have equal parameters and job ids."""
        return None if value is False or (isinstance(value, float) and value == 1) else value

    def forward(self, z: Tensor) -> Tensor:
        return psi(z, self.c)

    def path_norm(self, network: nn.Module) -> Tensor | None:
        """Path norm Σ_l 16 |c_l| Σ_k ‖w_k‖₂ ‖v_k‖₂ with the current values of c; see `activations.core.path_norm`."""
        norms = layer_norms(network)
        if norms is None:
            return None
        if self.learn_c is None:
            return VARIATION * self.c * torch.stack(norms).sum()
        scales = torch.stack([wavelet.c for wavelet in _wavelets(network)]).abs()
        return VARIATION * (scales * torch.stack(norms)).sum()

    # -- initialisation ------------------------------------------------------------------------------------------------

    def weight_std(self, fan_in: int, *, first: bool) -> float:
        default = super().weight_std(fan_in, first=first) * (self.init_scale or 1)
        if self.init is None or first:
            return default
        gain = SPREAD / (self.c * math.sqrt(VARIANCE))
        return (math.sqrt(gain) if self.linear_layers else gain) / math.sqrt(fan_in) * (self.init_scale or 1)

    @torch.no_grad()
    def init_layer(self, linear: nn.Linear, *, first: bool) -> None:
        if self.init is None and self.init_scale is None:
            return
        n = linear.in_features
        linear.weight.mul_(self.weight_std(n, first=first) * math.sqrt(3 * n))
        if self.init == "centred":
            points = torch.rand_like(linear.weight) * 2 - 1 if first else torch.full_like(linear.weight, MEAN)
            linear.bias.copy_(CENTRE / self.c - (linear.weight * points).sum(1))

    @torch.no_grad()
    def _correct_second(self, mlp: MLP, domain: Domain) -> None:
        """Rescaling of the second layer for the true moments of the first one, instead of MEAN and VARIANCE."""
        mean, variance = first_moments(self.c * (self.init_scale or 1), domain.in_features)
        factor = math.sqrt(VARIANCE / variance)
        linear = next(m for m in mlp.layers[1].modules() if isinstance(m, nn.Linear | NormedLinear))
        linear.bias.add_(linear.weight.sum(1), alpha=MEAN - factor * mean)
        (linear.gain if isinstance(linear, NormedLinear) else linear.weight).mul_(factor)

    # -- the network ---------------------------------------------------------------------------------------------------

    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        """One nonlinear layer (W, ψ), or (V, W, ψ) with linear layers after the first.

        V follows the ψ of the layer before. It is built here, because the V of the last layer is the head.
        """
        wavelet = Pointwise(self) if self.learn_c is None else LearnedWavelet(self.c)
        between = self._linear(in_features, in_features, first=False) if self.linear_layers and not first else None
        linear = self._linear(in_features, out_features, first=first)
        matrix = NormedLinear(linear) if self.weight_norm else linear
        if between is None:
            return nn.Sequential(matrix, wavelet)
        if self.init == "centred":  # V subtracts the mean, W adds the centre
            with torch.no_grad():
                between.bias.sub_(CENTRE / self.c)
                matrix.bias.fill_(CENTRE / self.c)
        return nn.Sequential(between, matrix, wavelet)

    def finish(self, mlp: MLP, domain: Domain) -> nn.Module:
        wavelets = _wavelets(mlp)
        if self.learn_c == "network":
            for wavelet in wavelets:
                wavelet.c = wavelets[0].c
        if self.init == "centred" and len(mlp.layers) > 1:
            self._correct_second(mlp, domain)
        return Skip(mlp, FirstLinear(domain.in_features, domain.out_features)) if self.skip else mlp

    def _linear(self, in_features: int, out_features: int, *, first: bool) -> nn.Linear:
        linear = (FirstLinear if first else nn.Linear)(in_features, out_features)
        self.init_layer(linear, first=first)
        return linear


def _wavelets(network: nn.Module) -> list[LearnedWavelet]:
    return [module for module in network.modules() if isinstance(module, LearnedWavelet)]
