"""A suite small enough to run in a second, plugins that go wrong, and the command line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from inrbench.bench.cli import main
from inrbench.bench.runner import worker_process
from tests.bench.command import Inrbench
from tests.bench.forked_workers import ForkedWorker

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
from inrbench.activations import Activation, Param

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
            os.closerange(3, 4096)
        if self.how == "garble":
            for fd in range(3, 4096):
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
        if self.how == "lean" and {"torch._dynamo", "sympy"} & set(sys.modules):
            raise RuntimeError("PyTorch's tracer was imported, which takes longer than the start of a worker")
        if self.how == "tell":
            files = len(os.listdir("/proc/self/fd"))
            raise RuntimeError(f"{os.environ['ASKED']}, {os.getcwd()}, {files} files, {os.getsid(0) == os.getpid()}")
        if self.how == "import":
            import no_such_module
        return torch.relu(z)
'''


@pytest.fixture(autouse=True)
def _forked_workers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers start at once, but those of the tests that are about them."""
    if not request.path.name.startswith("test_worker"):
        monkeypatch.setattr(worker_process, "Worker", ForkedWorker)


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
def inrbench(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, without_figures: None
) -> Inrbench:
    """The command line in a folder of its own, in this process: another one would import torch first.

    Jobs have worker processes, forked ones; reports have no figures.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        words = [*map(str, arguments)]
        capfd.readouterr()
        code = main(words)
        return subprocess.CompletedProcess(words, code, *capfd.readouterr())

    return call
