"""Scores of a network at a step: metrics of the task, data loss, path norm and layer statistics."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation
from inrbench.activations.core.layer_statistics import diagnose, gradient_norms
from inrbench.bench.engine.engine import Engine
from inrbench.bench.training.objective import Loss
from inrbench.tasks.core.base import Problem, Task


def score_values(
    task: Task, objective: Loss, engine: Engine, values: Tensor, activation: Activation, layers: bool
) -> dict[str, float]:
    """Scores of an engine's network and of its values (N, C) at all coordinates, by metric."""
    problem = objective.problem
    loss, heldout = objective.losses(values, engine)
    scores = {**task.score(problem, values), "loss": loss}
    if heldout is not None:
        scores["heldout_loss"] = heldout
    return scores | _diagnose(activation, engine.network, problem, layers)


def divergence(loss: float, values: Tensor, step: int) -> str | None:
    """What is wrong if a loss or a value is not finite, else None."""
    if math.isfinite(loss) and bool(torch.isfinite(values).all()):
        return None
    return f"loss {loss} at step {step}: lower the learning rate or the scale"


def _diagnose(activation: Activation, network: nn.Module, problem: Problem, layers: bool) -> dict[str, float]:
    """The path norm, where there is one, and on demand the conditioning of every layer."""
    found = {}
    with torch.no_grad():
        norm = activation.path_norm(network)
    if norm is not None:
        found["path_norm"] = float(norm)
    if layers:
        found |= diagnose(network, problem.coords)
        found |= gradient_norms(network)
    return found
