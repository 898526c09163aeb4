"""How the time of a step grows with pixels, width and depth, and that of the harness with the number of jobs."""

from __future__ import annotations

import time

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from inrbench.activations.core.base import Domain, build
from inrbench.bench.config import expand
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Train
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.config.suite import Suite
from inrbench.bench.engine.block_size import block_rows
from inrbench.bench.engine.engine import choose_engine
from inrbench.bench.training.descent import Descent
from inrbench.bench.training.objective import Objective
from inrbench.tasks.image import Image
from inrbench.tasks.signals.load import load
from tests.perf.measure import Records, Stopwatch, fastest, products

BASE = {"pixels": 128, "width": 128, "depth": 3}
SWEEPS = {"pixels": (32, 64, 128, 256, 512), "width": (32, 64, 128, 256, 512), "depth": (1, 2, 3, 4, 6)}


NAMES = ("relu", "siren", "bw-relu", "wire")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("axis", "value"), [(axis, value) for axis, values in SWEEPS.items() for value in values])
def test_scaling(benchmark: BenchmarkFixture, records: Records, axis: str, value: int, name: str) -> None:
    sizes = {**BASE, axis: value}
    case = Image(size=sizes["pixels"]).problem(load("camera"), seed=0)
    activation = Plugins().activations.get(name)()
    network = build(activation, Domain(2, 1, case.shape), width=sizes["width"], depth=sizes["depth"], seed=0)
    engine = choose_engine(network, case.coords, large=True)
    size = block_rows(engine, case.coords)
    running = Descent(engine, Objective(case, size), Train(steps=10_000))
    units = activation.hidden_width(sizes["width"]) * (2 if name == "wire" else 1)
    watch = Stopwatch(floor=products(len(case.coords), units, sizes["depth"] - 1))
    watch()
    next(running)
    benchmark.pedantic(lambda: next(running), setup=watch, rounds=5)
    ours = fastest(benchmark)
    row = {"axis": axis, "value": value, "activation": name, "block_rows": size, "step_s": ours}
    records.add("scaling", **row, floor_s=watch.best("floor"))


@pytest.mark.parametrize("count", [100, 1_000, 10_000])
def test_jobs(benchmark: BenchmarkFixture, records: Records, count: int) -> None:
    values = {
        "suite": "many",
        "repeats": count // 20,
        "model": {"depth": 2, "width": 8},
        "train": {"steps": 1},
        "tasks": {"image": {"signals": ["camera", "coins"], "size": 16}},
        "activations": {"siren": {"omega0": [5.0 + k for k in range(10)]}},
    }
    plugins, declared = Plugins(), validated(Suite, values, "many")
    start = time.perf_counter()
    found = benchmark.pedantic(lambda: len(expand.jobs(declared, plugins, "many")), rounds=1)
    assert found == count
    records.add("jobs", jobs=count, layout_s=time.perf_counter() - start)
