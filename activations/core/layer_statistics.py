"""Statistics of the features and gradients of a network, layer by layer.

They explain failures of training: dead units, ill-conditioned features, vanishing gradients. The functions accept any
network with the methods `features` and `stages` (see `inrbench.activations.core.mlp`) and return scores with names
such as ``feature_cond/2``, where 2 is the number of the layer, counted from 1.
"""

from __future__ import annotations

import copy
import math
from collections import Counter

import torch
from torch import Tensor, nn

from inrbench.activations.core.hidden_matrices import hidden_matrices

CONDITION_CAP = 1 / torch.finfo(torch.float64).eps
"""Largest condition number that float64 can distinguish from infinity, 4.5e15; it replaces larger ones."""

CONSTANT = 1e-6
"""A unit is dead if its range is at most this fraction of the largest absolute feature of its layer."""


@torch.no_grad()
def diagnose(network: nn.Module, coords: Tensor, *, max_rows: int = 2048) -> dict[str, float]:
    """Statistics of the features of each nonlinear layer ℓ over at most `max_rows` of the coordinates (N, d).

    - ``dead_units/ℓ``: fraction of units with a constant output.
    - ``feature_std/ℓ``: root mean square over the units of their standard deviation over the rows.
    - ``feature_cond/ℓ``: condition number of the feature matrix (rows × units) with centred columns: its largest
      singular value divided by the min(rows - 1, units)-th, the last one that centring leaves; at most `CONDITION_CAP`.
    - ``feature_rank/ℓ``: effective rank of this matrix, exp of the entropy of σ² / Σσ² over the singular values σ; 0 if
      all features of the layer are constant.
    - ``feature_stable_rank/ℓ``: its stable rank Σσ² / max σ², which small singular values hardly change; 0 likewise.
    - ``weight_stable_rank/ℓ``: that of the matrix between layers ℓ - 1 and ℓ, see
      `inrbench.activations.core.hidden_matrices`; the smallest where there are several.

    Complex features count as pairs of real ones, a complex unit as one unit. The computation uses a float64 copy of the
    network on the CPU, because rounding errors of float32 would dominate the condition number. Network, gradients and
    random state are not modified.

    Returns:
        Scores by name. It is empty for a network without `features`; a layer with a feature that is not finite and all
        layers after it are left out.
    """
    if not hasattr(network, "features"):
        return {}
    rows = coords[spread_rows(len(coords), max_rows).to(coords.device)]
    double = copy.deepcopy(network).cpu().double()
    statistics: dict[str, float] = {}
    features: list[Tensor] = double.features(rows.cpu().double())  # type: ignore[operator]
    for number, values in enumerate(features, start=1):
        if not torch.isfinite(values).all():
            break
        statistics |= {f"{name}/{number}": value for name, value in _statistics(values).items()}
    return statistics | _weight_ranks(double)


def stable_rank(matrices: Tensor) -> Tensor:
    """‖M‖_F² / ‖M‖₂² of matrices (B, m, n), real or complex: between 1 and min(m, n), and 0 for M = 0."""
    energy: Tensor = torch.linalg.svdvals(matrices).square()
    return energy.sum(-1) / energy[..., 0].clamp(min=torch.finfo(energy.dtype).tiny)


def _weight_ranks(network: nn.Module) -> dict[str, float]:
    """The stable rank of the matrices that lead to each layer, where its layers can be told."""
    if not hasattr(network, "stages"):
        return {}
    ranks: dict[str, float] = {}
    for matrix in hidden_matrices(network):
        name, maps = f"weight_stable_rank/{matrix.layer}", matrix.maps(matrix.weight)
        if torch.isfinite(maps).all():
            ranks[name] = min(float(stable_rank(maps).min()), ranks.get(name, math.inf))
    return ranks


def spread_rows(count: int, most: int) -> Tensor:
    """Indices of at most `most` of `count` rows, ascending, evenly distributed and deterministic.

    There is one row in each of `most` equal intervals, at a position that the golden ratio shifts from one interval to
    the next. A constant stride could select the same few columns of an image again and again.
    """
    if count <= most:
        return torch.arange(count)
    stretch = torch.arange(most, dtype=torch.float64)
    place = stretch * ((math.sqrt(5) - 1) / 2) % 1
    rows: Tensor = torch.unique(((stretch + place) * (count / most)).long().clamp(max=count - 1))
    return rows


def _statistics(values: Tensor) -> dict[str, float]:
    """Statistics of the features (rows, units) of one layer."""
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
        "feature_stable_rank": float(energy.sum() / energy[0]) if largest > 0 else 0.0,
    }


@torch.no_grad()
def gradient_norms(network: nn.Module) -> dict[str, float]:
    """Euclidean norms of the gradients in ``.grad``, by name; empty if there are none.

    ``grad_norm/ℓ`` is the norm over the parameters of nonlinear layer ℓ, ``grad_norm/head`` over the linear head,
    ``grad_norm/skip`` over a skip connection, and ``grad_norm/total`` over all parameters. A parameter that several
    layers share (a trained scale) is part of the total only.
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
