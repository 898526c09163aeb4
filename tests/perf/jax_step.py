"""A step of a plain network in JAX, in a process of its own: ``python -m tests.perf.jax_step THREADS``.

Reads one JSON object, then numbers of steps, runs these and answers with their seconds. It is a process because XLA
takes its number of threads from the cores that it may use when it starts.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import IO, Any

PACKAGES = ("jax", "optax")


def missing() -> str | None:
    """What is to be installed, in one line; None where JAX can be measured."""
    absent = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    return f"JAX is not measured: install {' and '.join(absent)} (the extra `perf`)" if absent else None


class JaxStep:
    """The steps of a network in such a process."""

    def __init__(self, name: str, side: int, width: int, depth: int, threads: int) -> None:
        command = [sys.executable, "-m", __name__, str(threads)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._ask(json.dumps({"name": name, "side": side, "width": width, "depth": depth}))

    def seconds(self, steps: int) -> float:
        """Run some steps, one after another."""
        return float(self._ask(str(steps)))

    def close(self) -> None:
        self._process.communicate()

    def _ask(self, line: str) -> str:
        sent, answers = self._process.stdin, self._process.stdout
        assert sent is not None
        assert answers is not None
        print(line, file=sent, flush=True)
        return answers.readline().strip()


def step(name: str, side: int, width: int, depth: int) -> Callable[[], object]:
    """One step of Adam on all pixels of a picture, compiled whole; it returns when it has been computed."""
    import jax
    import jax.numpy as jnp
    import optax

    nonlinearities: dict[str, Callable[[Any], Any]] = {
        "siren": lambda z: jnp.sin(30 * z),
        "gauss": lambda z: jnp.exp(-((10 * z) ** 2)),
        "bw-relu": lambda z: sum(
            weight * jnp.maximum(3 * z - index / 2, 0)
            for index, weight in enumerate((1 / 6, -8 / 6, 23 / 6, -16 / 3, 23 / 6, -8 / 6, 1 / 6))
        ),
    }
    nonlinearity = nonlinearities[name]
    axis = (2 * jnp.arange(side) + 1) / side - 1
    coords = jnp.stack(jnp.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    target = (0.5 + 0.4 * jnp.cos(2 * coords).prod(axis=-1, keepdims=True)).astype(jnp.float32)
    keys, sizes = jax.random.split(jax.random.key(0), depth + 1), [2, *[width] * depth, 1]
    params = [
        (jax.random.uniform(key, (into, out), minval=-1, maxval=1) / into**0.5, jnp.zeros(out))
        for key, into, out in zip(keys, sizes[:-1], sizes[1:], strict=True)
    ]
    adam = optax.adam(1e-3)

    def loss(params: Any) -> Any:
        x = coords
        for matrix, bias in params[:-1]:
            x = nonlinearity(x @ matrix + bias)
        matrix, bias = params[-1]
        return jnp.square(x @ matrix + bias - target).mean()

    @jax.jit
    def update(params: Any, state: Any) -> Any:
        changes, state = adam.update(jax.grad(loss)(params), state)
        return optax.apply_updates(params, changes), state

    now = params, adam.init(params)

    def run() -> object:
        nonlocal now
        now = jax.block_until_ready(update(*now))
        return now

    return run


def main(threads: int, lines: IO[str]) -> None:
    """Answer the lines of a `JaxStep`."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    run = step(**json.loads(lines.readline()))
    run()
    run()
    print("ready", flush=True)
    for line in lines:
        start = time.perf_counter()
        for _ in range(int(line)):
            run()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.stdin)
