"""The usual network as a module (encoding, nonlinear layers, linear head), and a skip connection parallel to it.

The methods `features` and `stages` are what `activations.core.layer_statistics` needs of a network. A plugin with a
network of its own defines them itself; see `activations.mfn`.
"""

from __future__ import annotations

from torch import Tensor, nn


class Chain(nn.Sequential):
    """Sequence coords -> encoding -> layers -> head: (N, d) -> (N, C).

    Attributes:
        encoded: whether the first module is an encoding.
    """

    encoded: bool = False

    @property
    def chain(self) -> Chain:
        """The chain itself, so that `Chain` and `Skip` have the same attribute."""
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
        found: list[Tensor] = []
        for layer in self.layers:
            x = layer(x)
            found.append(x)
        return found

    def stages(self) -> dict[str, list[nn.Module]]:
        """Modules of each layer under the keys ``"1"`` to ``str(depth)``, then of the ``"head"``.

        An encoding with parameters comes last, as ``"encoding"``.
        """
        trained = self.encoded and any(True for _ in self[0].parameters())
        encoding = {"encoding": [self[0]]} if trained else {}
        layers = {str(number): [layer] for number, layer in enumerate(self.layers, start=1)}
        return {**layers, "head": [self.head], **encoding}


class Skip(nn.Module):
    """Skip connection chain(x) + linear(x), so that the chain need not represent the affine part of a signal."""

    def __init__(self, chain: Chain, linear: nn.Linear) -> None:
        super().__init__()
        self.chain, self.linear = chain, linear

    def forward(self, coords: Tensor) -> Tensor:
        out: Tensor = self.chain(coords) + self.linear(coords)
        return out

    def features(self, coords: Tensor) -> list[Tensor]:
        return self.chain.features(coords)

    def stages(self) -> dict[str, list[nn.Module]]:
        return {**self.chain.stages(), "skip": [self.linear]}
