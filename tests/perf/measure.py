"""Parts of all measurements: records, the floor of a step, and a stopwatch for functions measured in turn."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from pytest_benchmark.fixture import BenchmarkFixture

RESULTS = Path(os.environ.get("INRBENCH_PERF", Path(__file__).parents[2] / "results" / "perf"))


@dataclass
class Records:
    """Rows of measurements by table."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, **row: Any) -> None:
        self.rows.setdefault(table, []).append(row)


class Stopwatch:
    """Seconds of each function, measured once a round: pytest-benchmark calls its ``setup`` before every round."""

    def __init__(self, **functions: Callable[[], object]) -> None:
        self._functions = functions
        self.seconds: dict[str, list[float]] = {name: [] for name in functions}

    def __call__(self) -> None:
        for name, function in self._functions.items():
            start = time.perf_counter()
            function()
            self.seconds[name].append(time.perf_counter() - start)

    def best(self, name: str) -> float:
        """Least seconds of a function, without the first round, which is the warm-up."""
        return min(self.seconds[name][1:])


def fastest(benchmark: BenchmarkFixture) -> float:
    """Least seconds of the rounds of a benchmark that has run."""
    assert benchmark.stats is not None
    return float(benchmark.stats.stats.min)


CPU = torch.device("cpu")


def products(rows: int, width: int, layers: int, device: torch.device = CPU) -> Callable[[], None]:
    """Floor of a step: the products of ``layers`` square hidden layers over the whole batch, forward and backward."""
    x, w, g = (torch.randn(*shape, device=device) for shape in ((rows, width), (width, width), (rows, width)))

    def run() -> None:
        for _ in range(layers):
            torch.mm(x, w.t())
            torch.mm(g, w)
            torch.mm(g.t(), x)

    return run
