"""The report of results that come with inrbench."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from inrbench.bench.store import shipped
from tests.bench.command import Inrbench


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_where_the_user_has_no_results_the_report_is_of_those_that_came_with_inrbench(
    tiny: Path, inrbench: Inrbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert inrbench("run", tiny).returncode == 0
    for kind in ("runs", "scores"):
        shutil.copytree(tmp_path / "results/tiny" / kind, tmp_path / "package/tiny" / kind)
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "package")
    before = files(tmp_path / "package")

    own = inrbench("report", tiny)
    assert "came with inrbench" not in own.stderr

    other = inrbench("report", tiny, "--results", "elsewhere")
    assert other.returncode == 0, other.stderr
    assert "no results in elsewhere/tiny: the report is of those that came with inrbench" in other.stderr
    assert "reconstructions are not among them" in other.stderr
    assert (tmp_path / "elsewhere/tiny/report/index.html").is_file()
    assert other.stdout.replace("elsewhere", "results") == own.stdout
    assert files(tmp_path / "package") == before

    assert inrbench("report", tiny, "--results", "elsewhere", "--scale", "none").returncode == 2
    (tmp_path / "package/tiny/runs").rename(tmp_path / "package/tiny/gone")
    assert inrbench("report", tiny, "--results", "nowhere").returncode == 2


def test_a_damaged_file_of_the_package_stays_where_it_is(
    tiny: Path, inrbench: Inrbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = tmp_path / "package/tiny/runs"
    runs.mkdir(parents=True)
    (runs / "0123456789abcdef.parquet").write_bytes(b"no parquet")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "package")
    done = inrbench("report", tiny)
    assert done.returncode == 2
    assert "install inrbench again" in done.stderr
    assert [path.name for path in runs.iterdir()] == ["0123456789abcdef.parquet"]


def test_reference_comes_with_inrbench_and_its_scores_are_small() -> None:
    folder = shipped.FOLDER / "reference-small"
    stored = [*folder.glob("runs/*.parquet"), *folder.glob("scores/*.parquet")]
    assert {path.parent.name for path in stored} == {"runs", "scores"}
    assert sum(path.stat().st_size for path in stored) < 5e6
