"""Gradient descent: one step of training at a time, by one optimiser or several."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer as TorchOptimizer

from inrbench.activations.core.base import ParamGroup
from inrbench.activations.core.hidden_matrices import HiddenMatrix
from inrbench.bench.config.settings import Train
from inrbench.bench.engine.engine import Engine
from inrbench.bench.engine.threads import one_thread_each
from inrbench.bench.optimizers import Optimizer, Trained
from inrbench.bench.optimizers.first_order import Adam
from inrbench.bench.training.objective import TrainingLoss
from inrbench.bench.training.step_graph import StepGraph

Penalty = Callable[[nn.Module], Tensor | None]
"""A differentiable term of a network that is added to the loss; None is none."""


class Descent:
    """Training, one step each time the iterator is advanced: it yields the loss before that step, unsynchronised:
    that of its batch, if there are batches.

    Args:
        groups: of the activation (`Activation.optimizer_groups`); None for all parameters in one usual group.
        optimizer: with its settings; Adam where there is none.
        hidden: of the activation (`Activation.hidden_matrices`).

    Attributes:
        network: in training.
        step: steps done; one is one update of the network.
        steps: steps to do.
    """

    def __init__(
        self,
        engine: Engine,
        objective: TrainingLoss,
        train: Train,
        penalty: Penalty | None = None,
        groups: Sequence[ParamGroup] | None = None,
        optimizer: Optimizer | None = None,
        hidden: Sequence[HiddenMatrix] = (),
    ) -> None:
        self.network, self.step, self.steps = engine.network, 0, train.steps
        self._engine, self._objective, self._train, self._penalty = engine, objective, train, penalty
        optimizer = optimizer or Adam()
        usual = [ParamGroup([p for p in engine.network.parameters() if p.requires_grad])]
        self._optimizers = optimizer.build_all(Trained(groups or usual, hidden, train.lr, train.weight_decay))
        self._closure = Closure(self._loss_and_grad, engine.network) if optimizer.full_batch else None
        device = next(engine.network.parameters()).device
        # The draw of a batch depends on the number of the step, which a graph cannot see.
        graph = device.type == "cuda" and not objective.sampled and optimizer.capturable
        self._train_once = StepGraph(self._step_eagerly, device) if graph else self._step_eagerly

    @property
    def passes(self) -> int:
        """Computations of the loss with its gradient (a forward and a backward pass) so far; one a step is usual."""
        return self.step if self._closure is None else self._closure.passes

    def __iter__(self) -> Descent:
        return self

    def __next__(self) -> Tensor:
        if self.step >= self.steps:
            raise StopIteration
        rate = self._train.rate(self.step / self.steps)
        for optimizer in self._optimizers:
            set_rate(optimizer, rate)
        loss = self._train_once()
        self.step += 1
        return loss

    def _step_eagerly(self) -> Tensor:
        if self._closure is not None:
            return self._closure.step(self._optimizers)
        loss, _ = self._loss_and_grad()
        with one_thread_each(self._engine.threads):
            if self._train.clip is not None:
                nn.utils.clip_grad_norm_(self.network.parameters(), self._train.clip)
            for optimizer in self._optimizers:
                optimizer.step()
        return loss

    def _loss_and_grad(self) -> tuple[Tensor, Tensor | None]:
        """Compute the gradient of the data loss and of the penalty; returns both."""
        for optimizer in self._optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss = self._objective.backward(self._engine, self.step)
        term = None
        if self._penalty is not None and (term := self._penalty(self.network)) is not None:
            term.backward()  # type: ignore[no-untyped-call]
        return loss, term

    def state(self) -> dict[str, Any]:
        """What decides the steps to come, by name: parameters, buffers and the state of optimisers. Not copies."""
        state: dict[str, Any] = dict(self._network_state())
        state["optimizers"] = [optimizer.state_dict() for optimizer in self._optimizers]
        if self._closure is not None:
            state["closure"] = self._closure.state()
        return state

    def restore(self, state: Mapping[str, Any], step: int) -> None:
        """Go on from what `state` gave after a step, on whatever device it is now. Other names are left alone.

        Raises:
            ValueError: if it is not of this network or of these optimisers; nothing is changed then.
        """
        tensors = self._network_state()
        for name, value in state.items():
            if name.startswith("network/") and (name not in tensors or _form(value) != _form(tensors[name])):
                raise ValueError(f"{name} is not of this network")
        if missing := tensors.keys() - state.keys():
            raise ValueError(f"{min(missing)} is missing")
        for optimizer, saved in zip(self._optimizers, state["optimizers"], strict=True):
            # The learning rate is that of the schedule, and on a GPU a tensor that a graph reads.
            rates = [{"lr": group["lr"]} for group in optimizer.param_groups]
            groups = [group | rate for group, rate in zip(saved["param_groups"], rates, strict=True)]
            optimizer.load_state_dict({"state": saved["state"], "param_groups": groups})
        with torch.no_grad():
            for name, value in tensors.items():
                value.copy_(state[name])
        if self._closure is not None:
            self._closure.restore(state["closure"])
        self.step = step

    def _network_state(self) -> dict[str, Tensor]:
        """By name, each once. `state_dict` would leave out the buffers that are not persistent."""
        named = itertools.chain(self.network.named_parameters(), self.network.named_buffers())
        return {f"network/{name}": value for name, value in named}


class Closure:
    """The loss and its gradient, for an optimiser that asks for them itself: each call is counted, and one at the very
    parameters of the last call gives the same again.

    Args:
        loss_and_grad: computes the gradients, and returns the data loss and what is added to it.

    Attributes:
        passes: calls that computed something.
    """

    def __init__(self, loss_and_grad: Callable[[], tuple[Tensor, Tensor | None]], network: nn.Module) -> None:
        self.passes = 0
        self._loss_and_grad = loss_and_grad
        self._parameters = [p for p in network.parameters() if p.requires_grad]
        self._at: Tensor | None = None
        self._loss = self._total = torch.zeros(())

    def step(self, optimizers: Sequence[TorchOptimizer]) -> Tensor:
        """One step of each optimiser; returns the data loss before it."""
        before: list[Tensor] = []

        def evaluate() -> Tensor:
            total = self()
            before.append(self._loss)
            return total

        for optimizer in optimizers:
            optimizer.step(evaluate)  # type: ignore[arg-type]  # PyTorch's own return tensors
        return before[0]

    def __call__(self) -> Tensor:
        at = torch.cat([p.detach().flatten() for p in self._parameters])
        if self._at is None or not torch.equal(at, self._at):
            self._at = at
            self.passes += 1
            loss, term = self._loss_and_grad()
            self._loss, self._total = loss, loss if term is None else loss + term.detach()
        return self._total

    def state(self) -> dict[str, Any]:
        """What `restore` takes. Not copies."""
        gradients = [p.grad for p in self._parameters]
        return {"passes": self.passes, "at": self._at, "losses": [self._loss, self._total], "gradients": gradients}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` gave, on whatever device it is now."""
        device = self._parameters[0].device
        self.passes = state["passes"]
        self._at = None if state["at"] is None else state["at"].to(device)
        self._loss, self._total = (loss.to(device) for loss in state["losses"])
        for p, gradient in zip(self._parameters, state["gradients"], strict=True):
            p.grad = None if gradient is None else gradient.to(device)


def set_rate(optimizer: TorchOptimizer, lr: float) -> None:
    """Set the learning rate of each group to its part of ``lr``, in place where it is a tensor."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(lr * group["factor"])
        else:
            group["lr"] = lr * group["factor"]


def _form(value: Tensor) -> tuple[torch.Size, torch.dtype]:
    return value.shape, value.dtype
