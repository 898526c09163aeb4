"""What training several small networks in lock-step saves, by the size of one. In processor seconds: no waiting."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from activations.base import Domain, build
from activations.kernels import compiling
from activations.stacked import Stack
from bench.registry import Plugins
from bench.settings import Train
from bench.together import Lockstep
from bench.train import Descent, Objective
from tasks.base import Problem, grid_coords
from tasks.operators import Identity
from tests.perf.measure import Records

COUNTS, ROUNDS = (1, 4, 16), 5
SIZES = [(shape, width) for shape in ((20,), (16, 16), (32, 32)) for width in (16, 32, 64, 96)]


@pytest.mark.parametrize("name", ["siren", "wire"])
@pytest.mark.parametrize(("shape", "width"), [*SIZES, ((64, 64), 16), ((64, 64), 32)])
def test_together(benchmark: BenchmarkFixture, records: Records, name: str, shape: tuple[int, ...], width: int) -> None:
    activation, train = Plugins().activations.get(name)(), Train(steps=1_000_000)
    repeat = max(2, min(50, 400_000 // (math.prod(shape) * width)))
    domain = Domain(len(shape), 1, shape)

    def objective(index: int) -> Objective:
        measured = torch.rand(math.prod(shape), 1, generator=torch.Generator().manual_seed(index))
        return Objective(Problem(grid_coords(shape), Identity(len(measured)), measured, measured, shape), 2048)

    def lockstep(count: int) -> Callable[[], None]:
        networks = [build(activation, domain, width=width, depth=3, seed=index) for index in range(count)]
        goals = [objective(index) for index in range(count)]
        running = Lockstep(Stack(networks, [activation] * count), goals, [train] * count)
        return lambda: running.advance(running.step + repeat)

    alone = Descent(build(activation, domain, width=width, depth=3, seed=0), objective(0), train)
    ways: dict[int, Callable[[], object]] = {count: lockstep(count) for count in COUNTS}
    ways[0] = lambda: [next(alone) for _ in range(repeat)]
    best = dict.fromkeys(ways, math.inf)

    def take_turns() -> None:
        for count, way in ways.items():
            start = time.process_time()
            way()
            best[count] = min(best[count], (time.process_time() - start) / repeat)

    with compiling(False):
        benchmark.pedantic(take_turns, rounds=ROUNDS)
    ratios = {f"gain_{count}": count * best[0] / best[count] for count in COUNTS}
    records.add(
        "together", activation=name, shape="x".join(map(str, shape)), width=width, alone_ms=1000 * best[0], **ratios
    )
