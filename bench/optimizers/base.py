"""Base class of optimisers: typed settings, and how they become an optimiser of PyTorch for one network.

A plugin is found like an activation: in a file named by ``--plugin``, or by an entry point of the group
``inrbench.optimizers``. It overrides `Optimizer.build`::

    class Soap(Optimizer):
        name, label, version = "soap", "SOAP", 1
        precondition_frequency: int = Param(10, ge=1)

        def build(self, groups):
            return SOAP(groups, precondition_frequency=self.precondition_frequency)
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from inrbench.activations.core.base import LogUniform, ParamGroup, search_ranges
from inrbench.activations.core.hidden_matrices import HiddenMatrix

Group = dict[str, Any]
"""A parameter group of PyTorch. Its entry ``factor`` is ours (the group's learning rate as a multiple of the job's):
optimisers keep entries that they do not know."""


@dataclass(frozen=True)
class Trained:
    """What an optimiser trains.

    Attributes:
        groups: each trained parameter in exactly one.
        hidden: the matrices between hidden units, among these parameters.
        lr: the initial learning rate.
        weight_decay: decoupled from the gradient, as in AdamW; None is off.
    """

    groups: Sequence[ParamGroup]
    hidden: Sequence[HiddenMatrix]
    lr: float
    weight_decay: float | None = None

    @property
    def on_gpu(self) -> bool:
        return any(p.is_cuda for group in self.groups for p in group.parameters)

    def group(self, parameters: list[nn.Parameter], factor: float, **options: Any) -> Group:
        """A parameter group whose learning rate is ``factor`` times that of the job."""
        return {"params": parameters, "factor": factor, "lr": self.rate(factor), **options}

    def rate(self, factor: float) -> float | Tensor:
        """A learning rate. On a GPU it is a tensor, because a CUDA graph reads it from the device."""
        rate = self.lr * factor
        return torch.tensor(rate, device=self.groups[0].parameters[0].device) if self.on_gpu else rate


class Optimizer(BaseModel):
    """Base class of optimisers.

    Class attributes:
        name: lower-case name with dashes, as written under ``train.optimizer``.
        label: name in tables and figures.
        version: number to raise when the same settings give other steps; it is part of the identity of its jobs once
            it is above 1.
        rates: the range of `train.lr` in which `inrbench tune` searches.
        excludes: settings of ``train`` that it cannot take, refused when a suite is laid out.
        needs: settings of ``train`` that it cannot do without.
        full_batch: whether it needs one and the same loss in all steps. Its step is then given a closure, which
            computes the loss and its gradient, as often as it likes; batches and tasks that draw points are refused.
        capturable: whether a step can be part of a CUDA graph: it waits for no device, and reads the learning rate from
            a tensor.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    name: ClassVar[str]
    label: ClassVar[str]
    version: ClassVar[int] = 1
    rates: ClassVar[LogUniform] = LogUniform(5e-4, 2e-2)
    excludes: ClassVar[tuple[str, ...]] = ("weight_decay",)
    needs: ClassVar[tuple[str, ...]] = ()
    full_batch: ClassVar[bool] = False
    capturable: ClassVar[bool] = False

    @classmethod
    def search_space(cls) -> dict[str, LogUniform]:
        """Search ranges of the settings that ``inrbench tune`` varies, by name."""
        return search_ranges(cls)

    # -- one of the two is overridden ----------------------------------------------------------------------------------

    def build(self, groups: list[Group]) -> torch.optim.Optimizer:
        """The optimiser of parameter groups, each with its learning rate."""
        raise NotImplementedError(f"{type(self).__name__} has no build(groups); define it")

    def build_all(self, trained: Trained) -> list[torch.optim.Optimizer]:
        """The optimisers that together train a network; by default one, of the groups with their ``lr_factor``."""
        return [self.build([trained.group(group.parameters, group.lr_factor) for group in trained.groups])]

    # -- for those that override them ----------------------------------------------------------------------------------

    @property
    def explicit(self) -> dict[str, Any]:
        """The settings that a suite gives, and not the defaults."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Untraced(torch.optim.Optimizer):
    """An optimiser whose methods lack the decorators that are for `torch.compile`.

    They import its tracer and with it sympy, which takes a worker longer than its start and most small jobs. Nothing
    traces an optimiser here.
    """

    add_param_group = inspect.unwrap(torch.optim.Optimizer.add_param_group)
    zero_grad = inspect.unwrap(torch.optim.Optimizer.zero_grad)
    state_dict = inspect.unwrap(torch.optim.Optimizer.state_dict)
    load_state_dict = inspect.unwrap(torch.optim.Optimizer.load_state_dict)


def untraced(cls: type[torch.optim.Optimizer]) -> type[torch.optim.Optimizer]:
    """An optimiser of PyTorch as `Untraced`."""
    step = torch.no_grad()(inspect.unwrap(cls.step))
    return type(cls.__name__, (Untraced, cls), {"step": step})
