"""Provenance: what is stored beside every result about where it came from."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import pytest
import torch

from inrbench.bench.machine import provenance
from inrbench.bench.store.schema import RUNS


def test_every_column_is_one_of_the_schema_and_names_no_host() -> None:
    found = provenance.of_process(torch.device("cpu"), 2)
    assert set(asdict(found)) <= set(RUNS.names)
    assert (found.device, found.threads, found.torch) == ("cpu", 2, torch.__version__)
    assert json.loads(found.packages)["numpy"] == version("numpy")
    assert os.uname().nodename not in found.host


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_change_of_a_tracked_file_makes_the_checkout_dirty(tmp_path: Path) -> None:
    root = Path(provenance.__file__).parents[3]
    copy = tmp_path / "inrbench" / "bench" / "machine" / "provenance.py"
    copy.parent.mkdir(parents=True)
    for folder in copy.parents[:3]:
        (folder / "__init__.py").touch()
    for name in ("provenance.py", "cpu_info.py"):
        shutil.copy(root / "bench" / "machine" / name, copy.parent)
    code = "from inrbench.bench.machine import provenance; print(*provenance.git_state())"

    def state() -> list[str]:
        command = [sys.executable, "-c", code]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.split()

    def git(*words: str) -> str:
        who = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
        return subprocess.run(
            ["git", *who, *words], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout.strip()

    assert state() == ["None", "None"]
    git("init", "-q")
    git("add", "inrbench")
    git("commit", "-qm", "first")
    assert state() == [git("rev-parse", "HEAD"), "False"]
    copy.write_text(copy.read_text() + "\n# changed\n")
    assert state() == [git("rev-parse", "HEAD"), "True"]
