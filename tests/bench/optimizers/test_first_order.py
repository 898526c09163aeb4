"""First-order optimisers: their steps are those of PyTorch, with rates and constants of their own for each group."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch

from inrbench.activations.core.base import ParamGroup
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Train
from inrbench.bench.engine.engine import AutogradEngine
from inrbench.bench.optimizers import Optimizer, Trained
from inrbench.bench.optimizers.first_order import Adagrad, Adam, AdamW, NAdam, RAdam, RmsProp, Sgd
from inrbench.bench.training.descent import Descent
from inrbench.bench.training.objective import Objective
from inrbench.tasks.core.operators import Identity
from tests.bench.training.problems import problem, whole_batch

OF_PYTORCH: dict[str, tuple[Optimizer, float | None, Callable[..., torch.optim.Optimizer]]] = {
    "adam": (Adam(), None, torch.optim.Adam),
    "adam, its constants": (
        Adam(betas=(0.8, 0.9), eps=1e-3),
        None,
        partial(torch.optim.Adam, betas=(0.8, 0.9), eps=1e-3),
    ),
    "adam, decayed": (Adam(), 0.1, partial(torch.optim.AdamW, weight_decay=0.1)),
    "adamw": (AdamW(), 0.1, partial(torch.optim.AdamW, weight_decay=0.1)),
    "nadam": (NAdam(), None, torch.optim.NAdam),
    "nadam, decayed": (NAdam(), 0.1, partial(torch.optim.NAdam, weight_decay=0.1, decoupled_weight_decay=True)),
    "radam": (RAdam(), None, torch.optim.RAdam),
    "sgd": (Sgd(), None, torch.optim.SGD),
    "momentum": (Sgd(momentum=0.9, nesterov=True), None, partial(torch.optim.SGD, momentum=0.9, nesterov=True)),
    "adagrad": (Adagrad(), None, torch.optim.Adagrad),
    "rmsprop": (RmsProp(momentum=0.5), None, partial(torch.optim.RMSprop, momentum=0.5)),
}


@pytest.mark.parametrize("name", OF_PYTORCH)
def test_steps_are_those_of_pytorch(name: str) -> None:
    ours, decay, theirs = OF_PYTORCH[name]
    values = []
    makers: list[Callable[[list[torch.nn.Parameter]], torch.optim.Optimizer]] = [
        lambda p: ours.build_all(Trained([ParamGroup(p)], [], 0.01, decay))[0],
        partial(theirs, lr=0.01),
    ]
    for make in makers:
        torch.manual_seed(0)
        network = torch.nn.Linear(3, 2)
        descent = make(list(network.parameters()))
        for _ in range(8):
            descent.zero_grad()
            network(torch.randn(4, 3)).square().mean().backward()
            descent.step()
        values.append(torch.cat([p.detach().flatten() for p in network.parameters()]))
    torch.testing.assert_close(*values, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("kind", ["adam", "adamw", "sgd"])
def test_groups_have_rates_and_constants_of_their_own(kind: str) -> None:
    train = Train(steps=20, lr=0.1, lr_decay=0.01, weight_decay=0.01 if kind == "adamw" else None)
    optimizer = Plugins().optimizers.get(kind)()
    case = problem(Identity(192))
    groups: list[tuple[float, dict[str, Any]]] = [(3.0, {"betas": (0.5, 0.7)}), (0.2, {"eps": 1e-3})]
    network = torch.nn.Linear(2, 2)
    alone = copy.deepcopy(network)
    parts = list(network.parameters())
    settings = [
        ParamGroup([p], factor, options={"adam": constants})
        for p, (factor, constants) in zip(parts, groups, strict=True)
    ]
    for _ in Descent(AutogradEngine(network), Objective(case, 64), train, groups=settings, optimizer=optimizer):
        pass
    each: list[torch.optim.Optimizer] = []
    for p, (_, constants) in zip(alone.parameters(), groups, strict=True):  # PyTorch's, one for each parameter
        if kind == "sgd":
            each.append(torch.optim.SGD([p], lr=1.0))
        elif kind == "adamw":
            each.append(torch.optim.AdamW([p], weight_decay=0.01, **constants))
        else:
            each.append(torch.optim.Adam([p], **constants))
    for step in range(20):
        _, gradients = whole_batch(alone, case)
        for one, p, g, (factor, _) in zip(each, alone.parameters(), gradients, groups, strict=True):
            p.grad = g
            one.param_groups[0]["lr"] = 0.1 * factor * 0.01 ** (step / 20)
            one.step()
    for found, expected in zip(parts, alone.parameters(), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_what_a_suite_sets_goes_before_the_constants_of_an_activation() -> None:
    group = ParamGroup([], options={"adam": {"betas": (0.9, 0.99), "eps": 1e-15}})
    assert Adam().constants(group) == {"betas": (0.9, 0.99), "eps": 1e-15}
    assert Adam(eps=1e-8).constants(group) == {"betas": (0.9, 0.99), "eps": 1e-8}
