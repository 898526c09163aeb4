"""The data loss of a problem and its exact gradient, of all measurements or of a batch, added up over blocks of rows.

A block that stays in the processor's cache trains faster than the whole batch, and memory then does not grow with the
signal. There are two cases:

- an operator that only picks rows splits the loss itself: each block is run forward and backward in turn;
- any other one (area average, Radon) mixes rows, and so does a penalty on the total variation. The network is first run
  on all blocks; autograd takes the gradient g of the loss at the values, through the operator's `forward`, or the
  adjoint gives the same bits in less time; then each block is run backward from its part of g. Blocks keep their
  intermediate results between the two passes while these fit into `KEEP_BYTES`, and are computed again where they do
  not.

A batch (`train.batch`) is a draw of measurements for each step. In the first case the network is evaluated at these
alone. In the second it is still evaluated everywhere: only the projector draws, whole angles, and all other operators
train on all of their measurements.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from inrbench.activations.core.lookup import EmbeddingTable
from inrbench.activations.core.variation import total_variation
from inrbench.bench.engine.block_size import DEFAULT
from inrbench.bench.engine.engine import CompiledEngine, Engine
from inrbench.bench.engine.threads import blocks_of_threads, run_on_threads
from inrbench.bench.training.sampling import Batches, batch_size
from inrbench.tasks.core.base import Problem
from inrbench.tasks.core.losses import L2, DataLoss
from inrbench.tasks.core.operators import adjoint_is_gradient

LEAST_SQUARES = L2()

KEEP_BYTES = 2 << 30
"""Memory for the intermediate results of all blocks of one step under an operator that mixes rows."""


class TrainingLoss(Protocol):
    """What training lowers.

    Attributes:
        problem: on the device already.
        rows: rows of one block; it may change between two steps.
        evaluated: number of points at which one step evaluates the network; derivatives count as evaluations.
        sampled: whether a step sees only a part of what the loss is of.
        note: one line on what is not as it was asked for; empty if all is.
        noise_level: the loss that the truth is expected to have from the noise alone; None where that is not known.
    """

    problem: Problem
    rows: int
    evaluated: int
    sampled: bool
    note: str
    noise_level: float | None

    def backward(self, engine: Engine, step: int = 0) -> Tensor:
        """Add the gradient of the loss to the parameters' ``grad``; returns the loss, a scalar still on the device.

        Args:
            step: number of steps done, which decides what is drawn.
        """

    def losses(self, values: Tensor, engine: Engine) -> tuple[float, float | None]:
        """The loss as it is scored, from no batch: of what is in training, and of the measurements held out.

        Args:
            values: (N, C), the network at ``problem.coords``.
            engine: of the network.
        """


class Objective:
    """The data loss of A f(coords) and y over a problem, and its gradient, in blocks of rows.

    Args:
        problem: on the device already.
        rows: rows of one block.
        held_out: (M,) bool, the measurements that are kept from training; None for none.
        batch: a share (float) or a number (int) of the measurements in training, drawn for each step; None for all.
        data_seed: that of the job, for batches.
        loss: the data loss.
        tv: weight of the total variation of the values on the grid, which is added to what is trained on and not to
            the loss that is returned and scored; None for none.

    Attributes:
        local: whether the loss splits over the rows: the operator only picks some, and there is no total variation.
        points: (R, d), where the network is evaluated in training.
        targets: (R, C) where the loss is local, what is measured there; else (M, C).
        batches: the draws; None where every step trains on all.
        evaluated, sampled, note, noise_level: as in `TrainingLoss`; the note is on the batch.

    Raises:
        ValueError: if the measurements cannot have that loss, or no weights.
    """

    def __init__(
        self,
        problem: Problem,
        rows: int = DEFAULT,
        held_out: Tensor | None = None,
        batch: float | int | None = None,
        data_seed: int = 0,
        loss: DataLoss = LEAST_SQUARES,
        tv: float | None = None,
    ) -> None:
        self.problem, self.rows, self.note = problem, rows, ""
        self.noise_level = loss.noise_level(problem.noise_std)
        self._loss, self._tv, weights = loss, tv, _weights(loss, problem)
        picked = problem.operator.rows if tv is None else None
        self.local = picked is not None
        coords, measured = problem.coords if picked is None else problem.coords[picked], problem.measured
        self._used = None if held_out is None else ~held_out[:, None]
        count = measured.numel()
        if held_out is not None:
            count = int((~held_out).sum()) * measured.shape[1]
            if self.local:
                coords, measured = coords[~held_out], measured[~held_out]
                weights = None if weights is None else weights[~held_out]
        self.points, self.targets, self._weights = coords, measured, weights
        self.scale = 1 / count
        self._by_adjoint = (
            not self.local
            and tv is None
            and loss == LEAST_SQUARES
            and adjoint_is_gradient(problem.operator, problem.truth.shape[1])
        )
        self.batches = None if batch is None else self._batches(batch, count // measured.shape[1], data_seed)
        self.sampled = self.batches is not None
        # Of all coordinates, also where a mask picks some: the settings of the engine follow from it.
        self.evaluated = self.batches.size if self.batches and self.local else len(problem.coords)

    def _batches(self, batch: float | int, count: int, data_seed: int) -> Batches | None:
        """The draws of a batch from ``count`` measurements in training, None if it is of all."""
        operator = self.problem.operator
        size, units = batch_size(batch, count), count
        if not self.local:
            if operator.group is None:
                cause = f"{type(operator).__name__} mixes rows" if operator.rows is None else "tv needs the whole grid"
                self.note = f"batch {batch}: {cause}, so every step trains on all"
                return None
            units = operator.out_rows // operator.group
            size = batch_size(batch, units) if isinstance(batch, float) else max(1, min(size // operator.group, units))
        if size == units:
            self.note = f"batch {batch}: every step trains on all {count} measurements"
            return None
        return Batches(units, size, data_seed, self.points.device)

    def backward(self, engine: Engine, step: int = 0) -> Tensor:
        """Add the gradient of the loss to the parameters' ``grad``; returns the loss, a scalar still on the device."""
        chosen = self.batches.at(step) if self.batches else None
        engine.begin()
        if self.local:
            points, targets, weights, scale = self.points, self.targets, self._weights, self.scale
            if chosen is not None:
                points, targets, scale = points[chosen], targets[chosen], scale * len(points) / len(chosen)
                weights = None if weights is None else weights[chosen]
            loss = self._backward_local(engine, points, targets, weights, scale)
        else:
            loss = self._backward_mixed(engine, chosen)
        engine.end()
        return loss

    @torch.no_grad()
    def losses(self, values: Tensor, engine: Engine) -> tuple[float, float | None]:
        """The loss over all measurements in training, whatever the batch, and over all held out.

        Args:
            values: (N, C), the network at ``problem.coords``.
            engine: not used.
        """
        terms = self._loss.terms(self.problem.operator.forward(values), self.problem.measured)
        if self._loss.weighted and self.problem.weights is not None:
            terms = terms * self.problem.weights
        means = terms.mean(dim=1)
        if self._used is None:
            return float(means.mean()), None
        used = self._used[:, 0]
        return float(means[used].mean()), float(means[~used].mean())

    def _backward_local(
        self, engine: Engine, points: Tensor, targets: Tensor, weights: Tensor | None, scale: float
    ) -> Tensor:
        blocks = blocks_of_threads(len(points), self.rows, engine.threads)

        if (
            isinstance(engine, CompiledEngine)
            and self._loss == LEAST_SQUARES
            and weights is None
            and targets.dtype == torch.float32
        ):
            return self._least_squares(engine, points, targets, blocks, scale)

        def pass_both(thread: int) -> Tensor:
            total = torch.zeros((), device=targets.device)
            for block in blocks[thread]:
                values, saved = engine.forward(points[block])
                part, gradient = self._loss.sum_and_gradient(
                    values.to(targets.dtype), targets[block], None if weights is None else weights[block]
                )
                engine.backward(thread, saved, gradient * scale)
                total += part
                del saved  # before there is the next one
            return total

        return torch.stack([*run_on_threads(engine.threads, pass_both)]).sum() * scale

    def _least_squares(
        self, engine: CompiledEngine, points: Tensor, targets: Tensor, blocks: list[list[slice]], scale: float
    ) -> Tensor:
        def pass_both(thread: int) -> float:
            return sum(engine.least_squares(thread, points[block], targets[block], scale) for block in blocks[thread])

        return torch.tensor(sum(run_on_threads(engine.threads, pass_both)) * scale)

    def _backward_mixed(self, engine: Engine, chosen: Tensor | None) -> Tensor:
        blocks = blocks_of_threads(len(self.points), self.rows, engine.threads)
        keep = self._fits(engine)

        def pass_forward(thread: int) -> list[tuple[Tensor, Any]]:
            return [engine.forward(self.points[block], keep=keep) for block in blocks[thread]]

        passed = run_on_threads(engine.threads, pass_forward)
        values = torch.cat([value for thread in passed for value, _ in thread]).to(self.problem.measured.dtype)
        loss, gradient = self.loss_and_gradient(values, chosen)

        def pass_backward(thread: int) -> None:
            for block, (_, saved) in zip(blocks[thread], passed[thread], strict=True):
                if not keep:
                    _, saved = engine.forward(self.points[block])
                engine.backward(thread, saved, gradient[block])

        run_on_threads(engine.threads, pass_backward)
        return loss

    def loss_and_gradient(self, values: Tensor, chosen: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The loss of values (N, C) at all coordinates, and the gradient in them of what is trained on.

        Args:
            chosen: the groups of measurements that are in the batch; None for all.
        """
        if self._by_adjoint:
            return self._of_least_squares(values, chosen)
        operator, scale = self.problem.operator, self.scale
        values = values.detach().requires_grad_()
        terms = self._loss.terms(operator.forward(values), self.problem.measured)
        if self._weights is not None:
            terms = terms * self._weights
        if self._used is not None:
            terms = terms * self._used
        if chosen is not None:
            assert operator.group is not None
            # Over the expected number of measurements, so that the mean over all draws is the loss: where some are held
            # out, the groups have unlike numbers of them.
            scale *= operator.out_rows / (len(chosen) * operator.group)
            terms = terms.reshape(-1, operator.group, terms.shape[1]).index_select(0, chosen)
        loss = terms.sum() * scale
        trained = loss if self._tv is None else loss + self._tv * total_variation(values, self.problem.shape)
        return loss.detach(), torch.autograd.grad(trained, values)[0]

    @torch.no_grad()
    def _of_least_squares(self, values: Tensor, chosen: Tensor | None) -> tuple[Tensor, Tensor]:
        """`loss_and_gradient` of a mean square under a linear operator A, by 2 Aᵀ r of the residuals r: the bits of
        autograd without its graph."""
        operator, scale = self.problem.operator, self.scale
        residual = operator.forward(values) - self.problem.measured
        if self._used is not None:
            residual = residual * self._used
        if chosen is None:
            return residual.square().sum() * scale, operator.adjoint(residual * (2 * scale))
        assert operator.group is not None
        scale *= operator.out_rows / (len(chosen) * operator.group)  # as in `loss_and_gradient`
        groups = residual.reshape(-1, operator.group, residual.shape[1])
        picked = groups.index_select(0, chosen)
        residual = torch.zeros_like(groups).index_copy_(0, chosen, picked).reshape(residual.shape)
        return picked.square().sum() * scale, operator.adjoint(residual * (2 * scale))

    def _fits(self, engine: Engine) -> bool:
        """Whether the intermediate results of all rows fit, by a generous estimate: six floats a unit.

        Rows of a table are not units: what is looked up in it is known, and not kept for each pass.
        """
        tables = {id(module.values) for module in engine.network.modules() if isinstance(module, EmbeddingTable)}
        units = sum(p.shape[0] for p in engine.network.parameters() if p.dim() > 1 and id(p) not in tables)
        return 6 * 4 * units * self.problem.coords.shape[0] <= KEEP_BYTES


def _weights(loss: DataLoss, problem: Problem) -> Tensor | None:
    """The weights of the measurements, where the loss has any.

    Raises:
        ValueError: if it asks for weights that the problem has not, or the measurements cannot have it.
    """
    if refusal := loss.refusal(problem.measured):
        raise ValueError(f"the loss {loss.name} {refusal}")
    if loss.weighted and problem.weights is None:
        raise ValueError("this task gives its measurements no weights; leave out train.loss.weighted")
    return problem.weights if loss.weighted else None
