"""Scoring a network in training: at which steps, its values there, and its scores.

An *eval step* is a step after which the network is scored. (A *checkpoint* is the saved state of a training, see
`inrbench.bench.training.checkpoint`.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Activation
from inrbench.activations.core.layer_statistics import diagnose, gradient_norms
from inrbench.activations.core.path_norm import path_quasi_norm
from inrbench.bench.engine.engine import Engine
from inrbench.bench.engine.threads import blocks_of_threads, run_on_threads
from inrbench.bench.training.objective import TrainingLoss
from inrbench.tasks.core.base import Problem, Task

EVAL_STEPS = 20


def eval_steps(steps: int, count: int = EVAL_STEPS) -> list[int]:
    """The eval steps of a training: log-spaced from 1 to ``steps``, the last one always."""
    ratio = steps ** (1 / max(count - 1, 1))
    return sorted({min(steps, max(1, round(ratio**k))) for k in range(count)} | {steps})


def evaluate(engine: Engine, coords: Tensor, rows: int) -> Tensor:
    """The network's values at coordinates in evaluation mode, in blocks: (N, d) -> (N, C)."""
    blocks = blocks_of_threads(len(coords), rows, engine.threads)

    def pass_forward(thread: int) -> list[Tensor]:
        # The network may compute in bfloat16.
        return [engine.forward(coords[block], keep=False)[0].to(coords.dtype) for block in blocks[thread]]

    with evaluation_mode(engine.network):
        engine.begin()
        return torch.cat([values for thread in run_on_threads(engine.threads, pass_forward) for values in thread])


@contextmanager
def evaluation_mode(network: nn.Module) -> Iterator[None]:
    """Within it, dropout and batch normalisation compute what a trained network does; then each is as it was."""
    trained = [module for module in network.modules() if module.training]
    network.eval()
    try:
        yield
    finally:
        for module in trained:
            module.training = True


def score_values(
    task: Task, objective: TrainingLoss, engine: Engine, values: Tensor, activation: Activation, layers: bool
) -> dict[str, float]:
    """Scores of an engine's network and of its values (N, C) at all coordinates, by metric."""
    problem = objective.problem
    with evaluation_mode(engine.network):
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
    """The path norm and quasi-norm, where there is one, and on demand the conditioning of every layer."""
    scores = {}
    with torch.no_grad():
        norm = activation.path_norm(network)
        if norm is not None:
            scores["path_norm"] = float(norm)
            if (quasi_norm := path_quasi_norm(network, norm)) is not None:
                scores["path_quasi_norm"] = float(quasi_norm)
    if layers:
        scores |= diagnose(network, problem.coords)
        scores |= gradient_norms(network)
    return scores
