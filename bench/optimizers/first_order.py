"""First-order optimisers of `torch.optim`: Adam and its relatives, and gradient descent."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch

from inrbench.activations.core.base import LogUniform, Param, ParamGroup
from inrbench.bench.optimizers.base import Group, Optimizer, Trained, untraced

Betas = tuple[float, float]


class Adam(Optimizer):
    """Adam [Kingma & Ba, ICLR 2015]; with `train.weight_decay` AdamW [Loshchilov & Hutter, ICLR 2019].

    An activation may have constants of its own for it (`ParamGroup.options`); what a suite gives goes before them.
    """

    name, label = "adam", "Adam"
    excludes = ()
    capturable = True

    betas: Betas = (0.9, 0.999)
    eps: float = Param(1e-8, gt=0)

    def build_all(self, trained: Trained) -> list[torch.optim.Optimizer]:
        """Fused into one pass over the parameters."""
        groups = [trained.group(group.parameters, group.lr_factor, **self.constants(group)) for group in trained.groups]
        fused = {"fused": True, "capturable": trained.on_gpu}
        if trained.weight_decay is not None:
            return [_untraced("AdamW")(groups, weight_decay=trained.weight_decay, **fused)]
        return [_untraced("Adam")(groups, **fused)]

    def constants(self, group: ParamGroup) -> dict[str, Any]:
        """The constants of a group of parameters."""
        return {"betas": self.betas, "eps": self.eps, **group.options.get("adam", {}), **self.explicit}


class AdamW(Adam):
    """Adam with a weight decay that is decoupled from the gradient: the same as `adam` with `train.weight_decay`."""

    name, label = "adamw", "AdamW"
    needs = ("weight_decay",)


class NAdam(Adam):
    """Adam with Nesterov's momentum [Dozat, ICLR workshop 2016]."""

    name, label = "nadam", "NAdam"
    capturable = False

    def build_all(self, trained: Trained) -> list[torch.optim.Optimizer]:
        return [_decoupled(self, trained, "NAdam")]


class RAdam(Adam):
    """Adam with a rectified variance in its first steps [Liu et al., ICLR 2020]."""

    name, label = "radam", "RAdam"
    capturable = False

    def build_all(self, trained: Trained) -> list[torch.optim.Optimizer]:
        return [_decoupled(self, trained, "RAdam")]


def _decoupled(adam: Adam, trained: Trained, kind: str) -> torch.optim.Optimizer:
    """One of Adam's relatives in PyTorch that decouples weight decay on demand."""
    pairs = zip(_plain(trained), trained.groups, strict=True)
    groups = [plain | adam.constants(group) for plain, group in pairs]
    if trained.weight_decay is None:
        return _untraced(kind)(groups)
    return _untraced(kind)(groups, weight_decay=trained.weight_decay, decoupled_weight_decay=True)


class Sgd(Optimizer):
    """Gradient descent, on request with momentum."""

    name, label = "sgd", "SGD"
    rates = LogUniform(1e-2, 1.0)
    capturable = True

    momentum: float = Param(0.0, ge=0, lt=1)
    nesterov: bool = False

    def build(self, groups: list[Group]) -> torch.optim.Optimizer:
        return _untraced("SGD")(groups, momentum=self.momentum, nesterov=self.nesterov, fused=True)


class Adagrad(Optimizer):
    """AdaGrad [Duchi et al., JMLR 2011]."""

    name, label = "adagrad", "Adagrad"
    rates = LogUniform(1e-3, 1e-1)

    eps: float = Param(1e-10, gt=0)

    def build_all(self, trained: Trained) -> list[torch.optim.Optimizer]:
        return [_untraced("Adagrad")(_plain(trained), eps=self.eps)]


class RmsProp(Optimizer):
    """RMSprop [Tieleman & Hinton, lecture 6.5 of 2012]."""

    name, label = "rmsprop", "RMSprop"

    alpha: float = Param(0.99, gt=0, lt=1)
    eps: float = Param(1e-8, gt=0)
    momentum: float = Param(0.0, ge=0, lt=1)

    def build_all(self, trained: Trained) -> list[torch.optim.Optimizer]:
        return [_untraced("RMSprop")(_plain(trained), alpha=self.alpha, eps=self.eps, momentum=self.momentum)]


def _plain(trained: Trained) -> list[Group]:
    """Parameter groups whose learning rates are numbers, on a GPU too."""
    return [
        {"params": group.parameters, "factor": group.lr_factor, "lr": trained.lr * group.lr_factor}
        for group in trained.groups
    ]


@cache
def _untraced(name: str) -> Callable[..., torch.optim.Optimizer]:
    return untraced(getattr(torch.optim, name))
