"""Steps of training: the same on every engine, at every precision and as PyTorch's own, for each optimiser."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
import torch

from inrbench.activations.core.base import Domain, ParamGroup, build
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Train
from inrbench.bench.engine.engine import AutogradEngine, choose_engine
from inrbench.bench.training import descent as training
from inrbench.bench.training import objective
from inrbench.bench.training.descent import Descent, optimizer, rate
from inrbench.bench.training.objective import Objective
from inrbench.bench.training.scoring import evaluate
from inrbench.tasks.core.base import Problem, grid_coords
from inrbench.tasks.core.operators import AreaAverage, Identity
from tests.bench.training.problems import OPERATORS, SHAPE, problem, whole_batch


@pytest.mark.parametrize(
    ("name", "operator"),
    # A grid has no products of matrices.
    [
        *((name, "area") for name in Plugins().activations.names() if name != "grid"),
        *(("siren", operator) for operator in OPERATORS),
    ],
)
def test_bfloat16_trains_nearly_as_float32_does(name: str, operator: str) -> None:
    case, domain = problem(OPERATORS[operator]()), Domain(2, 2, SHAPE)
    losses, values = {}, {}
    for precision in (None, "bf16"):
        network = build(Plugins().activations.get(name)(), domain, width=16, depth=3, seed=3)
        engine = choose_engine(network, case.coords, large=False, precision=precision)
        run = [float(loss) for loss in Descent(engine, Objective(case, 50), Train(steps=5, lr=1e-3))]
        values[precision] = evaluate(engine, case.coords, 50)
        assert all(p.dtype == torch.float32 for p in network.parameters())
        losses[precision] = run
    assert values["bf16"].dtype == torch.float32
    assert losses["bf16"] == pytest.approx(losses[None], rel=0.05)
    assert losses["bf16"] != losses[None]


def test_the_learning_rate_falls_by_its_declared_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    real = training.optimizer

    def spy(groups: Sequence[ParamGroup], train: Train) -> torch.optim.Optimizer:
        adam = real(groups, train)
        adam.register_step_pre_hook(lambda opt, *_: seen.append(opt.param_groups[0]["lr"]))
        return adam

    monkeypatch.setattr(training, "optimizer", spy)
    network = torch.nn.Linear(2, 2)
    for _ in Descent(
        AutogradEngine(network), Objective(problem(Identity(192)), 64), Train(steps=10, lr=0.1, lr_decay=0.01)
    ):
        pass
    assert seen == pytest.approx([0.1 * 0.01 ** (step / 10) for step in range(10)])


@pytest.mark.parametrize("kind", ["adam", "adamw", "sgd"])
def test_groups_have_rates_and_constants_of_their_own(kind: str) -> None:
    kinds: dict[str, dict[str, Any]] = {"adam": {}, "adamw": {"weight_decay": 0.01}, "sgd": {"optimizer": "sgd"}}
    train = Train(steps=20, lr=0.1, lr_decay=0.01, **kinds[kind])
    case = problem(Identity(192))
    groups: list[dict[str, Any]] = [{"lr_factor": 3.0, "betas": (0.5, 0.7)}, {"lr_factor": 0.2, "eps": 1e-3}]
    network = torch.nn.Linear(2, 2)
    alone = copy.deepcopy(network)
    parts = list(network.parameters())
    settings = [ParamGroup([p], **group) for p, group in zip(parts, groups, strict=True)]
    for _ in Descent(AutogradEngine(network), Objective(case, 64), train, groups=settings):
        pass
    usual: dict[str, Any] = {"betas": (0.9, 0.999), "eps": 1e-8}
    each: list[torch.optim.Optimizer] = []
    for p, group in zip(alone.parameters(), groups, strict=True):  # PyTorch's, not fused, one for each parameter
        constants = {key: group.get(key, value) for key, value in usual.items()}
        if kind == "sgd":
            each.append(torch.optim.SGD([p], lr=1.0))
        elif kind == "adamw":
            each.append(torch.optim.AdamW([p], weight_decay=0.01, **constants))
        else:
            each.append(torch.optim.Adam([p], **constants))
    for step in range(20):
        _, gradients = whole_batch(alone, case)
        for one, p, g, group in zip(each, alone.parameters(), gradients, groups, strict=True):
            p.grad = g
            one.param_groups[0]["lr"] = 0.1 * group["lr_factor"] * 0.01 ** (step / 20)
            one.step()
    for found, expected in zip(parts, alone.parameters(), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("large", "compiled"), [(False, False), (True, False), pytest.param(True, True, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize("name", ["grid", "instant-ngp"])
def test_tables_take_fused_steps_on_threads(
    name: str, large: bool, compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not compiled:
        monkeypatch.setenv("INRBENCH_COMPILE", "0")
    activation, case = Plugins().activations.get(name)(), problem(AreaAverage(SHAPE, 4))
    network = build(activation, Domain(2, 2, SHAPE), width=16, depth=3, seed=3)
    alone = copy.deepcopy(network)
    engine = choose_engine(network, case.coords, large=large)
    assert engine.threads == (torch.get_num_threads() if large else 1)
    assert engine.name in (("kernels", "autograd") if compiled else ("autograd",))
    groups = activation.optimizer_groups(network)
    for _ in Descent(engine, Objective(case, 50), Train(steps=5, lr=1e-3, lr_decay=1.0), groups=groups):
        pass
    (group,) = activation.optimizer_groups(alone)
    adam = torch.optim.Adam(group.parameters, lr=1e-3 * group.lr_factor, betas=group.betas, eps=group.eps)
    for _ in range(5):
        _, gradients = whole_batch(alone, case)
        for p, g in zip(alone.parameters(), gradients, strict=True):
            p.grad = g
        adam.step()
    torch.testing.assert_close(evaluate(engine, case.coords, 50), alone(case.coords).detach(), rtol=1e-3, atol=1e-5)


def test_an_operator_that_mixes_rows_keeps_the_passes_of_a_large_table(monkeypatch: pytest.MonkeyPatch) -> None:
    # 30,000 nodes are no units: by these, what is kept of 192 rows would be far above a megabyte.
    monkeypatch.setattr(objective, "KEEP_BYTES", 1 << 20)
    case = problem(AreaAverage(SHAPE, 4))
    network = build(Plugins().activations.get("grid")(), Domain(2, 2, SHAPE), width=170, depth=3, seed=0)
    rows: list[int] = []
    network.register_forward_hook(lambda _module, inputs, _out: rows.append(len(inputs[0])))
    Objective(case, 192).backward(AutogradEngine(network))
    assert rows == [192]


def test_training_lowers_the_loss_and_evaluation_ignores_blocks() -> None:
    smooth = grid_coords(SHAPE)
    case = Problem(smooth, Identity(192), smooth, smooth, SHAPE)
    network = torch.nn.Sequential(torch.nn.Linear(2, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))
    engine = AutogradEngine(network, threads=2)
    losses = [float(loss) for loss in Descent(engine, Objective(case, 64), Train(steps=50, lr=1e-2))]
    assert losses[-1] < 0.5 * losses[0]
    torch.testing.assert_close(evaluate(engine, case.coords, 7), network(case.coords).detach())


def test_weight_decay_is_decoupled_and_off_by_default() -> None:
    groups = [ParamGroup(list(torch.nn.Linear(2, 2).parameters()))]
    plain = optimizer(groups, Train(steps=1))
    assert isinstance(plain, torch.optim.Adam)
    assert not isinstance(plain, torch.optim.AdamW)
    assert isinstance(optimizer(groups, Train(steps=1, weight_decay=0.1)), torch.optim.AdamW)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, torch.optim.Adam),
        ({"weight_decay": 0.1}, partial(torch.optim.AdamW, weight_decay=0.1)),
        ({"optimizer": "sgd"}, torch.optim.SGD),
    ],
    ids=["adam", "adamw", "sgd"],
)
def test_steps_are_those_of_pytorch(ours: dict[str, Any], theirs: Callable[..., torch.optim.Optimizer]) -> None:
    values = []
    for make in (lambda p: optimizer([ParamGroup(p)], Train(steps=1, lr=0.01, **ours)), partial(theirs, lr=0.01)):
        torch.manual_seed(0)
        network = torch.nn.Linear(3, 2)
        descent = make(list(network.parameters()))
        for _ in range(5):
            descent.zero_grad()
            network(torch.randn(4, 3)).square().mean().backward()
            descent.step()
        values.append(torch.cat([p.detach().flatten() for p in network.parameters()]))
    torch.testing.assert_close(*values, rtol=1e-6, atol=1e-7)


@pytest.mark.needs_compiler
@pytest.mark.parametrize("operator", OPERATORS)
def test_training_is_the_same_on_every_engine(operator: str) -> None:
    case = problem(OPERATORS[operator]())
    found = []
    for large in (False, True):
        network = build(Plugins().activations.get("siren")(), Domain(2, 2, SHAPE), width=16, depth=3, seed=3)
        engine = choose_engine(network, case.coords, large=large)
        losses = [float(loss) for loss in Descent(engine, Objective(case, 50), Train(steps=20, lr=1e-3))]
        found.append((losses, evaluate(engine, case.coords, 50)))
    (slow, slow_values), (fast, fast_values) = found
    assert fast == pytest.approx(slow, rel=1e-3)
    torch.testing.assert_close(fast_values, slow_values, rtol=0, atol=1e-3)


@pytest.mark.parametrize("large", [False, pytest.param(True, marks=pytest.mark.needs_compiler)])
@pytest.mark.parametrize("name", ["siren", "mfn"])
def test_the_same_seed_gives_the_same_bits(name: str, large: bool) -> None:
    case = problem(Identity(192))

    def trained() -> torch.Tensor:
        network = build(Plugins().activations.get(name)(), Domain(2, 2, SHAPE), width=16, depth=3, seed=3)
        engine = choose_engine(network, case.coords, large=large)
        for _ in Descent(engine, Objective(case, 50), Train(steps=20)):
            pass
        return evaluate(engine, case.coords, 50)

    assert torch.equal(trained(), trained())


def test_learning_rates_fall_by_a_power_or_as_pytorch_s_cosine() -> None:
    power = Train(steps=8, lr=0.2, lr_decay=0.01)
    assert [rate(power, done) for done in (0.0, 0.5, 1.0)] == pytest.approx([0.2, 0.02, 0.002])
    cosine = power.model_copy(update={"schedule": "cosine"})
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.2)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=8, eta_min=0.002)
    for step in range(9):
        assert rate(cosine, step / 8) == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
