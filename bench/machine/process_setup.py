"""Settings of a process that trains: denormal numbers and memory."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator

import torch

_TRIM, _MMAP, _ARENAS = -1, -3, -8
"""Numbers of `mallopt`."""


def prepare() -> None:
    """Apply the settings to this process and to the threads that it starts afterwards."""
    # Numbers below 1e-38 are zero, as on a GPU: processors take a hundred cycles for each, and the tails of Gauss and
    # WIRE are full of them.
    torch.set_flush_denormal(True)
    # What a step frees the next one needs again. By default the system gets it back in between and then clears it page
    # by page, which took a third of a step.
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other systems than Linux have no such thing
    if mallopt is not None:
        mallopt(_TRIM, 512 << 20)
        mallopt(_MMAP, 32 << 20)  # the most there can be
        mallopt(_ARENAS, 1)  # one for each thread would be given back when it is empty, whatever the first line says


@contextlib.contextmanager
def denormals_kept() -> Iterator[None]:
    """Calculation of this thread with denormal numbers, whatever `prepare` has set, for the code of other libraries.

    The k-d tree of scipy needs a number above 0 that is nearer than any other: where that is 0 too, some sets of points
    on a grid are split without end, and the process runs out of stack.
    """
    flushed = float(torch.tensor(1e-39) * 1) == 0.0  # PyTorch cannot be asked
    torch.set_flush_denormal(False)
    try:
        yield
    finally:
        torch.set_flush_denormal(flushed)
