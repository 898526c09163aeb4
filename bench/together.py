"""Jobs that are alike in all but their numbers, trained in lock-step in one network (`activations.stacked`).

A small job spends its time on calls and not on arithmetic: a step of a network of 20 samples takes as long as one of 16
such networks at once. Each job keeps its own measurements, initial weights, learning rate, checkpoints, scores and
result; only the time that it took by itself is not to be had.

Nothing is lost where it does not work. `Apart` says so, and the jobs are then run one by one as ever.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from activations.base import Activation, Domain, build, count_params
from activations.kernels import compiling
from activations.stacked import Stack
from bench.blocks import DEFAULT
from bench.execute import (
    activation_of,
    divergence,
    finish,
    held_out,
    on_device,
    posed,
    scored,
    width_of,
)
from bench.job import Job
from bench.registry import Plugins
from bench.result import Result
from bench.settings import Model, Train
from bench.stopping import Point, chosen_step
from bench.timing import Clock, peak_memory, reset_peak_memory
from bench.train import CHECKPOINTS, Objective, checkpoints, in_precision, optimizer
from tasks.base import Task

WORTHWHILE = 32_768
"""Values of a layer (rows × units) of one network up to which training together pays; measured on a CPU, see
docs/performance.md. On a GPU it has not been measured."""

NEAR = 1e-3
"""By how much of its largest value a gradient may differ from that of the network alone: rounding stays far below it,
and a module that mixes up its networks far above."""


class Apart(Exception):
    """These jobs are to be run one by one; the message says why."""


def worthwhile(rows: int, units: int) -> bool:
    """Whether networks of this many rows and units of a layer train faster together. A pure function of the job."""
    return rows * units <= WORTHWHILE and rows <= DEFAULT


class Lockstep:
    """Gradient descent of several networks at once, each on its own objective and with its own learning rate.

    Args:
        stack: the networks.
        objectives: one for each, of one kind and one size.
        trains: their settings; these may differ in ``lr`` and ``lr_decay`` only.

    Attributes:
        step: steps done.

    Raises:
        Apart: if the objectives are not alike.
    """

    def __init__(self, stack: Stack, objectives: Sequence[Objective], trains: Sequence[Train]) -> None:
        first = objectives[0]
        shapes = {(o.local, o.scale, o.points.shape, o.targets.shape) for o in objectives}
        if len(shapes) > 1:
            raise Apart("their measurements differ in number")
        self.step = 0
        self._stack, self._objectives, self._train = stack, objectives, trains[0]
        self._points = torch.stack([objective.points for objective in objectives])
        self._targets = torch.stack([objective.targets for objective in objectives]) if first.local else None
        # The optimiser moves zeros by a learning rate of 1: what it makes of them is the direction of the step, which
        # each job then goes at its own rate. One vector costs one call, where a group of parameters a job costs many.
        self._direction = nn.Parameter(torch.zeros_like(stack.values))
        self._direction.grad = stack.gradient
        unit = self._train.model_copy(update={"lr": 1.0, "weight_decay": None})
        self._optimizer = optimizer(nn.ParameterList([self._direction]), unit)
        device = stack.values.device
        self._rate = torch.tensor([train.lr for train in trains], dtype=torch.float64, device=device)
        self._decay = torch.tensor([train.lr_decay for train in trains], dtype=torch.float64, device=device)

    def advance(self, to: int) -> None:
        """Train up to a step."""
        while self.step < to:
            self.backward()
            self._move()
            self.step += 1

    def backward(self) -> None:
        """Set the stack's gradient to that of the losses."""
        self._stack.gradient.zero_()
        output: Tensor = self._stack.network(self._points)
        values = output.detach()
        if self._targets is not None:
            gradient = (values - self._targets) * (2 * self._objectives[0].scale)
        else:
            gradient = torch.stack([o.pull(each)[1] for o, each in zip(self._objectives, values, strict=True)])
        output.backward(gradient)  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def _move(self) -> None:
        self._optimizer.step()
        rates = self._rate * self._decay ** (self.step / self._train.steps)
        rate = rates.to(self._stack.values.dtype)[self._stack.owner]
        if self._train.weight_decay is not None:
            self._stack.values.mul_(1 - rate * self._train.weight_decay)
        self._stack.values.addcmul_(rate, self._direction)
        self._direction.zero_()


def hold_against(
    stack: Stack, lockstep: Lockstep, networks: Sequence[nn.Module], objectives: Sequence[Objective], near: float = NEAR
) -> None:
    """Compare the stack's gradient with that of each network alone: a plugin's module may not be what it seems.

    Raises:
        Apart: if they differ by more than rounding.
    """
    lockstep.backward()
    together = [p.grad for p in stack.network.parameters()]
    for index, (network, objective) in enumerate(zip(networks, objectives, strict=True)):
        objective.backward(network)
        for (name, parameter), grads in zip(network.named_parameters(), together, strict=True):
            if parameter.grad is None or grads is None:
                raise Apart(f"{name} gets no gradient")
            difference = (grads[index] - parameter.grad).abs().max()
            if not bool(difference <= near * parameter.grad.abs().max()):  # also where one of them is no number
                raise Apart(f"the gradient of {name} is not that of the network alone")
            parameter.grad = None


@dataclass
class _Seat:
    """One job of a group, and what becomes of it."""

    job: Job
    task: Task
    activation: Activation
    network: nn.Module
    objective: Objective
    train: Train
    result: Result
    points: list[Point] = field(default_factory=list)
    estimate: NDArray[np.float32] | None = None
    error: str | None = None

    def look(self, step: int, values: Tensor, train_s: float) -> dict[str, float]:
        """Score a checkpoint; a job that has diverged is over."""
        if self.error is not None:
            return {}
        scores = scored(self.task, self.objective, values, self.activation, self.network, bool(self.train.diagnostics))
        self.points.append(Point(step, scores["loss"], scores.get("heldout_loss")))
        self.result.add_scores(scores, step=step, train_s=train_s)
        self.estimate = self.objective.problem.grid(values)
        self.error = divergence(scores["loss"], values, step)
        return scores

    def end(self) -> None:
        assert self.estimate is not None
        problem = self.objective.problem
        chosen = chosen_step(self.train.stop, self.points, problem.noise_std)
        status = "ok" if self.error is None else "diverged"
        self.result.row |= {
            "status": status,
            "error": self.error,
            "steps": self.points[-1].step,
            "chosen_step": chosen,
        }
        finish(self.job, self.task, problem, self.activation, self.estimate, self.result)


def _seat(job: Job, plugins: Plugins, device: torch.device) -> _Seat:
    result = Result()
    train, model = Train.model_validate(job.train), Model.model_validate(job.model)
    task, problem = posed(job, plugins, result)
    problem = on_device(problem, device)
    activation = activation_of(job, plugins)
    domain = Domain(problem.coords.shape[1], problem.truth.shape[1], problem.shape)
    width = width_of(activation, domain, model)
    units, rows = activation.hidden_width(width), len(problem.coords)
    if not worthwhile(rows, units):
        raise Apart(f"{rows} rows of {units} units are enough work for a network by itself")
    network = build(activation, domain, width=width, depth=model.depth, seed=job.init_seed).to(device)
    objective = Objective(problem, DEFAULT, held_out(job, problem, train.holdout))
    result.row |= {
        "depth": model.depth,
        "width": units,
        "params": count_params(network),
        "block_rows": DEFAULT,
        "compiled": False,
    }
    return _Seat(job, task, activation, network, objective, train, result)


def execute(
    jobs: Sequence[Job],
    plugins: Plugins,
    device: torch.device,
    progress: Callable[[dict[str, float]], None] = lambda _: None,
) -> list[Result]:
    """Run jobs of one group (`bench.plan.groups`) together; the results are in their order.

    The seconds of a job are its share of the group's.

    Args:
        progress: called with the fraction done and the scores of the first job, at every checkpoint.

    Raises:
        Apart: if it would not pay, or cannot be done.
    """
    reset_peak_memory(device)
    clock = Clock(device)
    with clock.phase("setup"):
        seats = [_seat(job, plugins, device) for job in jobs]
        networks, objectives = [seat.network for seat in seats], [seat.objective for seat in seats]
        train = seats[0].train
    with compiling(False), in_precision(None, device):
        with clock.phase("warmup"):
            stack = Stack(networks, [seat.activation for seat in seats])
            lockstep = Lockstep(stack, objectives, [seat.train for seat in seats])
            hold_against(stack, lockstep, networks, objectives)
            coords = torch.stack([objective.problem.coords for objective in objectives])
        for checkpoint in checkpoints(train.steps, train.checkpoints or CHECKPOINTS):
            with clock.phase("train"):
                lockstep.advance(checkpoint)
            with clock.phase("eval"):
                with torch.no_grad():
                    values = stack.network(coords)
                share = clock.seconds["train"] / len(seats)
                scores = [seat.look(checkpoint, each, share) for seat, each in zip(seats, values, strict=True)]
            progress({"fraction": checkpoint / train.steps, **scores[0]})
            if all(seat.error is not None for seat in seats):
                break
    for seat in seats:
        seat.end()
    columns = {
        name: seconds / len(seats) for name, seconds in clock.columns(lockstep.step).items() if seconds is not None
    }
    for seat in seats:
        seat.result.row |= {**columns, "peak_mem_bytes": peak_memory(device)}
    return [seat.result for seat in seats]


def attempt(
    jobs: Sequence[Job], plugins: Plugins, device: torch.device, progress: Callable[[dict[str, float]], None]
) -> list[Result] | str:
    """`execute`, or why the jobs are to be run one by one. Whatever is raised is a reason to."""
    try:
        return execute(jobs, plugins, device, progress)
    except Apart as error:
        return str(error)
    except (Exception, SystemExit) as error:
        traceback.print_exception(error)
        return f"{type(error).__name__}: {error}".strip().splitlines()[0][:500]
