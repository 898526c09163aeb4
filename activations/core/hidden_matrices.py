"""The trained matrices between the hidden layers of a network, for optimisers such as Muon that treat a matrix as one.

Not among them are the first layer, the head, biases, skip connections, filters of the coordinates, lookup tables, and
matrices that are not a parameter themselves but computed from some (weight normalisation).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from inrbench.activations.core.linear import FirstLinear
from inrbench.activations.core.mlp import Filter


@dataclass(frozen=True)
class HiddenMatrix:
    """A weight that is one linear map between hidden units, or several of equal size, one above the other.

    Attributes:
        weight: (blocks · out, in) real, or (blocks · out, in, 2) for the real and imaginary parts of complex weights.
        blocks: number of maps; 2 where a unit has two pre-activations (WIRE's real and two-dimensional variants).
        layer: number of the layer that the maps lead to, counted from 1; 0 if it is not told.
    """

    weight: nn.Parameter
    blocks: int = 1
    layer: int = 0

    def maps(self, values: Tensor) -> Tensor:
        """Values of the weight's shape as maps: (blocks, out, in), real or complex. It is a view."""
        values = torch.view_as_complex(values) if values.dim() == 3 else values
        return values.reshape(self.blocks, -1, values.shape[1])


def hidden_matrices(network: nn.Module) -> list[HiddenMatrix]:
    """The hidden matrices of a network with ``stages``, see `inrbench.activations.core.mlp.MLP`, first to last.

    Raises:
        ValueError: if it has linear maps and no ``stages``, which say where its layers begin.
    """
    if not hasattr(network, "stages"):
        if not any(True for _ in _weights([network])):
            return []
        raise ValueError(
            f"{type(network).__name__} has no method stages(), so its hidden matrices are unknown; define it, "
            "or hidden_matrices(network) of the activation"
        )
    stages: dict[str, list[nn.Module]] = network.stages()  # type: ignore[operator]
    depth = sum(name.isdigit() for name in stages)
    later = [*(stages[str(number)] for number in range(2, depth + 1)), stages["head"]]
    matrices = []
    for number, (layer, following) in enumerate(itertools.pairwise(later), start=2):
        units = next((matrix.shape[1] for matrix in _weights(following)), None)
        for weight in _weights(layer):
            blocks = len(weight) // units if units and len(weight) % units == 0 else 1
            matrices.append(HiddenMatrix(weight, blocks, number))
    return matrices


def _weights(modules: list[nn.Module]) -> Iterator[nn.Parameter]:
    """The trained weights of the linear maps of hidden units in modules."""
    for module in modules:
        if isinstance(module, FirstLinear | Filter):
            continue
        weight = module._parameters.get("weight")
        if hasattr(module, "in_features") and weight is not None and weight.dim() in (2, 3) and weight.requires_grad:
            yield weight
        yield from _weights(list(module.children()))
