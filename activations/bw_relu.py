"""BW-ReLU: a linear B-spline wavelet as the activation, with the variants of its paper."""

from __future__ import annotations

import functools
import math
from typing import Any, Literal

import torch
from pydantic import field_validator
from torch import Tensor, nn

from activations.core.base import Activation, Domain, LogUniform, Param, Pointwise
from activations.core.chain import Chain, Skip
from activations.core.linear import FirstLinear
from activations.core.path_norm import layer_norms
from activations.core.spline_wavelet import CENTRE, VARIATION, LearnedWavelet, psi
from activations.core.weight_norm import NormedLinear

SPREAD, MEAN, VARIANCE = 0.375, 0.15615, 0.16182
"""The fixed point of ``init="centred"``: for u ~ N(3/2, SPREAD²), ψ(u) has this mean and this variance."""


@functools.cache
def first_moments(c: float, in_features: int) -> tuple[float, float]:
    """Mean and variance of ψ(3/2 + c w·(x - t)), x and t ~ U(±1)^d, w ~ U(±1/√d)^d: the first layer's of "centred".

    By 2^17 fixed draws; the error is below 1 % of the standard deviation.
    """
    generator = torch.Generator("cpu").manual_seed(0)
    w, x, t = torch.rand(3, 1 << 17, in_features, generator=generator, dtype=torch.float64, device="cpu") * 2 - 1
    values = psi(CENTRE + c / math.sqrt(in_features) * (w * (x - t)).sum(-1))
    return values.mean().item(), values.var().item()


class BwRelu(Activation):
    """ψ(c·z), PyTorch's default initialisation; c multiplies weights and bias [Shenouda, Zhou & Nowak, ICML 2024].

    The published settings are c = 3 for CT and super-resolution and c = 9 for images. c acts as bandwidth and as the
    gain of the initialisation at once: after three layers 300 wide the features' spread is 0.003 for c = 1 and 0.17
    for c = 9.

    All else is off by default, as None:

    - ``learn_c``: c is trained, one for the whole ``"network"`` as in the paper's code, or one a ``"layer"``.
    - ``linear_layers``: each ψ is followed by a linear layer with bias, which after the last is the head; this nearly
      doubles the parameters. One nonlinear layer is the plain network.
    - ``skip``: a linear map of the coordinates is added to the output.
    - ``weight_norm``: the matrices before ψ have their rows' lengths and directions as separate parameters.
    - ``init_scale``: multiplies the initial weights of all matrices but head and skip, no biases, as in the paper's
      code; there it has no effect together with weight normalisation, here it has.
    - ``init="centred"``: c·z starts centred on ψ's own centre 3/2, with the same spread whatever c is.

    Derivation of ``"centred"``. Let c·z be N(3/2, τ²) over the units, at any point. Then the features have mean m(τ) =
    ∫ψ dN and variance v(τ) = ∫ψ² dN - m², and the next c·z = c(Wφ + b), for n independent weights of variance s² and
    b_k = 3/(2c) - m Σ_j W_kj, is centred on 3/2 with the variance c² n s² v(τ). It equals τ² for s = τ / (c √(n v)),
    and spread and variance are the same layer after layer. τ = 3/8 is where v is largest (0.162), so that errors in the
    spread, of a finite width for one, change the features' variance in second order only. With linear layers, VW
    in place of W, both factors get the variance √(τ² / (c² v)) / n, and V carries the mean's part of the bias.

    The first layer keeps PyTorch's weights, so c still is the bandwidth, and only that: b_k = 3/(2c) - w_kᵀt_k puts
    each wavelet's centre through a point t_k ~ U(±1)^d of the domain, so no unit is dead. The second layer allows for
    the first one's moments, which depend on c. The head keeps PyTorch's initialisation.
    """

    name, label, version = "bw-relu", "BW-ReLU", 1

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
        """False, or a scale of 1, is off as None is: one network has one identity."""
        return None if value is False or (isinstance(value, float) and value == 1) else value

    def forward(self, z: Tensor) -> Tensor:
        return psi(z, self.c)

    def path_norm(self, network: nn.Module) -> Tensor | None:
        """Σ over layers of 16 |c| Σ_k ‖w_k‖₂ ‖v_k‖₂, c as the network has it now; see `activations.core.path_norm`."""
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
    def _correct_second(self, chain: Chain, domain: Domain) -> None:
        """The second layer's matrix for features of the first layer's mean and variance, in place of MEAN, VARIANCE."""
        mean, variance = first_moments(self.c * (self.init_scale or 1), domain.in_features)
        factor = math.sqrt(VARIANCE / variance)
        linear = next(m for m in chain.layers[1].modules() if isinstance(m, nn.Linear | NormedLinear))
        linear.bias.add_(linear.weight.sum(1), alpha=MEAN - factor * mean)
        (linear.gain if isinstance(linear, NormedLinear) else linear.weight).mul_(factor)

    # -- the network ---------------------------------------------------------------------------------------------------

    def layer(self, in_features: int, out_features: int, *, first: bool) -> nn.Module:
        """(W, ψ), or with linear layers (V, W, ψ) after the first.

        V belongs to what comes before it, and stands here because that of the last layer is the head.
        """
        wavelet = Pointwise(self) if self.learn_c is None else LearnedWavelet(self.c)
        between = self._linear(in_features, in_features, first=False) if self.linear_layers and not first else None
        linear = self._linear(in_features, out_features, first=first)
        matrix = NormedLinear(linear) if self.weight_norm else linear
        if between is None:
            return nn.Sequential(matrix, wavelet)
        if self.init == "centred":  # V takes the mean away, W adds the centre
            with torch.no_grad():
                between.bias.sub_(CENTRE / self.c)
                matrix.bias.fill_(CENTRE / self.c)
        return nn.Sequential(between, matrix, wavelet)

    def finish(self, chain: Chain, domain: Domain) -> nn.Module:
        wavelets = _wavelets(chain)
        if self.learn_c == "network":
            for wavelet in wavelets:
                wavelet.c = wavelets[0].c
        if self.init == "centred" and len(chain.layers) > 1:
            self._correct_second(chain, domain)
        return Skip(chain, FirstLinear(domain.in_features, domain.out_features)) if self.skip else chain

    def _linear(self, in_features: int, out_features: int, *, first: bool) -> nn.Linear:
        linear = (FirstLinear if first else nn.Linear)(in_features, out_features)
        self.init_layer(linear, first=first)
        return linear


def _wavelets(network: nn.Module) -> list[LearnedWavelet]:
    return [module for module in network.modules() if isinstance(module, LearnedWavelet)]
