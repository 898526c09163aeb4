"""Number of rows of coordinates in one block of a training step.

A block that stays in the processor's cache trains faster than the whole batch, and the fastest size depends on the
machine and on the network. It is measured once for each of these and kept in the user's cache folder: the size decides
in which order the terms of a gradient are added, so that the same job needs the same size to give the same bits.
``INRBENCH_BLOCK_ROWS`` sets it by hand, for results that must agree with those of another machine to the last bit (as
far as its arithmetic does).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from pathlib import Path

import torch
from torch import Tensor

from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.engine.engine import CompiledEngine, Engine
from inrbench.bench.engine.threads import blocks_of_threads, run_on_threads
from inrbench.bench.machine.cache import cache_folder
from inrbench.bench.machine.provenance import cpu_name

CANDIDATES = (512, 1024, 2048, 4096, 8192, 16384)

DEFAULT = 2048
"""The size where measurement is not worthwhile."""

COMPILED = 4096
"""The size for a compiled MLP, which divides a block into tiles that stay in the cache."""

GPU = 1 << 18
"""On a GPU, where blocks only bound the memory."""

ROUNDS = 6
SECONDS = 4.0
"""Rough limit of a measurement."""

NEAR = 1.02
"""The smallest block within this factor of the fastest is taken: it needs the least memory."""

IDLE = 0.8
"""Share of the processor that a measurement must have had for its choice to hold and to be stored."""

COMPILE_FROM = 1e8
"""Values of units computed in a whole job, above which it pays to tune it: about half a second of one core."""


def should_compile(steps: int, rows: int, units: int) -> bool:
    """Whether a job is large enough for compilation, threads and measured blocks.

    A pure function of the job, so that the same job is computed in the same way again.

    Args:
        units: of all nonlinear layers together.
    """
    return float(steps) * rows * units >= COMPILE_FROM


def block_rows(engine: Engine, coords: Tensor, kind: str, *, tune: bool) -> int:
    """The number of rows of one block.

    Args:
        engine: of a network with any weights, whose gradients are overwritten with None.
        coords: (N, d), those of the training.
        kind: the activation's name.
        tune: whether a size that is not known yet is measured.

    Raises:
        ValueError: if ``INRBENCH_BLOCK_ROWS`` is not a positive number.
    """
    if not engine.rowwise:
        print("the value of a row depends on other rows (batch normalisation?), so that each step is one block")
        return len(coords)
    pinned = os.environ.get("INRBENCH_BLOCK_ROWS")
    if pinned:
        if not pinned.isdecimal() or int(pinned) < 1:
            raise ValueError(
                f"INRBENCH_BLOCK_ROWS is {pinned!r}; set it to a number of rows such as 2048, or not at all"
            )
        return int(pinned)
    if coords.device.type != "cpu":
        return GPU
    if isinstance(engine, CompiledEngine):
        return COMPILED
    if not tune or len(coords) <= CANDIDATES[0]:
        return DEFAULT
    key = _key(engine, kind, min(len(coords), CANDIDATES[-1]))
    path = cache_folder() / "blocks" / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
    sizes = _read(path)
    if sizes is not None:
        return sizes
    seconds, share = measure(engine, coords)
    if share < IDLE:  # a choice made beside other work would stay for ever
        print(f"block size: {DEFAULT} rows, not measured, as other work takes the processor")
        return DEFAULT
    return _keep(path, key, seconds)


def measure(engine: Engine, coords: Tensor) -> tuple[dict[int, float], float]:
    """Seconds of a forward and a backward pass over the same rows, in blocks of each size: the least of some rounds.

    Also the share of the processor that it had: 1 on an idle machine, less beside other work.
    """
    _pass(engine, coords[: CANDIDATES[0]], CANDIDATES[0])  # the first pass is slower
    row_s = _pass(engine, coords[: CANDIDATES[0]], CANDIDATES[0]) / CANDIDATES[0]
    affordable = int(SECONDS / (ROUNDS * len(CANDIDATES) * row_s))
    sample = coords[: min(max(affordable, CANDIDATES[1]), CANDIDATES[-1])]
    sizes = [size for size in CANDIDATES if size < 2 * len(sample)]  # up to the first that takes all at once
    wall, processor = time.perf_counter(), time.process_time()
    rounds = [{size: _pass(engine, sample, size) for size in sizes} for _ in range(ROUNDS)]
    share = (time.process_time() - processor) / ((time.perf_counter() - wall) * engine.threads)
    return {size: min(seconds[size] for seconds in rounds) for size in sizes}, share


def _pass(engine: Engine, coords: Tensor, size: int) -> float:
    blocks = blocks_of_threads(len(coords), size, engine.threads)

    def pass_both(thread: int) -> None:
        for block in blocks[thread]:
            values, saved = engine.forward(coords[block])
            engine.backward(thread, saved, values)

    start = time.perf_counter()
    engine.begin()
    run_on_threads(engine.threads, pass_both)
    engine.end()
    seconds = time.perf_counter() - start
    engine.network.zero_grad(set_to_none=True)
    return seconds


def _key(engine: Engine, kind: str, rows: int) -> str:
    """JSON of all that the best size depends on."""
    shapes = [list(p.shape) for p in engine.network.parameters()]
    machine = [cpu_name(), torch.get_num_threads(), torch.__version__]
    code = [engine.name, engine.threads, engine.precision]
    return json.dumps(
        {"machine": machine, "kind": kind, "code": code, "shapes": shapes, "rows": rows, "sizes": CANDIDATES}
    )


def _read(path: Path) -> int | None:
    try:
        rows = json.loads(path.read_text())["block_rows"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return rows if isinstance(rows, int) and rows > 0 else None


def _keep(path: Path, key: str, seconds: dict[int, float]) -> int:
    """Store the choice, unless another process was first: then its choice stands, for everybody."""
    rows = min(size for size, took in seconds.items() if took <= NEAR * min(seconds.values()))
    content = json.dumps({"block_rows": rows, "seconds": seconds, "of": json.loads(key)}, indent=1)
    with contextlib.suppress(OSError):  # a cache that cannot be written costs a measurement each time, and no job
        if path.exists() and _read(path) is None:
            path.unlink()  # damaged
        atomic_write(path, content.encode(), replace=False)
    sizes = _read(path)
    return sizes if sizes is not None else rows
