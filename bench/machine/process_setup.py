"""Settings of a process that trains: denormal numbers and memory."""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import TypeVar

import torch

Found = TypeVar("Found")

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


def as_in_a_worker(threads: int, function: Callable[[], Found]) -> Found:
    """The result of a function, computed with the settings that decide the bits of a job in a worker process.

    It runs on a thread of its own: numbers below 1e-38 are zero there and in the threads that PyTorch starts for it,
    and not in the caller's. The number of threads, the default type and the random generator of PyTorch are the
    caller's again afterwards. The settings of memory, which only save time, are left out: they cannot be undone.
    Ctrl-C ends the function, too.
    """
    outcome: Future[Found] = Future()
    ended = threading.Event()

    def work() -> None:
        try:
            torch.set_flush_denormal(True)
            torch.set_num_threads(threads)
            outcome.set_result(function())
        except BaseException as error:
            outcome.set_exception(error)
        finally:
            ended.set()

    before = torch.get_num_threads(), torch.get_default_dtype(), torch.get_rng_state()
    worker = threading.Thread(target=work, name="inrbench-fit", daemon=True)
    torch.set_default_dtype(torch.float32)
    try:
        worker.start()
        while not ended.wait(1.0):  # a signal may reach another thread than the one that waits
            pass
        return outcome.result(0)
    except KeyboardInterrupt:
        _interrupt(worker)
        # Neither its outcome, which it may be interrupted before, nor `join`, which an interrupt ends for good.
        while worker in threading.enumerate():
            ended.wait(0.1)
        raise
    finally:
        torch.set_num_threads(before[0])
        torch.set_default_dtype(before[1])
        torch.set_rng_state(before[2])


def _interrupt(thread: threading.Thread) -> None:
    """Raise KeyboardInterrupt in a thread as soon as it executes Python code."""
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(KeyboardInterrupt))


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
