"""Tables as plain cells, made of columns that each know their heading, their cells and the numbers behind these."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

BOLD = "Mean ± half-width of the 95 % interval; bold: the best mean."

T = TypeVar("T")


@dataclass(frozen=True)
class Cell:
    """One cell; ``bold`` marks the best value of a column.

    ``method`` is the label of the method of a row whose first cell has another text.
    """

    text: str
    bold: bool = False
    method: str = ""


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column of a table whose rows are made from objects of one type.

    Attributes:
        label: the heading; empty for a column of the CSV alone.
        text: the cell of a row.
        values: the numbers behind it, by their names in the CSV.
        caption: what the column has, for a reader who points at its heading.
    """

    label: str = ""
    text: Callable[[T], Cell | str] | None = None
    values: Callable[[T], Mapping[str, object]] | None = None
    caption: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        task: the suite's key of the task, or the name of a table over all tasks; names its files.
        title: the heading.
        columns: the headings, the method first.
        rows: one for each activation, best first.
        classical: one for each baseline.
        notes: the meaning of marks and the causes of failures, one sentence each.
        caption: signals, repeats, settings and device.
        records: the same as raw numbers, for CSV.
        emphasis: a sentence on the meaning of bold.
        captions: one for each column, empty for none.
    """

    task: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    classical: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...]
    caption: str
    records: tuple[dict[str, object], ...]
    emphasis: str = BOLD
    captions: tuple[str, ...] = ()

    @cached_property
    def words(self) -> frozenset[int]:
        """Indices of the columns of words, which are aligned left; numbers are aligned right."""

        def holds_words(index: int) -> bool:
            letters = "".join(row[index].text[:1] for row in (*self.rows, *self.classical))
            return index == 0 or (any(map(str.isalpha, letters)) and not any(map(str.isdigit, letters)))

        return frozenset(filter(holds_words, range(len(self.columns))))

    @cached_property
    def all_text(self) -> str:
        """The text of all cells, in which a note looks for its mark."""
        return " ".join(cell.text for row in self.rows + self.classical for cell in row)


def tabulate(
    task: str,
    title: str,
    columns: Sequence[Column[T]],
    rows: Sequence[T],
    classical: Sequence[T] = (),
    *,
    notes: Sequence[str] = (),
    caption: str = "",
    emphasis: str = BOLD,
) -> Table:
    """The table of some rows; see `Table` for the texts."""
    shown = [(column, column.text) for column in columns if column.text]

    def cells(row: T) -> tuple[Cell, ...]:
        return tuple(cell if isinstance(cell := text(row), Cell) else Cell(cell) for _, text in shown)

    def record(row: T) -> dict[str, object]:
        return {name: value for column in columns if column.values for name, value in column.values(row).items()}

    return Table(
        task,
        title,
        tuple(column.label for column, _ in shown),
        tuple(map(cells, rows)),
        tuple(map(cells, classical)),
        tuple(notes),
        caption,
        tuple(map(record, (*rows, *classical))),
        emphasis,
        tuple(column.caption for column, _ in shown),
    )
