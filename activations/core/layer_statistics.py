"""How well a network's features are conditioned, and how large its gradients are, layer by layer.

Both work on any network with the methods `features` and `stages` (see `activations.core.chain`). Each returns plain
numbers under names such as ``feature_cond/2``, layers counted from 1, ready to be stored as scores.
"""

from __future__ import annotations

import copy
import math
from collections import Counter

import torch
from torch import Tensor, nn

CONDITION_CAP = 1 / torch.finfo(torch.float64).eps
"""The condition number given where it is infinite, or beyond what float64 can tell from infinite: 4.5e15."""

CONSTANT = 1e-6
"""A unit is dead when its range is at most this fraction of the largest absolute feature of its layer."""


@torch.no_grad()
def diagnose(network: nn.Module, coords: Tensor, *, max_rows: int = 2048) -> dict[str, float]:
    """The features of each nonlinear layer ℓ over coordinates (N, d), of which at most `max_rows` are used.

    - ``dead_units/ℓ``: the fraction of units that put out a constant.
    - ``feature_std/ℓ``: the root mean square, over units, of their standard deviation over the rows.
    - ``feature_cond/ℓ``: the condition number of the feature matrix (rows × units) with its columns centred: its
      largest singular value over its min(rows - 1, units)-th, which is as many as centring leaves; at most
      `CONDITION_CAP`.
    - ``feature_rank/ℓ``: its effective rank, exp of the entropy of σ² / Σσ² over the singular values σ; 0 for a layer
      whose features are all constant.

    Complex features count as pairs of real ones, a complex unit as one unit. Everything is computed in float64, on a
    copy of the network on the CPU, so that the condition number is not that of float32's rounding errors; network,
    gradients and random state stay as they are. Empty for a network without `features`, and where a feature is not
    finite the layer is left out, as are those after it.
    """
    if not hasattr(network, "features"):
        return {}
    rows = coords[spread_rows(len(coords), max_rows).to(coords.device)]
    double = copy.deepcopy(network).cpu().double()
    found: dict[str, float] = {}
    features: list[Tensor] = double.features(rows.cpu().double())  # type: ignore[operator]
    for number, values in enumerate(features, start=1):
        if not torch.isfinite(values).all():
            break
        found |= {f"{name}/{number}": value for name, value in _statistics(values).items()}
    return found


def spread_rows(count: int, most: int) -> Tensor:
    """Indices of at most `most` of `count` rows, in order, evenly spread and always the same ones.

    One row from each of `most` equal stretches, at a place in it that moves on by the golden section. A constant stride
    would do on a line, but on an image it can pick a few columns only.
    """
    if count <= most:
        return torch.arange(count)
    stretch = torch.arange(most, dtype=torch.float64)
    place = stretch * ((math.sqrt(5) - 1) / 2) % 1
    rows: Tensor = torch.unique(((stretch + place) * (count / most)).long().clamp(max=count - 1))
    return rows


def _statistics(values: Tensor) -> dict[str, float]:
    """Of the features (rows, units) of one layer."""
    parts = torch.view_as_real(values) if values.is_complex() else values.unsqueeze(-1)
    spans = parts.amax(0) - parts.amin(0)
    dead = (spans <= CONSTANT * parts.abs().max()).all(-1)
    matrix = parts.flatten(1)
    centred = matrix - matrix.mean(0)
    sigma = torch.linalg.svdvals(centred)
    smallest = float(sigma[min(max(len(matrix) - 1, 1), matrix.shape[1]) - 1])
    largest = float(sigma[0])
    energy = sigma.square()
    share = energy / energy.sum() if largest > 0 else energy
    return {
        "dead_units": dead.double().mean().item(),
        "feature_std": math.sqrt(centred.square().sum().item() / values.numel()),
        "feature_cond": min(largest / smallest, CONDITION_CAP) if smallest > 0 else CONDITION_CAP,
        "feature_rank": math.exp(torch.special.entr(share).sum().item()) if largest > 0 else 0.0,
    }


@torch.no_grad()
def gradient_norms(network: nn.Module) -> dict[str, float]:
    """The Euclidean norms of the gradients now held in ``.grad``; empty where there are none.

    ``grad_norm/ℓ`` is that of the parameters of nonlinear layer ℓ, ``grad_norm/head`` that of the linear head,
    ``grad_norm/skip`` that of a linear path beside the chain, and ``grad_norm/total`` that of all parameters. One that
    several layers share (a trained scale) belongs to none of them and counts in the total only.
    """
    modules = network.stages() if hasattr(network, "stages") else {}  # type: ignore[operator]
    stages: dict[str, list[nn.Parameter]] = {
        name: [p for module in group for p in module.parameters()] for name, group in modules.items()
    }
    uses = Counter(id(p) for group in stages.values() for p in group)
    groups = {name: [p for p in group if uses[id(p)] == 1] for name, group in stages.items()}
    groups["total"] = list(network.parameters())
    norms = {
        f"grad_norm/{name}": torch.stack([torch.linalg.vector_norm(p.grad) for p in group if p.grad is not None])
        for name, group in groups.items()
        if any(p.grad is not None for p in group)
    }
    return {name: float(torch.linalg.vector_norm(norm)) for name, norm in norms.items()}
