"""A step against what a user would write instead: the plain network, ``torch.compile`` of it, and JAX; on all pixels.

One thread and two, from the sizes of `reference-small` to those of the paper, in one run and in turn.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from typing import cast

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch import nn

from inrbench.activations.core.base import Domain, build
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Train
from inrbench.bench.engine.block_size import block_rows
from inrbench.bench.engine.engine import choose_engine
from inrbench.bench.training.descent import Descent
from inrbench.bench.training.objective import Objective
from inrbench.tasks.image import Image
from inrbench.tasks.signals.load import load
from tests.perf import jax_step, plain
from tests.perf.measure import Records, Stopwatch, fastest

DEPTH = 3
SIZES = {(48, 28): (20, 40), (96, 64): (12, 10), (128, 96): (8, 5), (256, 300): (3, 2)}
"""Side and width -> rounds, and steps of a round: the first one after another network has had the caches is slower."""

NAMES = ("siren", "bw-relu", "gauss", "wire")


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("side", "width"), SIZES)
def test_peers(benchmark: BenchmarkFixture, records: Records, side: int, width: int, name: str, threads: int) -> None:
    case = Image(size=side).problem(load("camera"), seed=0)
    activation = Plugins().activations.get(name)()
    engine = choose_engine(
        build(activation, Domain(2, 1, case.shape), width=width, depth=DEPTH, seed=0), case.coords, large=True
    )
    size = block_rows(engine, case.coords)
    running = Descent(engine, Objective(case, size), Train(steps=1_000_000, lr=1e-4))
    network = plain.network(name, 2, 1, width, DEPTH)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what PyTorch's compiler imports is deprecated in part
        torch.compiler.reset()  # code that was compiled for eight sizes is not compiled for a ninth
        compiled = cast(nn.Module, torch.compile(plain.network(name, 2, 1, width, DEPTH)))
    rounds, steps = SIZES[side, width]

    def many(step: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            for _ in range(steps):
                step()

        return run

    watch = Stopwatch(plain=many(plain.step(network, case)), compiled=many(plain.step(compiled, case)))
    other: jax_step.JaxStep | None = None
    if (why := jax_step.missing()) is not None:
        print(why)
    elif name != "wire":  # optax has no complex Adam that is torch's
        other = jax_step.JaxStep(name, side, width, DEPTH, threads)
    seconds: list[float] = []

    def others() -> None:
        watch()
        if other is not None:
            seconds.append(other.seconds(steps))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # notes of PyTorch's compiler on complex numbers
        others()
        others()
    next(running)
    benchmark.pedantic(many(lambda: next(running)), setup=others, rounds=rounds)
    if other is not None:
        other.close()
    row = {"side": side, "width": width, "activation": name, "threads": threads, "engine": engine.name}
    peers = {"plain_s": watch.best("plain") / steps, "compiled_s": watch.best("compiled") / steps}
    peers["jax_s"] = min(seconds[2:], default=math.nan) / steps
    ours = fastest(benchmark) / steps
    best = min(value for value in peers.values() if not math.isnan(value))
    records.add("peers", **row, block_rows=size, step_s=ours, **peers, gain=best / ours)
