"""What all measurements share: the floor, and a stopwatch that takes turns."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

RESULTS = Path(os.environ.get("INRBENCH_PERF", Path(__file__).parents[2] / "results" / "perf"))


@dataclass
class Records:
    """Rows of measurements by table."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, **row: Any) -> None:
        self.rows.setdefault(table, []).append(row)


class Stopwatch:
    """Seconds of a function in each round, as pytest-benchmark's `setup` wants it: called before each round."""

    def __init__(self, **functions: Callable[[], object]) -> None:
        self._functions = functions
        self.seconds: dict[str, list[float]] = {name: [] for name in functions}

    def __call__(self) -> None:
        for name, function in self._functions.items():
            start = time.perf_counter()
            function()
            self.seconds[name].append(time.perf_counter() - start)

    def best(self, name: str) -> float:
        """The least, the first round left out: it warms up."""
        return min(self.seconds[name][1:])


def products(rows: int, width: int, layers: int) -> Callable[[], None]:
    """The naive floor of a step: the whole-batch products of ``layers`` square hidden layers, forward and backward."""
    x, w, g = torch.randn(rows, width), torch.randn(width, width), torch.randn(rows, width)

    def run() -> None:
        for _ in range(layers):
            torch.mm(x, w.t())
            torch.mm(g, w)
            torch.mm(g.t(), x)

    return run
