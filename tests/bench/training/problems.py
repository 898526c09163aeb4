"""Small problems with operators of every kind."""

from __future__ import annotations

import torch

from inrbench.tasks.core.base import Problem, grid_coords
from inrbench.tasks.core.operators import AreaAverage, Identity, Mask, Operator
from inrbench.tasks.core.radon import Radon, half_turn

SHAPE = (12, 16)


OPERATORS = {
    "identity": lambda: Identity(192),
    "mask": lambda: Mask(192, torch.arange(0, 192, 3)),
    "area": lambda: AreaAverage(SHAPE, 4),
    "radon": lambda: Radon(SHAPE, half_turn(5)),
}


def problem(operator: Operator, channels: int = 2) -> Problem:
    generator = torch.Generator().manual_seed(0)
    truth = torch.rand(192, channels, generator=generator)
    return Problem(grid_coords(SHAPE), operator, operator.forward(truth), truth, SHAPE)


def whole_batch(network: torch.nn.Module, case: Problem) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The plain loss, without blocks or adjoints, and its gradients."""
    loss = (case.operator.forward(network(case.coords)) - case.measured).square().mean()
    parameters = list(network.parameters())
    gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
    return loss, [torch.zeros_like(p) if g is None else g for g, p in zip(gradients, parameters, strict=True)]
