"""Steps of training: the same on every engine, at every precision and as PyTorch's own, for each optimiser."""

from __future__ import annotations

import copy

import pytest
import torch

from inrbench.activations.core.base import Domain, build
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Train
from inrbench.bench.engine.engine import AutogradEngine, choose_engine
from inrbench.bench.training import descent as training
from inrbench.bench.training import objective
from inrbench.bench.training.descent import Descent
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


def test_the_learning_rate_is_that_of_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    real = training.set_rate

    def spy(optimizer: torch.optim.Optimizer, lr: float) -> None:
        real(optimizer, lr)
        seen.append(optimizer.param_groups[0]["lr"])

    monkeypatch.setattr(training, "set_rate", spy)
    network = torch.nn.Linear(2, 2)
    for _ in Descent(
        AutogradEngine(network), Objective(problem(Identity(192)), 64), Train(steps=10, lr=0.1, lr_decay=0.01)
    ):
        pass
    assert seen == pytest.approx([0.1 * 0.01 ** (step / 10) for step in range(10)])


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
    adam = torch.optim.Adam(group.parameters, lr=1e-3 * group.lr_factor, **group.options.get("adam", {}))
    for _ in range(5):
        _, gradients = whole_batch(alone, case)
        for p, g in zip(alone.parameters(), gradients, strict=True):
            p.grad = g
        adam.step()
    torch.testing.assert_close(evaluate(engine, case.coords, 50), alone(case.coords).detach(), rtol=1e-3, atol=1e-5)


def test_an_operator_that_mixes_rows_keeps_the_passes_of_a_large_table(monkeypatch: pytest.MonkeyPatch) -> None:
    # 30,000 nodes are not units: by these, what is kept of 192 rows would be far above a megabyte.
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
