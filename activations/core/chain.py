"""The usual network as a module: encoding, nonlinear layers, linear head; and a linear path beside it.

A network that wants to be diagnosed (`activations.core.layer_statistics`) has the two methods that `Chain` has:
`features` and `stages`. Plugins that build their own network, no chain, add them by hand; see `activations.mfn`.
"""

from __future__ import annotations

from torch import Tensor, nn


class Chain(nn.Sequential):
    """coords -> encoding -> layers -> head. ``encoded`` says whether its first module is an encoding."""

    encoded: bool = False

    @property
    def chain(self) -> Chain:
        """Itself: what `Skip` has as well, so that either gives its chain in the same way."""
        return self

    @property
    def layers(self) -> list[nn.Module]:
        """The nonlinear layers, first to last."""
        return list(self)[int(self.encoded) : -1]

    @property
    def head(self) -> nn.Module:
        return list(self)[-1]

    def features(self, coords: Tensor) -> list[Tensor]:
        """What each nonlinear layer puts out at (N, d) coordinates: ``depth`` tensors (N, units), real or complex."""
        x: Tensor = self[0](coords) if self.encoded else coords
        found: list[Tensor] = []
        for layer in self.layers:
            x = layer(x)
            found.append(x)
        return found

    def stages(self) -> dict[str, list[nn.Module]]:
        """The modules of each layer, under ``"1"`` to ``str(depth)``, then those of the ``"head"``."""
        layers = {str(number): [layer] for number, layer in enumerate(self.layers, start=1)}
        return {**layers, "head": [self.head]}


class Skip(nn.Module):
    """chain(x) + linear(x) on the coordinates themselves, which leaves the affine part of a signal out of the chain."""

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
