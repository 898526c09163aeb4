"""A step on a GPU against the products that it cannot do without, against plain code, and against its own launches."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch._C._autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from inrbench.activations.core.base import Domain, build
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Train
from inrbench.bench.engine.block_size import block_rows
from inrbench.bench.engine.engine import choose_engine
from inrbench.bench.training.descent import Descent
from inrbench.bench.training.loop import on_device
from inrbench.bench.training.objective import Objective
from inrbench.bench.training.step_graph import EAGER_STEPS
from inrbench.tasks.image import Image
from inrbench.tasks.signals.load import load
from tests.perf import plain
from tests.perf.measure import Records, Stopwatch, fastest, products
from tests.perf.test_step import hidden_columns

pytestmark = pytest.mark.gpu

GPU = torch.device("cuda")
SIZES = {"256², width 300": (256, 300), "128², width 96": (128, 96)}
DEPTH, ROUNDS, CALLS = 3, 5, 20
NAMES = ("relu", "siren", "gauss", "bw-relu", "wire", "mfn")


def repeated(function: Callable[[], object]) -> Callable[[], None]:
    """`CALLS` calls between two synchronisations."""

    def run() -> None:
        for _ in range(CALLS):
            function()
        torch.cuda.synchronize()

    return run


def busy_share(function: Callable[[], object]) -> float:
    """Share of the time of many calls in which the GPU computes; the rest are gaps between kernels."""
    with profile(activities=[ProfilerActivity.CUDA, ProfilerActivity.CPU]) as found:
        repeated(function)()
    kernels = [event.time_range for event in found.events() or [] if event.device_type == DeviceType.CUDA]
    if not kernels:
        return float("nan")
    length = max(each.end for each in kernels) - min(each.start for each in kernels)
    return float(sum(each.end - each.start for each in kernels) / length)


@pytest.mark.parametrize("precision", [None, "tf32"], ids=str)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", SIZES)
def test_gpu_step(
    benchmark: BenchmarkFixture,
    records: Records,
    size: str,
    name: str,
    precision: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    side, width = SIZES[size]
    activation = Plugins().activations.get(name)()
    case = on_device(Image(size=side).problem(load("camera"), seed=0), GPU)

    def descent() -> Descent:
        network = build(activation, Domain(2, 1, case.shape), width=width, depth=DEPTH, seed=0).to(GPU)
        engine = choose_engine(network, case.coords, large=True, precision=precision)
        rows = block_rows(engine, case.coords)
        return Descent(engine, Objective(case, rows), Train(steps=1_000_000, lr=1e-4))

    graph = descent()
    with monkeypatch.context() as patch:
        patch.setattr("inrbench.bench.training.descent.StepGraph", lambda step, device: step)
        eager = descent()
    for running in (graph, eager):
        for _ in range(EAGER_STEPS + 2):
            next(running)
    monkeypatch.setattr(torch.backends.cuda.matmul, "allow_tf32", precision == "tf32")
    columns = hidden_columns(name, activation.hidden_width(width))
    others = {
        "eager": repeated(lambda: next(eager)),
        "floor": repeated(products(len(case.coords), columns, DEPTH - 1, GPU)),
    }
    if name in plain.NONLINEARITIES and precision is None:
        others["plain"] = repeated(plain.step(plain.network(name, 2, 1, width, DEPTH).to(GPU), case))
    watch = Stopwatch(**others)
    watch()
    benchmark.pedantic(repeated(lambda: next(graph)), setup=watch, rounds=ROUNDS)
    ours, floor = fastest(benchmark) / CALLS, watch.best("floor") / CALLS
    plain_s = watch.best("plain") / CALLS if "plain" in others else float("nan")
    records.add(
        "gpu_steps",
        size=size,
        activation=name,
        precision=precision or "fp32",
        step_s=ours,
        floor_s=floor,
        ratio=ours / floor,
        target=1.3 if side == 256 else float("nan"),
        without_graph_s=watch.best("eager") / CALLS,
        plain_s=plain_s,
        plain_ratio=plain_s / ours,
        idle_share=1 - busy_share(lambda: next(graph)),
        device=torch.cuda.get_device_name(GPU),
    )
