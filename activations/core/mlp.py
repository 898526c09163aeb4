"""The usual network as a module (encoding, nonlinear layers, linear head), and a skip connection parallel to it.

The methods `features` and `stages` are what `inrbench.activations.core.layer_statistics` needs of a network. A plugin
with a network of its own defines them itself; see `inrbench.activations.mfn`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from inrbench.activations.core.kernel import Kernel
from inrbench.activations.core.linear import first_linear


def product(factors: list[Tensor]) -> Tensor:
    """The elementwise product of tensors of one shape."""
    result = factors[0]
    for factor in factors[1:]:
        result = result * factor
    return result


class MLP(nn.Sequential):
    """Sequence coords -> encoding -> layers -> head: (N, d) -> (N, C).

    Attributes:
        encoded: whether the first module is an encoding.
    """

    encoded: bool = False

    @property
    def mlp(self) -> MLP:
        """The MLP itself, so that `MLP` and `Skip` have the same attribute."""
        return self

    @property
    def layers(self) -> list[nn.Module]:
        """Nonlinear layers, first to last."""
        return list(self)[int(self.encoded) : -1]

    @property
    def head(self) -> nn.Module:
        """Linear last layer."""
        return list(self)[-1]

    def features(self, coords: Tensor) -> list[Tensor]:
        """Output of each nonlinear layer at coordinates (N, d): ``depth`` tensors (N, units), real or complex."""
        x: Tensor = self[0](coords) if self.encoded else coords
        features: list[Tensor] = []
        for layer in self.layers:
            x = layer(x)
            features.append(x)
        return features

    def stages(self) -> dict[str, list[nn.Module]]:
        """Modules of each layer under the keys ``"1"`` to ``str(depth)``, then of the ``"head"``.

        An encoding with parameters comes last, as ``"encoding"``.
        """
        trained = self.encoded and any(True for _ in self[0].parameters())
        encoding = {"encoding": [self[0]]} if trained else {}
        layers = {str(number): [layer] for number, layer in enumerate(self.layers, start=1)}
        return {**layers, "head": [self.head], **encoding}


class Skip(nn.Module):
    """Skip connection MLP(x) + linear(x), so that the MLP need not represent the affine part of a signal."""

    def __init__(self, mlp: MLP, linear: nn.Linear) -> None:
        super().__init__()
        self.mlp, self.linear = mlp, linear

    def forward(self, coords: Tensor) -> Tensor:
        out: Tensor = self.mlp(coords) + self.linear(coords)
        return out

    def features(self, coords: Tensor) -> list[Tensor]:
        return self.mlp.features(coords)

    def stages(self) -> dict[str, list[nn.Module]]:
        return {**self.mlp.stages(), "skip": [self.linear]}


def _sine(z: Tensor) -> Tensor:
    return torch.sin(z)


SINE = Kernel(_sine)


class Filter(nn.Module):
    """Base of filters: nonlinear functions of the coordinates, kernel(U lift(x) + φ), (N, d) -> (N, h).

    Args:
        kernel: of the pre-activations (N, columns of U).
    """

    def __init__(self, kernel: Kernel) -> None:
        super().__init__()
        self.kernel = kernel

    @staticmethod
    def lift(coords: Tensor) -> Tensor:
        """Functions of the coordinates without parameters, (N, d) -> (N, few); without it, the coordinates."""
        return coords

    def affine(self) -> tuple[Tensor, Tensor]:
        """U and φ, differentiable in the parameters."""
        raise NotImplementedError(f"{type(self).__name__} has no affine(); define it")

    def forward(self, coords: Tensor) -> Tensor:
        return self.kernel(first_linear(self.lift(coords), *self.affine()))


class MultiplicativeFilterNetwork(nn.Module):
    """Network z₀ = g₀(x), z_i = (W_i z_{i-1} + b_i) ⊙ g_i(x) with a linear head: (N, d) -> (N, C)."""

    def __init__(self, filters: Sequence[Filter], linears: list[nn.Linear], head: nn.Linear) -> None:
        super().__init__()
        self.filters, self.linears, self.head = nn.ModuleList(filters), nn.ModuleList(linears), head

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.features(x)[-1])
        return out

    def features(self, coords: Tensor) -> list[Tensor]:
        """Features z₀, z₁, … at (N, d) coordinates: (N, units) each."""
        z: list[Tensor] = [self.filters[0](coords)]
        for linear, filter_ in zip(self.linears, self.filters[1:], strict=True):
            z.append(linear(z[-1]) * filter_(coords))
        return z

    def stages(self) -> dict[str, list[nn.Module]]:
        """Modules of each layer (a filter and the linear layer that it multiplies) by number, then of the head."""
        linears: list[list[nn.Module]] = [[], *([linear] for linear in self.linears)]
        stages = zip(linears, self.filters, strict=True)
        layers = {str(number): [*linear, filter_] for number, (linear, filter_) in enumerate(stages, start=1)}
        return {**layers, "head": [self.head]}
