"""What a run ends with: one table of methods by tasks, fitted to the terminal, and a sentence for each task."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from inrbench.bench.summary import Summary, SummaryCell

WIDEST = 160
"""Columns in characters where there is no terminal and ``COLUMNS`` is not set."""
DASH = "—"
"""The text of a cell without a value."""
GAP = 2
"""Spaces between two columns."""


def show(summary: Summary, console: Console | None = None) -> None:
    """Print a summary; a table that is wider than the console is continued below."""
    console = console or Console(width=None if os.isatty(1) else int(os.environ.get("COLUMNS") or WIDEST))
    for columns in _fitting(summary, console.width):
        console.print(_table(summary, columns))
        console.print()
    for line in [*summary.notes, *summary.verdicts]:
        console.print(Text(line))


def _fitting(summary: Summary, width: int) -> Iterator[list[int]]:
    """Indices of columns that fit side by side, the first one, with the methods, always among them."""
    widths = [_width(summary, index) for index in range(len(summary.columns))]
    chosen, used = [0], widths[0]
    for index, wide in enumerate(widths[1:], 1):
        if len(chosen) > 1 and used + GAP + wide > width:
            yield chosen
            chosen, used = [0], widths[0]
        chosen.append(index)
        used += GAP + wide
    yield chosen


def _width(summary: Summary, index: int) -> int:
    texts = [row[index].text for row in (*summary.rows, *summary.classical)]
    return max(Text(line).cell_len for line in (*_head(summary.columns[index]).split("\n"), *texts))


def _head(column: str) -> str:
    """A heading on two lines: the task and its metric."""
    return column.replace(": ", "\n", 1)


def _table(summary: Summary, columns: Sequence[int]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for index in columns:
        table.add_column(Text(_head(summary.columns[index])), justify="right" if index else "left", no_wrap=True)
    for row in summary.rows:
        table.add_row(*(_cell(row[index]) for index in columns))
    for row in summary.classical:
        if any(row[index].text != DASH for index in columns[1:]):
            table.add_row(*(Text(row[index].text, style="italic cyan") for index in columns))
    return table


def _cell(cell: SummaryCell) -> Text:
    return Text(cell.text, style="bold green" if cell.bold else "red" if cell.text == "failed" else "")
