"""The loss of a problem with residuals: a function of the network's derivatives at points drawn for each step.

It is differentiated by autograd, through the derivatives (double backward). Each thread of the engine has blocks of
points of its own, as for measurements. `loss_of` chooses between the two.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from inrbench.activations.core.base import Activation
from inrbench.activations.core.derivatives import differentiate
from inrbench.bench.config.job import Job
from inrbench.bench.config.settings import Train
from inrbench.bench.engine.block_size import DEFAULT
from inrbench.bench.engine.engine import Engine
from inrbench.bench.engine.threads import blocks_of_threads, run_on_threads
from inrbench.bench.training.objective import Objective, TrainingLoss
from inrbench.bench.training.sampling import held_out, step_seed
from inrbench.tasks.core.base import Problem, Task
from inrbench.tasks.core.losses import LOSSES, DataLoss
from inrbench.tasks.core.residuals import Sample

MODEL_ERROR = 1.1
"""How many times the loss of the noise that of the truth may be, for a rule that stops at the noise."""

SCORED = -1
"""The step whose points the scored loss is of: no step of training has them, and all eval steps do."""


def loss_of(job: Job, task: Task, problem: Problem, activation: Activation, train: Train) -> TrainingLoss:
    """What the job trains on: the residuals of its problem where there are any, else the measurements.

    Raises:
        ValueError: if the network has not the derivatives that the residuals need, the measurements cannot have the
            loss, or training is to stop at a noise that is not known for this loss or is not the whole error of the
            data.
    """
    if not problem.residuals:
        held, loss = held_out(job, problem, train.holdout), data_loss(task, train)
        objective = Objective(
            problem, held_out=held, batch=train.batch, data_seed=job.data_seed, loss=loss, tv=train.tv
        )
        if train.stop == "discrepancy":
            _check_discrepancy(problem, loss, objective.noise_level)
        return objective
    needed = max(residual.order for residual in problem.residuals)
    if activation.derivatives < needed:  # a task that declares fewer than it needs; else the suite was refused
        raise ValueError(
            f"{activation.label} has too few derivatives ({activation.derivatives}) for {job.task.name}, "
            f"which needs {needed}; leave one of them out"
        )
    return ResidualLoss(problem, job.data_seed)


@torch.no_grad()
def _check_discrepancy(problem: Problem, loss: DataLoss, level: float | None) -> None:
    if level is None:
        raise ValueError(
            f"stop: discrepancy needs measurements whose noise is known (set the task's noise) and the loss l2, l1 "
            f"or poisson without weights; here it is {loss.name}{' with weights' if loss.weighted else ''}"
        )
    # The truth is used to refuse the rule alone, never to choose a step.
    found = float(loss.terms(problem.operator.forward(problem.truth), problem.measured).mean())
    chance = 3 * math.sqrt(2 / problem.measured.numel())  # three standard errors of a mean of squares
    if found > level * (MODEL_ERROR + chance):
        raise ValueError(
            "stop: discrepancy needs data that differ from the operator by their noise alone, and here the loss of "
            f"the truth is {found / level:.3g} times that of the noise; use stop: plateau or heldout"
        )


def data_loss(task: Task, train: Train) -> DataLoss:
    """The suite's loss where it names one, else the task's."""
    if train.loss is None:
        return task.loss()
    return LOSSES[train.loss.name](**train.loss.model_dump(exclude_none=True, exclude={"name"}))


class ResidualLoss:
    """The weighted sum of a problem's residuals, see `inrbench.bench.training.objective.TrainingLoss`.

    Args:
        problem: on the device already, with residuals.
        data_seed: that of the job.
    """

    def __init__(self, problem: Problem, data_seed: int) -> None:
        self.problem, self.rows, self.note, self.sampled = problem, DEFAULT, "", True
        self.noise_level: float | None = None
        self._data_seed = data_seed
        (_, dimensions), (_, channels) = problem.coords.shape, problem.truth.shape
        cost = {1: 1 + channels, 2: 1 + channels * (1 + dimensions)}  # a derivative costs about what the values cost
        pairs = zip(problem.residuals, self._samples(0), strict=True)
        self.evaluated = sum(len(sample.points) * cost[residual.order] for residual, sample in pairs)

    def backward(self, engine: Engine, step: int = 0) -> Tensor:
        """Add the gradient of the loss to the parameters' ``grad``; returns the loss, a scalar still on the device."""
        engine.begin()
        loss = self._loss(engine, step, train=True)
        engine.end()
        return loss

    def losses(self, values: Tensor, engine: Engine) -> tuple[float, None]:
        """The loss at points that no step of training draws, the same at every eval step. The values are not used."""
        return float(self._loss(engine, SCORED, train=False)), None

    def _samples(self, step: int) -> list[Sample]:
        return [residual.sample(step_seed(self._data_seed, step)) for residual in self.problem.residuals]

    def _loss(self, engine: Engine, step: int, *, train: bool) -> Tensor:
        device = self.problem.coords.device
        samples = [Sample(*(tensor.to(device) for tensor in sample)) for sample in self._samples(step)]
        blocks = [blocks_of_threads(len(sample.points), self.rows, engine.threads) for sample in samples]

        def pass_both(thread: int) -> Tensor:
            total = torch.zeros((), device=device)
            for residual, sample, parts in zip(self.problem.residuals, samples, blocks, strict=True):
                for block in parts[thread]:
                    at = differentiate(engine.network, sample.points[block], residual.order)
                    part = residual.loss(at, sample.given[block]) / len(sample.points)
                    if train:
                        engine.backward(thread, part, torch.ones_like(part))
                    total += part.detach()
            return total

        return torch.stack([*run_on_threads(engine.threads, pass_both)]).sum()
