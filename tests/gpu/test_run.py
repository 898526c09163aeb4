"""The command of `make gpu`: what it says without a GPU, its time limit, and how it continues."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import torch

from inrbench import report
from tests.gpu import run
from tests.gpu.run import NoTimeLeft, Session
from tests.report.laboratory import Lab


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_it_says_so_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.gpu.run", "--out", str(tmp_path / "out"), "--work", str(tmp_path / "work")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=run.ROOT, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("make gpu: torch ")
    assert done.stderr.count("\n") == 1
    assert not any(tmp_path.iterdir())


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "NEEDED", ("torch", "no_such_module"))
    cause = run.obstacle()
    assert cause is not None
    assert "not installed: no_such_module" in cause


def test_every_scale_of_a_paper_suite_that_it_names_is_there() -> None:
    from inrbench.bench.config import suite

    for name in run.PAPERS:
        assert "gpu" in suite.load(name)[0].scales


def test_pieces_that_are_finished_are_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def fails_once(session: Session) -> int:
        calls.append("second")
        return int(calls.count("second") == 1)

    def passes(session: Session) -> int:
        calls.append("first")
        return 0

    monkeypatch.setattr(run, "PIECES", {"first": passes, "second": fails_once})
    folders = tmp_path / "out", tmp_path / "work"
    assert run.run_pieces(Session(*folders, 60), ["first", "second"]) == ({"first": 0, "second": 1}, None)
    assert run.run_pieces(Session(*folders, 60), ["first", "second"]) == ({"second": 0}, None)
    assert calls == ["first", "second", "second"]
    assert set(Session(*folders, 60).done) == {"first", "second"}


def test_the_time_limit_ends_what_runs(tmp_path: Path) -> None:
    session = Session(tmp_path / "out", tmp_path / "work", 2)
    with pytest.raises(NoTimeLeft):
        session.run([sys.executable, "-c", "import time; time.sleep(60)"])
    with pytest.raises(NoTimeLeft):  # and nothing else begins
        session.run([sys.executable, "-c", ""])


@pytest.mark.usefixtures("without_figures")
def test_the_results_of_a_suite_are_collected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(tmp_path / "out", tmp_path / "work", 100)
    assert session.run([*run.INRBENCH, "list", "suites"]) == 0
    lab = Lab(session.work / "results", "tiny")
    for method in ("relu", "siren"):
        lab.job(method)
    report.write(lab.store)
    assert list(run.collect(session)) == []
    assert set(pd.read_parquet(session.out / "runs.parquet")["method"]) == {"relu", "siren"}
    assert set(pd.read_parquet(session.out / "scores.parquet")["suite"]) == {"tiny"}
    assert "SIREN" in (session.out / "tables.md").read_text()
    with zipfile.ZipFile(session.out / "pages.zip") as archive:
        assert archive.namelist() == ["tiny.html"]
    assert len(list(session.out.iterdir())) <= 8
    monkeypatch.setattr(run, "LARGEST", 1000)
    (line,) = run.collect(session)
    assert "the page of tiny is left out" in line
