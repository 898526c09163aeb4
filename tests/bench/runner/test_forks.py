"""Forked workers differ in nothing from processes of their own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inrbench.bench.runner import forks
from tests.bench.runner.runs import run


@pytest.mark.parametrize("available", [True, False])
def test_workers_have_variables_folder_and_files_of_their_own_and_fail_alike(
    available: bool, trouble: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forks.shared_server({**os.environ, "OMP_NUM_THREADS": "1"}, tmp_path / "log")  # older than the variable
    monkeypatch.setenv("ASKED", str(available))
    monkeypatch.setattr(forks, "AVAILABLE", available)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    rows = run(trouble, tmp_path, ["tell", "segfault"])
    assert rows["status"].to_dict() == {"relu": "ok", "tell": "error", "segfault": "crashed"}
    assert "SIGSEGV" in str(rows.at["segfault", "error"])
    # Standard streams, the channel, the job's log and the two streams that it replaces, and the folder that is listed.
    assert f"{available}, {tmp_path / 'here'}, 8 files, True" in str(rows.at["tell", "error"])
