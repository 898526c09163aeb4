"""The table of methods by tasks."""

from __future__ import annotations

from inrbench.report.data.load import load
from inrbench.report.data.matrix import matrix
from inrbench.report.tables.formats import comma_separated, latex, markdown
from inrbench.report.tables.overview import tables
from tests.report.laboratory import Lab


def filled(lab: Lab) -> None:
    for task in ("image", "ct"):
        lab.job("siren", 33.0, task=task)
        lab.job("relu", 21.0 if task == "image" else 35.0, task=task)
        lab.job("tv", 40.0, task=task, kind="baseline")
    lab.job("wire", status="diverged")


def test_networks_come_first_and_the_best_of_them_is_bold_in_each_task(lab: Lab) -> None:
    filled(lab)
    (table,) = tables(matrix(load(lab.store)))
    order = [column.partition(":")[0] for column in table.columns[1:3]]
    rows = {row[0].text: dict(zip(order, row[1:3], strict=True)) for row in table.rows}
    assert {name: cells["ct"].text for name, cells in rows.items()} == {"SIREN": "33.00", "relu": "35.00", "wire": "—"}
    assert {name: cells["image"].text for name, cells in rows.items()}["wire"] == "failed"
    bold = {(name, task) for name, cells in rows.items() for task, cell in cells.items() if cell.bold}
    assert bold == {("SIREN", "image"), ("relu", "ct")}
    assert [row[0].text for row in table.classical] == ["TV"]
    assert not any(cell.bold for row in table.classical for cell in row)


def test_every_format_has_the_values(lab: Lab) -> None:
    filled(lab)
    (table,) = tables(matrix(load(lab.store)))
    assert "33.00" in markdown(table)
    assert r"\textbf{\boldmath 33.00}" in latex(table, "made-up")
    assert "33.0" in comma_separated(table)


def test_one_task_has_a_table_of_its_own_and_no_overview(lab: Lab) -> None:
    lab.job("siren", 33.0)
    assert tables(matrix(load(lab.store))) == []
