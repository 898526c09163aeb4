"""The data loss of a problem and its exact gradient, of all measurements or of a batch, added up over blocks of rows.

A block that stays in the processor's cache trains faster than the whole batch, and memory then does not grow with the
signal. There are two cases:

- an operator that only picks rows splits the loss itself: each block is run forward and backward in turn;
- any other one (area average, Radon) mixes rows. The network is first run on all blocks; with r = A f - y the gradient
  of the mean square at the values is g = 2 Aᵀ r / r.numel(); then each block is run backward from its part of g. Blocks
  keep their intermediate results between the two passes while these fit into `KEEP_BYTES`, and are computed again where
  they do not.

A batch (`train.batch`) is a draw of measurements for each step. In the first case the network is evaluated at these
alone. In the second it is still evaluated everywhere: only the projector draws, whole angles, and all other operators
train on all of their measurements.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from inrbench.activations.core.lookup import Table
from inrbench.bench.engine.block_size import DEFAULT
from inrbench.bench.engine.engine import Engine
from inrbench.bench.engine.threads import blocks_of_threads, run_on_threads
from inrbench.bench.training.sampling import Batches, batch_size
from inrbench.tasks.core.base import Problem

KEEP_BYTES = 2 << 30
"""Memory for the intermediate results of all blocks of one step under an operator that mixes rows."""


class Loss(Protocol):
    """What training lowers.

    Attributes:
        problem: on the device already.
        rows: rows of one block; it may change between two steps.
        evaluated: number of points at which one step evaluates the network; derivatives count as evaluations.
        sampled: whether a step sees only a part of what the loss is of.
        note: one line on what is not as it was asked for; empty if all is.
    """

    problem: Problem
    rows: int
    evaluated: int
    sampled: bool
    note: str

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
    """The mean square of A f(coords) - y over a problem, and its gradient, in blocks of rows.

    Args:
        problem: on the device already.
        rows: rows of one block.
        held_out: (M,) bool, the measurements that are kept from training; None for none.
        batch: a share (float) or a number (int) of the measurements in training, drawn for each step; None for all.
        data_seed: that of the job, for batches.

    Attributes:
        local: whether the loss splits over the rows: the operator only picks some.
        points: (R, d), where the network is evaluated in training.
        targets: (R, C) where the loss is local, what is measured there; else (M, C).
        batches: the draws; None where every step trains on all.
        evaluated, sampled, note: as in `Loss`; the note is on the batch.
    """

    def __init__(
        self,
        problem: Problem,
        rows: int = DEFAULT,
        held_out: Tensor | None = None,
        batch: float | int | None = None,
        data_seed: int = 0,
    ) -> None:
        self.problem, self.rows, self.note = problem, rows, ""
        picked = problem.operator.rows
        self.local = picked is not None
        coords, measured = problem.coords if picked is None else problem.coords[picked], problem.measured
        self._used = None if held_out is None else ~held_out[:, None]
        count = measured.numel()
        if held_out is not None:
            count = int((~held_out).sum()) * measured.shape[1]
            if self.local:
                coords, measured = coords[~held_out], measured[~held_out]
        self.points, self.targets = coords, measured
        self.scale = 1 / count
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
                self.note = f"batch {batch}: {type(operator).__name__} mixes rows, so every step trains on all"
                return None
            units = operator.out_rows // operator.group
            size = batch_size(batch, units) if isinstance(batch, float) else max(1, min(size // operator.group, units))
        if size == units:
            self.note = f"batch {batch}: every step trains on all {count} measurements"
            return None
        return Batches(units, size, data_seed, self.points.device)

    def backward(self, engine: Engine, step: int = 0) -> Tensor:
        """Add the gradient of the loss to the parameters' ``grad``; returns the loss, a scalar still on the device."""
        drawn = self.batches.at(step) if self.batches else None
        engine.begin()
        if self.local:
            points, targets, scale = self.points, self.targets, self.scale
            if drawn is not None:
                points, targets, scale = points[drawn], targets[drawn], scale * len(points) / len(drawn)
            loss = self._backward_local(engine, points, targets, scale)
        else:
            loss = self._backward_mixed(engine, drawn)
        engine.end()
        return loss

    @torch.no_grad()
    def losses(self, values: Tensor, engine: Engine) -> tuple[float, float | None]:
        """The mean square of the residual over all measurements in training, whatever the batch, and all held out.

        Args:
            values: (N, C), the network at ``problem.coords``.
            engine: not used.
        """
        squares = (self.problem.operator.forward(values) - self.problem.measured).square().mean(dim=1)
        if self._used is None:
            return float(squares.mean()), None
        used = self._used[:, 0]
        return float(squares[used].mean()), float(squares[~used].mean())

    def _backward_local(self, engine: Engine, points: Tensor, targets: Tensor, scale: float) -> Tensor:
        blocks = blocks_of_threads(len(points), self.rows, engine.threads)

        def pass_both(thread: int) -> Tensor:
            total = torch.zeros((), device=targets.device)
            for block in blocks[thread]:
                values, kept = engine.forward(points[block])
                residual = values - targets[block]
                engine.backward(thread, kept, residual * (2 * scale))
                total += residual.square().sum()
                del kept  # before there is the next one
            return total

        return torch.stack([*run_on_threads(engine.threads, pass_both)]).sum() * scale

    def _backward_mixed(self, engine: Engine, drawn: Tensor | None) -> Tensor:
        blocks = blocks_of_threads(len(self.points), self.rows, engine.threads)
        keep = self._fits(engine)

        def pass_forward(thread: int) -> list[tuple[Tensor, Any]]:
            return [engine.forward(self.points[block], keep=keep) for block in blocks[thread]]

        passed = run_on_threads(engine.threads, pass_forward)
        values = torch.cat([value for thread in passed for value, _ in thread]).to(self.problem.measured.dtype)
        loss, gradient = self.pull(values, drawn)

        def pass_backward(thread: int) -> None:
            for block, (_, kept) in zip(blocks[thread], passed[thread], strict=True):
                if not keep:
                    _, kept = engine.forward(self.points[block])
                engine.backward(thread, kept, gradient[block])

        run_on_threads(engine.threads, pass_backward)
        return loss

    def pull(self, values: Tensor, drawn: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The loss of values (N, C) at all coordinates, and its gradient in them; for an operator that mixes rows.

        Args:
            drawn: the groups of measurements that are in the batch; None for all.
        """
        operator, scale = self.problem.operator, self.scale
        residual = operator.forward(values) - self.problem.measured
        if self._used is not None:
            residual = residual * self._used
        if drawn is not None:
            assert operator.group is not None
            # Over the expected number of measurements, so that the mean over all draws is the loss: where some are held
            # out, the groups have unlike numbers of them.
            scale *= operator.out_rows / (len(drawn) * operator.group)
            groups = residual.reshape(-1, operator.group, residual.shape[1])
            residual = torch.zeros_like(groups).index_copy(0, drawn, groups[drawn]).reshape(residual.shape)
        gradient = operator.adjoint(residual * (2 * scale))
        return residual.square().sum() * scale, gradient

    def _fits(self, engine: Engine) -> bool:
        """Whether the intermediate results of all rows fit, by a generous estimate: six floats a unit.

        Rows of a table are no units: what is looked up in it is known, and not kept for each pass.
        """
        tables = {id(module.values) for module in engine.network.modules() if isinstance(module, Table)}
        units = sum(p.shape[0] for p in engine.network.parameters() if p.dim() > 1 and id(p) not in tables)
        return 6 * 4 * units * self.problem.coords.shape[0] <= KEEP_BYTES
