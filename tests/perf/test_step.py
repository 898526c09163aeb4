"""The time of one training step, against the products that it cannot do without and against plain code.

All of a row is measured in one run, round by round in turn, so that a drift of the machine is in every column.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from inrbench.activations.core.base import Domain, build, count_params
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Train
from inrbench.bench.engine.block_size import block_rows
from inrbench.bench.engine.engine import choose_engine
from inrbench.bench.training.descent import Descent
from inrbench.bench.training.objective import Objective
from inrbench.tasks.core.base import Problem
from inrbench.tasks.signals.load import load
from tests.perf import plain
from tests.perf.measure import Records, Stopwatch, fastest, products

WIDTH, DEPTH, ROUNDS = 300, 3, 7

TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "image": ("camera", {"size": 256}),
    "superres": ("coffee", {"size": (192, 288), "factor": 4}),
    "ct": ("ct-head", {"size": 256, "angles": 100}),
    "mri": ("mri-head", {"size": 256, "mask": "radial"}),
}
"""Task -> signal and parameters."""

ON_THE_IMAGE_ALONE = (
    *("spder", "sinc", "hosc", "finer-gauss", "tanh", "gelu", "silu", "softplus"),
    *("quadratic", "multiquadric", "laplacian", "exp-sin"),
)
"""Pointwise activations, which differ in nothing but the cost of their nonlinearity."""

TARGETS = dict.fromkeys(("relu", "siren", "gauss", "bw-relu", *ON_THE_IMAGE_ALONE), 0.85) | {"wire": 1.3}
"""Aims of the ratio to the floor on image; they are reported only, because tests of time fail on a busy machine."""


def problem_of(task: str) -> Problem:
    signal, params = TASKS[task]
    return Plugins().tasks.get(task)(**params).problem(load(signal), seed=0)


def hidden_columns(name: str, units: int) -> int:
    """Columns of the real matrix product of a hidden layer: WIRE's complex units have two each."""
    return 2 * units if name == "wire" else units


ACTIVATIONS: dict[str, dict[str, Any]] = {
    **{name: {} for name in ("relu", "relu-pe", "siren", "finer", "gauss", "bw-relu", "wire", "mfn", "bacon")},
    **{name: {} for name in ("instant-ngp", "grid")},
    "bw-relu skip": {"skip": True},
    "bw-relu learned c": {"learn_c": "network"},
}
"""Label -> parameters of the plugin that its first word names."""


@pytest.mark.parametrize(
    ("task", "name"),
    [
        *((task, name) for task in ("image", "superres", "ct") for name in ACTIVATIONS),
        *(("image", name) for name in ON_THE_IMAGE_ALONE),
        *(("mri", name) for name in ("siren", "bw-relu")),
    ],
)
def test_step(benchmark: BenchmarkFixture, records: Records, task: str, name: str) -> None:
    case = problem_of(task)
    activation = Plugins().activations.get(name.split()[0])(**ACTIVATIONS.get(name, {}))
    rows, channels = len(case.coords), case.truth.shape[1]
    domain = Domain(2, channels, case.shape)
    network = build(activation, domain, width=WIDTH, depth=DEPTH, seed=0)
    engine = choose_engine(network, case.coords, large=True)
    size = block_rows(engine, case.coords)
    groups = activation.optimizer_groups(network)
    running = Descent(engine, Objective(case, size), Train(steps=10_000), groups=groups)
    columns = hidden_columns(name, activation.hidden_width(WIDTH))
    others = {"floor": products(rows, columns, DEPTH - 1)}
    if name in plain.NONLINEARITIES:
        reference = plain.network(name, 2, channels, WIDTH, DEPTH)
        assert count_params(reference) == count_params(network)
        others["plain"] = plain.step(reference, case)
    watch = Stopwatch(**others)
    watch()
    next(running)
    benchmark.pedantic(lambda: next(running), setup=watch, rounds=ROUNDS)
    ours, floor = fastest(benchmark), watch.best("floor")
    row: dict[str, Any] = {
        "task": task,
        "activation": name,
        "rows": rows,
        "width": WIDTH,
        "depth": DEPTH,
        "threads": torch.get_num_threads(),
        "engine": engine.name,
        "block_rows": size,
        "step_s": ours,
        "floor_s": floor,
        "ratio": ours / floor,
        "plain_s": watch.best("plain") if "plain" in others else math.nan,
        "target": TARGETS.get(name, math.nan) if task == "image" else math.nan,
    }
    benchmark.extra_info.update(row)
    records.add("steps", **row)
