"""Gradient descent: optimiser, learning-rate schedule, and one step of training at a time."""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from inrbench.activations.core.base import ParamGroup
from inrbench.bench.config.settings import Train
from inrbench.bench.engine.engine import Engine
from inrbench.bench.engine.threads import one_thread_each
from inrbench.bench.training.objective import Loss
from inrbench.bench.training.step_graph import StepGraph


class _Untraced(Optimizer):
    """An optimiser whose methods lack the decorators that are for `torch.compile`.

    They import its tracer and with it sympy, which takes a worker longer than its start and most small jobs. Nothing
    traces an optimiser here.
    """

    add_param_group = inspect.unwrap(Optimizer.add_param_group)
    zero_grad = inspect.unwrap(Optimizer.zero_grad)
    state_dict = inspect.unwrap(Optimizer.state_dict)
    load_state_dict = inspect.unwrap(Optimizer.load_state_dict)


class _Adam(_Untraced, torch.optim.Adam):
    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))


class _AdamW(_Untraced, torch.optim.AdamW):
    step = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))


class _SGD(_Untraced, torch.optim.SGD):
    step = torch.no_grad()(inspect.unwrap(torch.optim.SGD.step))


def optimizer(groups: Sequence[ParamGroup], train: Train) -> Optimizer:
    """The declared optimiser, fused into one pass over the parameters; weight decay is AdamW's, decoupled."""
    on_gpu = any(p.is_cuda for group in groups for p in group.parameters)
    # The entry "factor" is ours: optimisers keep names that they do not know.
    plain: list[dict[str, Any]] = [
        {
            "params": group.parameters,
            "factor": group.lr_factor,
            # A CUDA graph reads the learning rate from the device.
            "lr": torch.tensor(train.lr, device=group.parameters[0].device) if on_gpu else train.lr,
        }
        for group in groups
    ]
    if train.optimizer == "sgd":
        return _SGD(plain, fused=True)
    adam = [{**own, "betas": group.betas, "eps": group.eps} for own, group in zip(plain, groups, strict=True)]
    if train.weight_decay is not None:
        return _AdamW(adam, weight_decay=train.weight_decay, fused=True, capturable=on_gpu)
    return _Adam(adam, fused=True, capturable=on_gpu)


def rate(train: Train, done: float) -> float:
    """The learning rate when a share of the steps is done: from lr to lr · lr_decay."""
    if train.schedule == "cosine":
        return train.lr * (train.lr_decay + (1 - train.lr_decay) * (1 + math.cos(math.pi * done)) / 2)
    return float(train.lr * train.lr_decay**done)


def set_rate(optimizer: Optimizer, lr: float) -> None:
    """Set the learning rate of each group to its part of ``lr``, in place where it is a tensor."""
    for group in optimizer.param_groups:
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(lr * group["factor"])
        else:
            group["lr"] = lr * group["factor"]


Penalty = Callable[[nn.Module], Tensor | None]
"""A differentiable term of a network that is added to the loss; None is none."""


class Descent:
    """Training, one step each time the iterator is advanced: it yields the loss before that step, unsynchronised:
    that of its batch, if there are batches.

    Args:
        groups: of the activation (`Activation.optimizer_groups`); None for all parameters in one usual group.

    Attributes:
        network: in training.
        step: steps done.
        steps: steps to do.
    """

    def __init__(
        self,
        engine: Engine,
        objective: Loss,
        train: Train,
        penalty: Penalty | None = None,
        groups: Sequence[ParamGroup] | None = None,
    ) -> None:
        self.network, self.step, self.steps = engine.network, 0, train.steps
        self._engine, self._objective, self._train, self._penalty = engine, objective, train, penalty
        usual = [ParamGroup([p for p in engine.network.parameters() if p.requires_grad])]
        self._optimizer = optimizer(groups or usual, train)
        device = next(engine.network.parameters()).device
        # The draw of a batch depends on the number of the step, which a graph cannot see.
        graph = device.type == "cuda" and not objective.sampled
        self._train_once = StepGraph(self._step_eagerly, device) if graph else self._step_eagerly

    def __iter__(self) -> Descent:
        return self

    def __next__(self) -> Tensor:
        train = self._train
        if self.step >= self.steps:
            raise StopIteration
        set_rate(self._optimizer, rate(train, self.step / train.steps))
        loss = self._train_once()
        self.step += 1
        return loss

    def _step_eagerly(self) -> Tensor:
        self._optimizer.zero_grad(set_to_none=True)
        loss = self._objective.backward(self._engine, self.step)
        if self._penalty is not None and (term := self._penalty(self.network)) is not None:
            term.backward()  # type: ignore[no-untyped-call]
        with one_thread_each(self._engine.threads):
            if self._train.clip is not None:
                nn.utils.clip_grad_norm_(self.network.parameters(), self._train.clip)
            self._optimizer.step()
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
