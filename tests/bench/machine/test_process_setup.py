"""The settings of a process that trains."""

from __future__ import annotations

import subprocess
import sys

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
