"""Training on a GPU: gradients, precision, graphs, seeds and checkpoints, held against the CPU."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Domain, build
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Train
from inrbench.bench.engine.engine import AutogradEngine, choose_engine
from inrbench.bench.training.descent import Descent
from inrbench.bench.training.loop import on_device
from inrbench.bench.training.objective import Objective
from inrbench.bench.training.scoring import evaluate
from inrbench.bench.training.step_graph import EAGER_STEPS
from inrbench.tasks.core.base import Problem, Task
from inrbench.tasks.core.operators import Identity
from inrbench.tasks.signals.load import load
from tests.bench.training.problems import OPERATORS, SHAPE, problem
from tests.tasks.core.test_conformance import TASKS

pytestmark = pytest.mark.gpu

PLUGINS = Plugins()
CPU, GPU = torch.device("cpu"), torch.device("cuda")
STEPS = 20


@pytest.fixture(autouse=True)
def _no_captures_fail() -> Iterator[None]:
    """A step that cannot be captured is an error here: elsewhere it is a warning, and the job is slower."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def network_on(device: torch.device, name: str, seed: int = 3) -> nn.Module:
    return build(PLUGINS.activations.get(name)(), Domain(2, 2, SHAPE), width=16, depth=2, seed=seed).to(device)


def gradients(device: torch.device, name: str, case: Problem) -> tuple[float, list[Tensor]]:
    network, case = network_on(device, name), on_device(case, device)
    loss = Objective(case, 50).backward(choose_engine(network, case.coords, large=False))
    zero = (torch.zeros_like(p) if p.grad is None else p.grad for p in network.parameters())
    return float(loss), [gradient.cpu() for gradient in zero]


def trained(device: torch.device, name: str = "siren", case: Problem | None = None, **train: Any) -> list[float]:
    """The losses of a short training."""
    network, case = network_on(device, name), on_device(case or problem(Identity(192)), device)
    settings = Train.model_validate({"steps": STEPS, "lr": 1e-3, **train})
    engine = choose_engine(network, case.coords, large=False, precision=settings.precision)
    return [float(loss) for loss in Descent(engine, Objective(case, 50), settings)]


@pytest.mark.parametrize("operator", ["identity", "area"])
@pytest.mark.parametrize("name", PLUGINS.activations.names())
def test_every_activation_has_the_gradients_of_the_cpu(name: str, operator: str) -> None:
    case = problem(OPERATORS[operator]())
    expected_loss, expected = gradients(CPU, name, case)
    loss, found = gradients(GPU, name, case)
    assert loss == pytest.approx(expected_loss, rel=1e-4)
    scale = max(float(gradient.abs().max()) for gradient in expected)
    for one, other in zip(found, expected, strict=True):
        assert float((one - other).abs().max()) < 1e-4 * scale


@pytest.mark.parametrize("task", TASKS, ids=repr)
def test_the_operator_of_every_task_is_that_of_the_cpu(task: Task) -> None:
    (name,) = task.signals()
    case = task.problem(load(name), seed=0)
    moved = on_device(case, GPU)
    forward = moved.operator.forward(moved.truth).cpu()
    torch.testing.assert_close(forward, case.operator.forward(case.truth), rtol=1e-4, atol=1e-4)
    back = moved.operator.vjp(moved.truth, moved.measured).cpu()
    expected = case.operator.vjp(case.truth, case.measured)
    assert float((back - expected).abs().max()) <= 1e-4 * float(expected.abs().max())


def test_the_seed_gives_the_same_network_on_every_device() -> None:
    for one, other in zip(network_on(GPU, "siren").parameters(), network_on(CPU, "siren").parameters(), strict=True):
        assert torch.equal(one.cpu(), other)


@pytest.mark.parametrize("optimizer", [{}, {"weight_decay": 0.01}, {"optimizer": "sgd"}], ids=str)
@pytest.mark.parametrize("operator", OPERATORS)
def test_a_captured_step_computes_the_numbers_of_the_plain_one(
    operator: str, optimizer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = problem(OPERATORS[operator]())
    captured = trained(GPU, case=case, lr_decay=0.1, **optimizer)
    monkeypatch.setattr("inrbench.bench.training.descent.StepGraph", lambda step, device: step)
    assert captured == trained(GPU, case=case, lr_decay=0.1, **optimizer)


@pytest.mark.parametrize("name", PLUGINS.activations.names())
def test_the_step_of_every_activation_can_be_captured(name: str) -> None:
    assert trained(GPU, name) == pytest.approx(trained(CPU, name), rel=0.02)  # a failed capture warns, which fails


@pytest.mark.parametrize("operator", OPERATORS)
def test_no_step_waits_for_the_gpu(operator: str) -> None:
    case = on_device(problem(OPERATORS[operator]()), GPU)
    running = Descent(AutogradEngine(network_on(GPU, "siren")), Objective(case, 50), Train(steps=STEPS))
    first = list(itertools.islice(running, EAGER_STEPS + 1))  # the capture itself waits
    torch.cuda.set_sync_debug_mode("error")
    try:
        rest = list(running)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert len(first) + len(rest) == STEPS


@pytest.mark.parametrize(("precision", "near"), [("bf16", 0.05), ("tf32", 0.005)])
@pytest.mark.parametrize("name", ["siren", "bw-relu", "wire"])
def test_lower_precision_stays_near_float32(name: str, precision: str, near: float) -> None:
    assert trained(GPU, name, precision=precision) == pytest.approx(trained(GPU, name), rel=near)


class Noisy(nn.Module):
    """A network that draws random numbers of the GPU in every pass."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 16), nn.Dropout(0.5), nn.ReLU(), nn.Linear(16, 2))

    def forward(self, coords: Tensor) -> Tensor:
        values: Tensor = self.layers(coords)
        return values


@pytest.mark.parametrize("kind", ["siren", "noisy"])
def test_training_resumes_in_the_same_bits(kind: str) -> None:
    case = on_device(problem(Identity(192)), GPU)

    def descent(seed: int) -> Descent:
        torch.manual_seed(seed)
        network = Noisy().to(GPU) if kind == "noisy" else network_on(GPU, "siren", seed)
        return Descent(AutogradEngine(network), Objective(case, 192), Train(steps=STEPS, lr=1e-3))

    whole = descent(0)
    head = [float(loss) for loss in itertools.islice(whole, STEPS // 2)]
    state = {name: value.detach().clone().cpu() for name, value in whole.state().items()}
    random = torch.cuda.get_rng_state(GPU)
    tail = [float(loss) for loss in whole]
    resumed = descent(1)
    torch.cuda.set_rng_state(random, GPU)
    resumed.restore(state, STEPS // 2)
    assert [float(loss) for loss in resumed] == tail
    assert len(head) + len(tail) == STEPS
    values = [evaluate(AutogradEngine(each.network.eval()), case.coords, 192) for each in (whole, resumed)]
    assert torch.equal(*values)
