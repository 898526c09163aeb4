"""The settings of a process that trains."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import torch

from inrbench.bench.machine.process_setup import as_in_a_worker

CODE = """
import torch
from inrbench.bench.machine import process_setup

tiny = torch.full((8,), 1e-39)
before = bool((tiny * 1 != 0).all())
process_setup.prepare()
print(before, bool((tiny * 1 != 0).any()), float(torch.tensor([1e-30]) * 1) > 0)
"""


def test_denormal_numbers_are_zero_once_it_is_prepared() -> None:
    done = subprocess.run([sys.executable, "-P", "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "True"], done.stderr


KEPT = """
import numpy as np
import torch
from scipy.spatial import KDTree
from inrbench.bench.machine import process_setup

def kept():
    return float(torch.tensor(1e-39) * 1) != 0

with process_setup.denormals_kept():
    unprepared = kept()
print(unprepared, kept())
process_setup.prepare()
points = np.zeros((100, 3))
points[-1] = 1
with process_setup.denormals_kept():
    print(kept(), len(KDTree(points).query(points)[0]))
print(kept())
"""


def test_denormal_numbers_are_kept_for_a_while_and_a_tree_of_equal_points_is_built() -> None:
    done = subprocess.run([sys.executable, "-P", "-c", KEPT], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True", "100", "False"], done.stderr


def test_a_function_runs_as_in_a_worker_and_leaves_the_process_as_it_was() -> None:
    tiny = torch.tensor(1e-39)
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    torch.set_default_dtype(torch.float64)
    try:

        def work() -> tuple[bool, int, torch.dtype]:
            torch.rand(3)
            return float(tiny * 1) == 0.0, torch.get_num_threads(), torch.get_default_dtype()

        assert as_in_a_worker(threads + 1, work) == (True, threads + 1, torch.float32)
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert float(tiny * 1) != 0.0
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_an_error_of_the_function_is_raised_and_ctrl_c_ends_it() -> None:
    with pytest.raises(ZeroDivisionError):
        as_in_a_worker(1, lambda: 1 / 0)
    ended = threading.Event()

    def forever() -> None:
        try:
            while True:
                time.sleep(0.01)
        finally:
            ended.set()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # pytest-xdist's processes ignore it
    try:
        threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGINT]).start()
        with pytest.raises(KeyboardInterrupt):
            as_in_a_worker(1, forever)
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.is_set()
