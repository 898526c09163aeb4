"""The settings of a process that trains."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import torch
from bench.machine import process_setup

tiny = torch.full((8,), 1e-39)
before = bool((tiny * 1 != 0).all())
process_setup.prepare()
print(before, bool((tiny * 1 != 0).any()), float(torch.tensor([1e-30]) * 1) > 0)
"""


def test_denormal_numbers_are_zero_once_it_is_prepared() -> None:
    done = subprocess.run([sys.executable, "-P", "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "True"], done.stderr
