"""A suite small enough to run in a second, plugins that go wrong, and the real command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TINY = """
suite: tiny
repeats: 1
model: {depth: 2, width: 8}
train: {steps: 4, lr: 1.0e-3}
tasks:
  image: {signals: [camera], size: 16}
activations:
  relu: {}
  siren: {}
"""

TROUBLE = '''
import ctypes, errno, os, signal, stat, subprocess, sys, time
import torch
from activations import Activation, Param

class Trouble(Activation):
    """A nonlinearity that goes wrong in the way it is told to."""

    name, label, version = "trouble", "Trouble", 1
    how: str = Param("raise")

    def forward(self, z):
        if self.how == "raise":
            raise RuntimeError("told to fail")
        if self.how == "nan":
            return z * float("nan")
        if self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "exit":
            sys.exit(3)
        if self.how == "oom":
            raise MemoryError("told to run out")
        if self.how == "cuda-oom":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        if self.how == "segfault":
            ctypes.string_at(0)
        if self.how == "close":
            os.closerange(3, 1024)
        if self.how == "garble":
            for fd in range(3, 256):
                try:
                    if stat.S_ISSOCK(os.fstat(fd).st_mode):
                        os.write(fd, b"hello, is anybody there?")
                except OSError:
                    pass
            time.sleep(600)
        if self.how == "orphan":
            if os.fork() == 0:
                time.sleep(600)
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "disk":
            raise OSError(errno.ENOSPC, "No space left on device")
        if self.how == "hang":
            subprocess.Popen(["sleep", "600"])
            time.sleep(600)
        if self.how == "print":
            os.write(1, b"x" * 3_000_000)
        if self.how == "import":
            import no_such_module
        return torch.relu(z)
'''


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """The path of a suite of two jobs."""
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


@pytest.fixture
def trouble(tmp_path: Path) -> Path:
    """The path of a plugin file."""
    path = tmp_path / "trouble.py"
    path.write_text(TROUBLE)
    return path


@pytest.fixture
def inrbench(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The real command line, run in a folder of its own with one thread."""

    def call(*arguments: object, cwd: Path = tmp_path, limit_s: float = 120) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-c", "from bench.cli import main; raise SystemExit(main())", *map(str, arguments)],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=limit_s,
            env={**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"},
            check=False,
        )

    return call
