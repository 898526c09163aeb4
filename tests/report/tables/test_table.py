"""A table of columns: cells, headings and numbers come from one list."""

from __future__ import annotations

from inrbench.report.tables.table import Cell, Column, tabulate

COLUMNS: list[Column[int]] = [
    Column("method", lambda n: f"m{n}", lambda n: {"method": n}),
    Column("square", lambda n: Cell(str(n * n), bold=n == 3), lambda n: {"square": n * n, "root": n**0.5}, "n times n"),
    Column(values=lambda n: {"hidden": -n}),
]


def test_what_is_shown_and_what_is_stored_come_from_the_same_columns() -> None:
    table = tabulate("t", "T", COLUMNS, [3, 2], [1])
    assert table.columns == ("method", "square")
    assert table.captions == ("", "n times n")
    assert table.rows == ((Cell("m3"), Cell("9", bold=True)), (Cell("m2"), Cell("4")))
    assert table.classical == ((Cell("m1"), Cell("1")),)
    assert table.records[1] == {"method": 2, "square": 4, "root": 2**0.5, "hidden": -2}
    assert len(table.records) == 3


def test_columns_of_words_are_told_from_columns_of_numbers() -> None:
    words = tabulate("t", "T", [Column("a", str), Column("b", lambda n: "no"), Column("c", str)], [1, 2]).words
    assert words == {0, 1}
