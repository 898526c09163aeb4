"""The table of good ranges: values, open ends, failures, and its place on the page."""

from __future__ import annotations

import pytest

from inrbench import report
from inrbench.report.data.load import load
from inrbench.report.tables.sweeps import tables
from tests.report.laboratory import Lab


@pytest.mark.usefixtures("without_figures")
def test_a_sweep_has_a_row_with_its_good_range(lab: Lab) -> None:
    for value, level in ((10, 28.0), (20, 30.0), (40, 28.0)):
        lab.job(f"siren[omega0={value}]", level, label=f"SIREN[omega0={value}]")
        lab.job(f"gauss[scale={value}]", 20 + value / 40, label=f"Gauss[scale={value}]")
    lab.job("siren[omega0=80]", label="SIREN[omega0=80]", status="diverged")
    (table,) = tables(load(lab.store))
    assert (table.task, table.title) == ("sweep-image", "Sensitivity: image")
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["SIREN", "ω₀", "20", "30.00", "14.1", "28.3", "1.0", "2.0"],
        ["Gauss", "scale", "40", "21.00", "≤ 10", "≥ 40", "≥ 2.0", "≥ 4.0"],
    ]
    assert table.notes == ("SIREN: a run failed at ω₀ 80.",)
    assert [record["open_low"] for record in table.records] == [False, True]
    written = report.write(lab.store)
    page = written.index.read_text()
    assert page.count("<h3>Sensitivity: image</h3>") == 1
    assert (written.folder / "tables" / "sweep-image.csv").is_file()


def test_a_number_of_octaves_has_no_factor(lab: Lab) -> None:
    for value, level in ((2, 29.5), (4, 30.0), (6, 28.0)):
        lab.job(f"relu-pe[levels={value}]", level, label=f"ReLU+PE[levels={value}]")
    (table,) = tables(load(lab.store))
    assert [cell.text for cell in table.rows[0]][4:] == ["≤ 2", "5", "≥ 3.0", "—"]
    assert "over the logarithm of the setting (of levels itself)" in table.caption


def test_methods_without_a_sweep_have_no_table(lab: Lab) -> None:
    lab.job("siren")
    lab.job("gauss[scale=1]")
    assert tables(load(lab.store)) == []
