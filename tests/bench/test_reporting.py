"""A report is written again exactly if what it shows has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from inrbench import report
from inrbench.bench import reporting
from inrbench.bench.config import expand, suite
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.store.store import Store
from inrbench.report.tables.table import Cell, Table
from tests.report.laboratory import Lab


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The arguments of each call of `report.write`, which writes next to nothing here."""
    calls: list[Any] = []

    def write(store: Store, *arguments: Any) -> report.Report:
        calls.append(arguments)
        store.report.mkdir(exist_ok=True)
        (store.report / "index.html").write_text(f"report {len(calls)}")
        number = len(calls)
        rows = ((Cell("SIREN"), Cell("9.5", True)),)
        table = Table("overview", "", ("method", "image: PSNR (dB)"), rows, (), (), "", ())
        page = store.report / "index.html"
        return report.Report(store.report, page, [f"table {number}"], table, [f"verdict {number}"])

    monkeypatch.setattr(report, "write", write)
    return calls


def test_a_report_is_written_again_if_anything_that_it_shows_has_changed(
    tiny: Path, tmp_path: Path, writes: list[Any]
) -> None:
    lab = Lab(tmp_path, "tiny")
    first = lab.job("siren")
    plugins = Plugins()

    def jobs(*changes: str) -> list[Any]:
        chosen, where = suite.load(str(tiny), changes)
        return expand.declarations(chosen, plugins, where)

    def write(*changes: str, **about: Any) -> str:
        written = reporting.write(lab.store, jobs(*changes), about, again=False)
        (table,) = written.tables
        assert written.page.read_text().endswith(table[-1])
        assert written.summary.verdicts == [f"verdict {table[-1]}"]
        assert written.summary.rows == [[("SIREN", False), ("9.5", True)]]
        return table

    assert write() == write() == "table 1"
    assert write("activations.siren.label=Sinus") == "table 2"
    assert write("activations.siren.label=Sinus", description="Sines") == "table 3"
    (lab.store.report / "index.html").write_text("something else")
    assert write("activations.siren.label=Sinus", description="Sines") == "table 4"
    lab.job("relu")
    assert write() == write() == "table 5"
    lab.store.run_file(first).unlink()
    assert write() == "table 6"
    assert reporting.write(lab.store, jobs(), {}).tables == ["table 7"]  # asked for
    assert len(writes) == 7
