"""The data loss of a problem and its exact full-batch gradient, added up over blocks of rows.

A block that stays in the processor's cache trains faster than the whole batch, and memory then does not grow with the
signal. There are two cases:

- an operator that only picks rows splits the loss itself: each block is run forward and backward in turn;
- any other one (area average, Radon) mixes rows. The network is first run on all blocks; with r = A f - y the gradient
  of the mean square at the values is g = 2 Aᵀ r / r.numel(); then each block is run backward from its part of g. Blocks
  keep their intermediate results between the two passes while these fit into `KEEP_BYTES`, and are computed again where
  they do not.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from activations.core.lookup import Table
from bench.engine.engine import Engine
from bench.engine.threads import blocks_of_threads, run_on_threads
from tasks.core.base import Problem

KEEP_BYTES = 2 << 30
"""Memory for the intermediate results of all blocks of one step under an operator that mixes rows."""


class Objective:
    """The mean square of A f(coords) - y over a problem, and its gradient, in blocks of rows.

    Args:
        problem: on the device already.
        rows: rows of one block.
        held_out: (M,) bool, the measurements that are kept from training; None for none.

    Attributes:
        local: whether the loss splits over the rows: the operator only picks some.
        points: (R, d), where the network is evaluated in training.
        targets: (R, C) where the loss is local, what is measured there; else (M, C).
        scale: one over the number of values that the mean is of.
    """

    def __init__(self, problem: Problem, rows: int, held_out: Tensor | None = None) -> None:
        self.problem = problem
        self._rows = rows
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

    def backward(self, engine: Engine) -> Tensor:
        """Add the gradient of the loss to the parameters' ``grad``; returns the loss, a scalar still on the device."""
        blocks = blocks_of_threads(len(self.points), self._rows, engine.threads)
        engine.begin()
        loss = self._backward_local(engine, blocks) if self.local else self._backward_mixed(engine, blocks)
        engine.end()
        return loss

    @torch.no_grad()
    def losses(self, values: Tensor) -> tuple[float, float | None]:
        """The mean square of the residual at all coordinates: of the measurements in training, and of those held out.

        Args:
            values: (N, C), the network at ``problem.coords``.
        """
        squares = (self.problem.operator.forward(values) - self.problem.measured).square().mean(dim=1)
        if self._used is None:
            return float(squares.mean()), None
        used = self._used[:, 0]
        return float(squares[used].mean()), float(squares[~used].mean())

    def _backward_local(self, engine: Engine, blocks: list[list[slice]]) -> Tensor:
        def pass_both(thread: int) -> Tensor:
            total = torch.zeros((), device=self.targets.device)
            for block in blocks[thread]:
                values, kept = engine.forward(self.points[block])
                residual = values - self.targets[block]
                engine.backward(thread, kept, residual * (2 * self.scale))
                total += residual.square().sum()
                del kept  # before there is the next one
            return total

        return torch.stack([*run_on_threads(engine.threads, pass_both)]).sum() * self.scale

    def _backward_mixed(self, engine: Engine, blocks: list[list[slice]]) -> Tensor:
        keep = self._fits(engine)

        def pass_forward(thread: int) -> list[tuple[Tensor, Any]]:
            return [engine.forward(self.points[block], keep=keep) for block in blocks[thread]]

        passed = run_on_threads(engine.threads, pass_forward)
        values = torch.cat([value for thread in passed for value, _ in thread]).to(self.problem.measured.dtype)
        loss, gradient = self.pull(values)

        def pass_backward(thread: int) -> None:
            for block, (_, kept) in zip(blocks[thread], passed[thread], strict=True):
                if not keep:
                    _, kept = engine.forward(self.points[block])
                engine.backward(thread, kept, gradient[block])

        run_on_threads(engine.threads, pass_backward)
        return loss

    def pull(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """The loss of values (N, C) at all coordinates, and its gradient in them; for an operator that mixes rows."""
        residual = self.problem.operator.forward(values) - self.problem.measured
        if self._used is not None:
            residual = residual * self._used
        gradient = self.problem.operator.adjoint(residual * (2 * self.scale))
        return residual.square().sum() * self.scale, gradient

    def _fits(self, engine: Engine) -> bool:
        """Whether the intermediate results of all rows fit, by a generous estimate: six floats a unit.

        Rows of a table are no units: what is looked up in it is known, and not kept for each pass.
        """
        tables = {id(module.values) for module in engine.network.modules() if isinstance(module, Table)}
        units = sum(p.shape[0] for p in engine.network.parameters() if p.dim() > 1 and id(p) not in tables)
        return 6 * 4 * units * self.problem.coords.shape[0] <= KEEP_BYTES
