"""Spread of the features of an untrained network."""

from __future__ import annotations

import torch

from inrbench.activations.core.base import Activation, Domain, build


@torch.no_grad()
def unit_spread(activation: Activation, *, repeats: int = 2) -> list[float]:
    """The root mean square over units of their standard deviation over [-1, 1]², width 256, layers 1 to 4.

    The mean of `repeats` networks.
    """
    side = torch.linspace(-1, 1, 48)
    coords = torch.cartesian_prod(side, side)
    found = []
    for seed in range(repeats):
        network = build(activation, Domain(2, 1, (48, 48)), width=256, depth=4, seed=seed)
        features: list[torch.Tensor] = network.features(coords)  # type: ignore[operator]
        found.append([(each - each.mean(0)).square().mean().sqrt().item() for each in features])
    return torch.tensor(found).mean(0).tolist()
