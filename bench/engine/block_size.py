"""Number of rows of coordinates in one block of a training step, and which jobs are worth compiled code.

Blocks bound the memory of a step. One size is for all: it decides in which order the terms of a gradient are added, so
that the same job needs the same size to give the same bits. ``INRBENCH_BLOCK_ROWS`` sets another.
"""

from __future__ import annotations

import os

from torch import Tensor

from inrbench.bench.engine.engine import Engine

DEFAULT = 4096
"""For each network under autograd it is among the fastest from 512 to 16,384 rows, within 1.2 times the least time at
128 x 128 pixels. A compiled MLP divides a block into tiles."""

GPU = 1 << 18

COMPILE_FROM = 1e8
"""Values of units computed in a whole job, above which it pays to compile it: about half a second of one core."""


def should_compile(steps: int, rows: int, units: int) -> bool:
    """Whether a job is large enough for compilation and threads.

    A pure function of the job, so that the same job is computed in the same way again.

    Args:
        units: of all nonlinear layers together.
    """
    return float(steps) * rows * units >= COMPILE_FROM


def block_rows(engine: Engine, coords: Tensor) -> int:
    """The number of rows of one block.

    Args:
        coords: (N, d), those of the training.

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
    return DEFAULT if coords.device.type == "cpu" else GPU
