"""The one training loop, for every activation and every task.

A step is exact full-batch gradient descent. The gradient is added up over blocks of rows, because a block that stays in
the processor's cache trains faster than the whole batch, and because memory then does not grow with the signal:

- an operator that only picks rows splits the loss itself: each block is run forward and backward in turn;
- any other one (area average, Radon) mixes rows. The network is first run on all blocks; with r = A f - y the gradient
  of the mean square at the values is g = 2 Aᵀ r / r.numel(); then each block is run backward from its part of g. Blocks
  keep their intermediate results between the two passes while these fit into `KEEP_BYTES`, and are computed again where
  they do not.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from bench.lanes import Way, on_lanes, shares, sharing, way
from bench.settings import Train
from tasks.base import Problem

KEEP_BYTES = 2 << 30
"""Memory for the intermediate results of all blocks of one step under an operator that mixes rows."""

CHECKPOINTS = 20


def checkpoints(steps: int, count: int = CHECKPOINTS) -> list[int]:
    """Steps after which the network is scored: log-spaced from 1 to ``steps``, the last one always."""
    ratio = steps ** (1 / max(count - 1, 1))
    return sorted({min(steps, max(1, round(ratio**k))) for k in range(count)} | {steps})


@contextmanager
def in_precision(name: str | None, device: torch.device) -> Iterator[None]:
    """Within it, products of matrices are computed in a precision; None is float32.

    - ``tf32``: factors are rounded to 10 bits after the leading one, on an NVIDIA GPU.
    - ``bf16``: factors, and the values that the layers hand on, are rounded to bfloat16, 7 bits; the layer on the
      coordinates is not. On a CPU too.

    Raises:
        ValueError: for tf32 where there is none: a result must not bear the name of a precision that it has not.
    """
    if name == "tf32" and device.type != "cuda":
        raise ValueError("train.precision: tf32 needs an NVIDIA GPU; leave it out, or give bf16")
    # No cache of rounded weights: it would outlive the step that changes them.
    mixed = torch.autocast(device.type, dtype=torch.bfloat16, enabled=name == "bf16", cache_enabled=False)
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = name == "tf32"
    try:
        with mixed:
            yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before


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

    def backward(self, network: nn.Module) -> Tensor:
        """Add the gradient of the loss to the parameters' ``grad``; returns the loss, a scalar still on the device."""
        through = way(network, self.points)
        blocks = shares(len(self.points), self._rows, through.lanes)
        through.begin()
        loss = self._backward_local(through, blocks) if self.local else self._backward_mixed(through, blocks, network)
        through.end()
        return loss

    @torch.no_grad()
    def losses(self, values: Tensor) -> tuple[float, float | None]:
        """The mean square of the residual of values at all coordinates: on what training uses, and on what is kept from
        it.

        Args:
            values: (N, C), the network at ``problem.coords``.
        """
        squares = (self.problem.operator.forward(values) - self.problem.measured).square().mean(dim=1)
        if self._used is None:
            return float(squares.mean()), None
        used = self._used[:, 0]
        return float(squares[used].mean()), float(squares[~used].mean())

    def _backward_local(self, through: Way, blocks: list[list[slice]]) -> Tensor:
        def pass_both(lane: int) -> Tensor:
            total = torch.zeros((), device=self.targets.device)
            for block in blocks[lane]:
                values, kept = through.forward(self.points[block])
                residual = values - self.targets[block]
                through.backward(lane, kept, residual * (2 * self.scale))
                total += residual.square().sum()
                del kept  # before there is the next one
            return total

        return torch.stack([*on_lanes(through.lanes, pass_both)]).sum() * self.scale

    def _backward_mixed(self, through: Way, blocks: list[list[slice]], network: nn.Module) -> Tensor:
        keep = self._fits(network)

        def pass_forward(lane: int) -> list[tuple[Tensor, Any]]:
            return [through.forward(self.points[block], keep=keep) for block in blocks[lane]]

        passed = on_lanes(through.lanes, pass_forward)
        values = torch.cat([value for lane in passed for value, _ in lane]).to(self.problem.measured.dtype)
        with torch.autocast(values.device.type, enabled=False):  # precision is the network's matter
            loss, gradient = self.pull(values)

        def pass_backward(lane: int) -> None:
            for block, (_, kept) in zip(blocks[lane], passed[lane], strict=True):
                if not keep:
                    _, kept = through.forward(self.points[block])
                through.backward(lane, kept, gradient[block])

        on_lanes(through.lanes, pass_backward)
        return loss

    def pull(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """The loss of values (N, C) at all coordinates, and its gradient in them; for an operator that mixes rows."""
        residual = self.problem.operator.forward(values) - self.problem.measured
        if self._used is not None:
            residual = residual * self._used
        gradient = self.problem.operator.adjoint(residual * (2 * self.scale))
        return residual.square().sum() * self.scale, gradient

    def _fits(self, network: nn.Module) -> bool:
        """Whether the intermediate results of all rows fit, by a generous guess: six floats a unit."""
        units = sum(p.shape[0] for p in network.parameters() if p.dim() > 1)
        return 6 * 4 * units * self.problem.coords.shape[0] <= KEEP_BYTES


def optimizer(network: nn.Module, train: Train) -> torch.optim.Optimizer:
    """The declared optimiser, fused into one pass over the parameters; weight decay is AdamW's, decoupled."""
    parameters = [p for p in network.parameters() if p.requires_grad]
    if train.optimizer == "sgd":
        return torch.optim.SGD(parameters, lr=train.lr, fused=True)
    if train.weight_decay is not None:
        return torch.optim.AdamW(parameters, lr=train.lr, weight_decay=train.weight_decay, fused=True)
    return torch.optim.Adam(parameters, lr=train.lr, fused=True)


Penalty = Callable[[nn.Module], Tensor]
"""Something differentiable that is added to the loss."""


class Descent:
    """Training, one step each time the iterator is advanced: it yields the data loss before that step, unsynchronised.

    Attributes:
        network: in training.
        step: steps done.
        steps: steps to do.
    """

    def __init__(self, network: nn.Module, objective: Objective, train: Train, penalty: Penalty | None = None) -> None:
        self.network, self.step, self.steps = network, 0, train.steps
        self._objective, self._train, self._penalty = objective, train, penalty
        self._optimizer = optimizer(network, train)

    def __iter__(self) -> Descent:
        return self

    def __next__(self) -> Tensor:
        train = self._train
        if self.step >= self.steps:
            raise StopIteration
        for group in self._optimizer.param_groups:
            group["lr"] = train.lr * train.lr_decay ** (self.step / train.steps)
        self._optimizer.zero_grad(set_to_none=True)
        loss = self._objective.backward(self.network)
        if self._penalty is not None:
            self._penalty(self.network).backward()  # type: ignore[no-untyped-call]
        with sharing(way(self.network, self._objective.points).lanes):
            self._optimizer.step()
        self.step += 1
        return loss

    def state(self) -> dict[str, Tensor]:
        """What decides the steps to come, by name: parameters, buffers and the optimiser's. Not copies."""
        found = self._network_state()
        for index, values in self._optimizer.state_dict()["state"].items():
            found |= {f"optimizer/{index}/{key}": value for key, value in values.items()}
        return found

    def restore(self, state: Mapping[str, Tensor], step: int) -> None:
        """Go on from what `state` gave after a step, on whatever device it is now. Other names are left alone.

        Raises:
            ValueError: if it is not of this network; nothing is changed then.
        """
        own = self._network_state()
        of_optimizer: dict[int, dict[str, Tensor]] = {}
        for name, value in state.items():
            kind, _, rest = name.partition("/")
            if kind == "network" and (name not in own or (value.shape, value.dtype) != _form(own[name])):
                raise ValueError(f"{name} is not of this network")
            if kind == "optimizer":
                index, _, key = rest.partition("/")
                of_optimizer.setdefault(int(index), {})[key] = value
        if missing := own.keys() - state.keys():
            raise ValueError(f"{min(missing)} is missing")
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": of_optimizer, "param_groups": groups})
        with torch.no_grad():
            for name, value in own.items():
                value.copy_(state[name])
        self.step = step

    def _network_state(self) -> dict[str, Tensor]:
        """By name, each once. `state_dict` would leave out the buffers that are not persistent."""
        named = itertools.chain(self.network.named_parameters(), self.network.named_buffers())
        return {f"network/{name}": value for name, value in named}


def _form(value: Tensor) -> tuple[torch.Size, torch.dtype]:
    return value.shape, value.dtype


def evaluate(network: nn.Module, coords: Tensor, rows: int) -> Tensor:
    """The network's values at coordinates, in blocks: (N, d) -> (N, C)."""
    through = way(network, coords)
    blocks = shares(len(coords), rows, through.lanes)

    def pass_forward(lane: int) -> list[Tensor]:
        # The network may compute in bfloat16.
        return [through.forward(coords[block], keep=False)[0].to(coords.dtype) for block in blocks[lane]]

    through.begin()
    return torch.cat([values for lane in on_lanes(through.lanes, pass_forward) for values in lane])
