"""FUTON: a product of one-dimensional interpolations of trained factors before one ReLU layer."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Domain, Param, Pointwise, mlp_params
from inrbench.activations.core.mlp import MLP, product
from inrbench.activations.relu import RELU

LANCZOS = 3
"""Zeros of the Lanczos window on either side."""


class SeparableFeatures(nn.Module):
    """⊙_c U⁽ᶜ⁾ᵀ φ(x_c) with trained U⁽ᶜ⁾ (K_c, R) for each coordinate: (N, d) -> (N, R).

    φ(x) are the values at x of K interpolating functions, one for each of the centres (2k + 1)/K - 1 of equal cells of
    [-1, 1], divided by their Euclidean norm.

    Args:
        centres: K_c of each coordinate.
        rank: R.
        lanczos: whether the function is Lanczos' of three zeros; else it is sinc.
    """

    def __init__(self, centres: tuple[int, ...], rank: int, *, lanczos: bool) -> None:
        super().__init__()
        self.out_features, self.lanczos = rank, lanczos
        self.factors = nn.ParameterList(nn.Parameter(torch.empty(rank, count)) for count in centres)
        for factor in self.factors:
            nn.init.kaiming_uniform_(factor)

    def basis(self, x: Tensor, count: int) -> Tensor:
        """φ at one coordinate: (N,) -> (N, count)."""
        place = (x + 1) / 2 * count - 0.5
        t = place.unsqueeze(1) - torch.arange(count, dtype=x.dtype, device=x.device)
        values = torch.sinc(t)
        if self.lanczos:
            values = torch.where(t.abs() < LANCZOS, values * torch.sinc(t / LANCZOS), torch.zeros_like(t))
        norms: Tensor = values.norm(dim=1, keepdim=True)
        return values / norms

    def forward(self, x: Tensor) -> Tensor:
        features = [
            self.basis(axis, factor.shape[1]) @ factor.mT
            for axis, factor in zip(x.unbind(1), self.factors, strict=True)
        ]
        return product(features)


class Futon(Activation):
    """MLP(⊙_c U⁽ᶜ⁾ᵀ φ(x_c)): separable interpolation, one ReLU layer as wide as the rank, linear head [FUTON, 2026].

    Formula and initialisation (Kaiming-uniform factors, PyTorch's linear layers) are those of the published code, whose
    output passes tanh; here that is a suite's choice (`model: {output: tanh}`). The number of centres along an axis is
    the share `centres` of the problem's samples there, 1/2 as published. The code places centres and coordinates from
    end to end of [-1, 1]; here both are the centres of cells. `rank` is R; None takes the largest that the budget
    allows, which is what a plain chain of the suite's width and depth has. The published learning rate is 3e-2 for
    pictures and 1e-2 for volumes.
    """

    name, label, version = "futon", "FUTON", 1
    derivatives = 1

    basis: Literal["sinc", "lanczos"] = Param("sinc")
    centres: float = Param(0.5, gt=0, le=4)
    rank: int | None = Param(None, ge=1)

    def network(self, domain: Domain, *, width: int, depth: int) -> nn.Module:
        centres = tuple(max(2, round(self.centres * samples)) for samples in domain.shape)
        rank = self.rank or self._rank(domain, sum(centres), mlp_params(domain, width=width, depth=depth))
        layer = nn.Sequential(nn.Linear(rank, rank), Pointwise(self))
        encoding = SeparableFeatures(centres, rank, lanczos=self.basis == "lanczos")
        chain = MLP(encoding, layer, nn.Linear(rank, domain.out_features))
        chain.encoded = True
        return chain

    def _rank(self, domain: Domain, centres: int, budget: int) -> int:
        """R with R² + (ΣK + 1 + C) R + C parameters, the nearest to a budget."""
        linear = centres + 1 + domain.out_features
        root = (math.sqrt(linear**2 + 4 * max(budget - domain.out_features, 0)) - linear) / 2
        return max(1, round(root))

    def forward(self, z: Tensor) -> Tensor:
        return RELU(z)
