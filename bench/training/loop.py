"""The training of one job: set up, warmed up, resumed, advanced from eval step to eval step, and scored.

Two words: after an *eval step* the network is scored, outside the training clock; a *checkpoint* is the saved state of
a training, from which a killed job resumes. Neither knows of the other.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from inrbench.activations.core.base import Activation, Domain, build, count_frozen, count_params
from inrbench.bench.config.job import Job
from inrbench.bench.engine.block_size import block_rows, should_compile
from inrbench.bench.engine.engine import choose_engine
from inrbench.bench.optimizers import Optimizer
from inrbench.bench.store.schema import Score
from inrbench.bench.training.checkpoint import Checkpointer, TrainingState, fingerprint
from inrbench.bench.training.clock import Clock
from inrbench.bench.training.descent import Descent
from inrbench.bench.training.early_stopping import EvalPoint, chosen_step
from inrbench.bench.training.network import penalty_of, width_of
from inrbench.bench.training.residual_loss import loss_of
from inrbench.bench.training.result import NetworkInfo, Outcome, Progress, scores_at
from inrbench.bench.training.scoring import EVAL_STEPS, divergence, eval_steps, evaluate, evaluation_mode, score_values
from inrbench.bench.training.spectra import Spectra
from inrbench.bench.training.weights import Blueprint, Evaluation, plugin_of, tensors
from inrbench.tasks.core.base import Problem, Task
from inrbench.tasks.signals.signal import Signal

WARMUP_STEPS = 2

STOP_EVERY = 10
"""Steps between two looks at the loss of a job that stops at one: each look waits for the device."""

OnProgress = Callable[[Progress], None]


class TrainingRun:
    """The training of a job's network on its problem, on one device; set up and warmed up when it is made.

    Args:
        job: with an activation.
        problem: of the job, on any device.
        clock: of the job.

    Attributes:
        network: in training.
        values: (N, C), the network at all coordinates, as it was scored last.
    """

    values: Tensor

    def __init__(
        self,
        job: Job,
        task: Task,
        problem: Problem,
        activation: Activation,
        optimizer: Optimizer,
        device: torch.device,
        clock: Clock,
    ) -> None:
        assert job.train is not None
        assert job.model is not None
        self._job, self._train, self._model = job, job.train, job.model
        self._task, self._activation, self._optimizer = task, activation, optimizer
        self._device, self._clock = device, clock
        self._observed: list[Score] = []
        self._error: str | None = None
        self._resumed: int | None = None
        with clock.phase("setup"):
            self._set_up(problem)
        with clock.phase("warmup"):
            self._warm_up()
        plugins, rows, engine = (type(task), type(activation), type(optimizer)), self._rows, self._engine.name
        describe = partial(fingerprint, job.job_id, device, plugins, rows, engine)
        self._state = TrainingState(self._descent(), clock, device, describe)
        self._checkpointer = Checkpointer(self._state, None)
        self._spectra = Spectra(task, self._problem) if self._train.diagnostics else None
        if self._spectra is not None:  # before the network is that of a checkpoint
            self._observe("start", 0, 0.0)

    def resume(self, checkpoint: Path | None) -> None:
        """Go on from a checkpoint if it is valid, and save the training there from now on. None does neither."""
        self._checkpointer = Checkpointer(self._state, checkpoint)
        self._resumed = self._checkpointer.resume()

    def advance(self, progress: OnProgress) -> None:
        """Train to the end, and score the network at every eval step.

        Args:
            progress: called whenever the network has been scored.
        """
        points = self._state.points
        scored = points[-1].step if points else 0  # before the kill
        for step in eval_steps(self._train.steps, self._train.eval_steps or EVAL_STEPS):
            if step <= scored:
                continue
            reached = self._advance_to(step)
            scores = self._score()
            progress(Progress(self._state.descent.step / self._train.steps, scores))
            if self._error or reached:
                break
        if self._spectra is not None and not self._error:
            self._observe("end", self._state.descent.step, self._clock.seconds["train"])

    def outcome(self) -> tuple[Outcome, NDArray[np.float32]]:
        """The outcome of the training, and the values scored last, on the problem's grid."""
        state, arrays = self._state, {} if self._spectra is None else {self._job.job_id: self._spectra.arrays}
        outcome = Outcome(
            "diverged" if self._error else "ok",
            self._error,
            steps=state.descent.step,
            passes=state.descent.passes,
            resumed_step=self._resumed,
            chosen_step=chosen_step(self._train.stop, state.points, self._objective.noise_level),
            network=self._info(),
            scores=(*self._observed, *state.scores),
            arrays=arrays,
        )
        return outcome, self._problem.grid(self.values)

    def with_weights(self, outcome: Outcome, signal: Signal) -> Outcome:
        """The outcome with the network as it is now, and what builds it again."""
        job, network, model, train = self._job, self.network, self._model, self._train
        assert job.activation is not None
        evaluation = Evaluation(
            self._large, train.precision, bool(self._problem.residuals), self._rows, torch.get_num_threads(),
            self._device.type,
        )  # fmt: skip
        blueprint = Blueprint(
            job.job_id, job.task, job.signal, signal.kind, signal.rate, job.activation,
            **plugin_of(self._activation), in_features=self._domain.in_features,
            out_features=self._domain.out_features, shape=self._domain.shape, width=self._width, depth=model.depth,
            seed=job.init_seed, tanh=model.output == "tanh", torch=str(torch.__version__), evaluation=evaluation,
        )  # fmt: skip
        return replace(outcome, weights=tensors(network), blueprint=blueprint.to_json())

    # -- set-up ------------------------------------------------------------------------------------------------------

    def _set_up(self, problem: Problem) -> None:
        """The problem on the device, the network with its initial weights, and what it is trained on."""
        activation, model, tanh = self._activation, self._model, self._model.output == "tanh"
        self._problem = problem = on_device(problem, self._device)
        self._domain = domain = Domain(problem.coords.shape[1], problem.truth.shape[1], problem.shape)
        self._width = width = width_of(activation, domain, model)
        self._units = activation.hidden_width(width)
        seed, sigma_p = self._job.init_seed, model.sigma_p or 1.0
        network = build(
            activation, domain, width=width, depth=model.depth, seed=seed, tanh=tanh, init=model.init, sigma_p=sigma_p,
            samples=problem.samples() if activation.adapts else None,
        )  # fmt: skip
        self.network = network.to(self._device)
        self._penalty = penalty_of(activation, self._train.path_norm)
        self._objective = loss_of(self._job, self._task, problem, activation, self._train)
        if self._objective.note:
            print(self._objective.note)

    def _warm_up(self) -> None:
        """Choose the engine, and compile what is compiled at first use, in steps that are undone."""
        problem, objective, train = self._problem, self._objective, self._train
        self._large = large = should_compile(train.steps, objective.evaluated, self._units * self._model.depth)
        self._engine = choose_engine(
            self.network, problem.coords, large=large, precision=train.precision, derivatives=bool(problem.residuals)
        )
        self._rows = objective.rows = block_rows(self._engine, problem.coords[: objective.evaluated])
        with unchanged(self.network):
            for _ in itertools.islice(self._descent(), WARMUP_STEPS):
                pass

    def _descent(self) -> Descent:
        activation, network = self._activation, self.network
        groups, hidden = activation.optimizer_groups(network), activation.hidden_matrices(network)
        return Descent(self._engine, self._objective, self._train, self._penalty, groups, self._optimizer, hidden)

    def _info(self) -> NetworkInfo:
        name, network = self._engine.name, self.network
        return NetworkInfo(
            self._model.depth,
            self._units,
            count_params(network),
            self._rows,
            name,
            compiled=not name.startswith("autograd"),
            frozen=count_frozen(network),
        )

    # -- one eval step -----------------------------------------------------------------------------------------------

    def _advance_to(self, step: int) -> bool:
        """Train up to a step, saving checkpoints when they are due; returns whether the loss to stop at is reached."""
        descent, reached = self._state.descent, False
        while descent.step < step and not reached:
            if self._checkpointer.is_due():
                self._checkpointer.save()
            with self._clock.phase("train"):
                reached = self._train_until_due(step)
        return reached

    def _train_until_due(self, step: int) -> bool:
        """Train up to a step, until a checkpoint is due, or until the loss is low enough; returns whether it is."""
        descent, stop_loss, is_due = self._state.descent, self._train.stop_loss, self._checkpointer.is_due
        for loss in itertools.islice(descent, step - descent.step):
            if stop_loss is not None and descent.step % STOP_EVERY == 0 and self._is_at_most(stop_loss, loss):
                return True
            if is_due():
                break
        return False

    def _is_at_most(self, level: float, loss: Tensor) -> bool:
        """Whether the data loss is low enough. Where a step only has that of its batch, which may be low by chance,
        that of everything is computed when the former is low enough."""
        if float(loss) > level:
            return False
        if not self._objective.sampled:
            return True
        return self._objective.losses(self._evaluated(), self._engine)[0] <= level

    def _score(self) -> dict[str, float]:
        """Score the network as it is now, outside the training clock."""
        state, step = self._state, self._state.descent.step
        with self._clock.phase("eval"):
            self.values = self._evaluated()
            scores = score_values(
                self._task, self._objective, self._engine, self.values, self._activation, bool(self._train.diagnostics)
            )
        state.points.append(EvalPoint(step, scores["loss"], scores.get("heldout_loss")))
        passes = {"passes": float(state.descent.passes)} if self._optimizer.full_batch else {}
        state.scores += scores_at(step, self._clock.seconds["train"], scores | passes)
        self._error = divergence(scores["loss"], self.values, step)
        return scores

    def _evaluated(self) -> Tensor:
        return evaluate(self._engine, self._problem.coords, self._rows)

    def _observe(self, moment: str, step: int, train_s: float) -> None:
        """Keep the network's spectra, outside the training clock."""
        assert self._spectra is not None
        with self._clock.phase("eval"):
            values = self._evaluated() if moment == "start" else self.values
            with evaluation_mode(self.network):
                scores = self._spectra.observe(moment, self.network, values)
        self._observed += scores_at(step, train_s, scores)


@contextmanager
def unchanged(network: nn.Module) -> Iterator[None]:
    """Parameters and buffers of a network have their former values again afterwards; gradients are None."""
    tensors = [*network.parameters(), *network.buffers()]
    before = [tensor.detach().clone() for tensor in tensors]
    yield
    network.zero_grad(set_to_none=True)
    with torch.no_grad():
        for tensor, value in zip(tensors, before, strict=True):
            tensor.copy_(value)


def on_device(problem: Problem, device: torch.device) -> Problem:
    """The same problem with all its tensors on a device."""
    return replace(
        problem,
        coords=problem.coords.to(device),
        operator=problem.operator.to(device),
        measured=problem.measured.to(device),
        truth=problem.truth.to(device),
        weights=None if problem.weights is None else problem.weights.to(device),
    )
