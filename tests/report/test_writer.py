"""The writer: files of a report, equal bytes for equal results, old files removed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from inrbench import report
from inrbench.bench.store.store import Store
from tests.report.laboratory import Lab


def test_importing_the_report_imports_no_torch() -> None:
    code = "import sys, report; print([name for name in ('torch', 'tasks', 'activations') if name in sys.modules])"
    root = Path(report.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"


def test_each_figure_is_stored_as_png_and_pdf(written: report.Report) -> None:
    names = {path.name for path in (written.folder / "figures").iterdir()}
    wanted = {"overview", "activations", "convergence-image", "convergence-superres", "convergence-audio"}
    wanted |= {"cost-image", "cost-superres"}
    wanted |= {"reconstructions-image-camera", "reconstructions-superres-camera", "reconstructions-audio-bach"}
    assert names == {f"{name}.{kind}" for name in wanted for kind in ("png", "pdf")}


def test_tables_are_returned_for_the_terminal(written: report.Report) -> None:
    assert len(written.tables) == 7
    assert written.tables[6].startswith("### Final value and time to a level")
    assert written.tables[2] == (written.folder / "tables" / "image.md").read_text()
    assert {path.name for path in (written.folder / "tables").iterdir()} == {
        f"{task}.{kind}"
        for task in ("audio", "ct", "image", "superres", "overview", "winners", "time-to-level")
        for kind in ("md", "tex", "csv")
    }


def test_the_same_results_give_the_same_bytes(written: report.Report, tmp_path: Path) -> None:
    shutil.copytree(written.folder.parent, tmp_path / "made-up", ignore=shutil.ignore_patterns("report"))
    again = report.write(Store(tmp_path, "made-up"))
    first, second = files(written.folder), files(again.folder)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_files_of_an_earlier_report_are_removed(lab: Lab) -> None:
    job = lab.job("siren", task="old")
    report.write(lab.store)
    lab.store.run_file(job).unlink()
    lab.job("siren", task="new", curve={100: 30.0})
    again = report.write(lab.store)
    assert {path.stem for path in (again.folder / "tables").iterdir()} == {"new", "time-to-level"}
    assert not (again.folder / "figures" / "convergence-old.png").exists()


def test_failures_alone_make_a_page(lab: Lab) -> None:
    lab.job("siren", status="oom", error="out of memory")
    written = report.write(lab.store)
    assert "No job ended well" in written.index.read_text()
    assert "0/1" in written.tables[0]
    assert not (written.folder / "figures").exists()
