"""Writers of a table as Markdown, LaTeX and CSV; `inrbench.report.page` has the one for HTML."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace

from inrbench.report.labels import slug
from inrbench.report.tables.table import Cell, Table

CLASSICAL = "classical"


# -- Markdown ----------------------------------------------------------------------------------------------------------


def markdown(table: Table) -> str:
    """A table as Markdown with aligned columns, which is also readable in a terminal."""
    rows = [[_md(cell) for cell in row] for row in table.rows]
    if table.classical:
        rows.append([f"*{CLASSICAL}*", *[""] * (len(table.columns) - 1)])
        rows += [[_md(cell) for cell in row] for row in table.classical]
    head = [_md(Cell(name)) for name in table.columns]
    widths = [max(3, *(_width(row[column]) for row in [head, *rows])) for column in range(len(head))]
    dashes = ["-" * (width - 1) for width in widths]
    rule = [f":{dash}" if index in table.words else f"{dash}:" for index, dash in enumerate(dashes)]
    lines = [f"### {table.title}", "", *(_line(row, widths, table.words) for row in [head, rule, *rows]), ""]
    lines += [f"- {_md(Cell(note))}" for note in table.notes] + ([""] if table.notes else [])
    return "\n".join([*lines, _md(Cell(table.caption)), ""])


def _line(row: Sequence[str], widths: Sequence[int], words: Collection[int]) -> str:
    pads = [" " * (width - _width(text)) for text, width in zip(row, widths, strict=True)]
    padded = enumerate(zip(row, pads, strict=True))
    cells = [text + pad if index in words else pad + text for index, (text, pad) in padded]
    return f"| {' | '.join(cells)} |"


def _width(text: str) -> int:
    """The number of columns in a terminal: wide East Asian characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _md(cell: Cell) -> str:
    # No more than needed, as terminals show it too: an underscore within a word or a lone < has no meaning.
    text = re.sub(r"[\\|*`]|(?<!\w)_|_(?!\w)|<(?=[A-Za-z/!?])", r"\\\g<0>", " ".join(cell.text.split()))
    return f"**{text}**" if cell.bold else text


# -- LaTeX -------------------------------------------------------------------------------------------------------------

_TEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "−": r"$-$",
    "—": "---",
    "–": "--",
    "…": r"\ldots{}",
    "†": r"\textdagger{}",
    "‡": r"\textdaggerdbl{}",
    "§": r"\S{}",
    "¶": r"\P{}",
    "‖": r"$\|$",
    "°": r"\textdegree{}",
    "√": r"$\surd$",
    "²": r"\textsuperscript{2}",
    "≤": r"$\leq$",
    "≈": r"$\approx$",
    "→": r"$\rightarrow$",
    "’": "'",
    "≥": r"$\geq$",
    "✓": r"$\checkmark$",
}
_GREEK = (
    "α alpha β beta γ gamma δ delta ε varepsilon ζ zeta η eta θ theta ι iota κ kappa λ lambda μ mu ν nu ξ xi π pi "
    "ρ rho σ sigma τ tau υ upsilon φ varphi χ chi ψ psi ω omega Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi Π Pi Σ Sigma "
    "Φ Phi Ψ Psi Ω Omega"
)
_TEX |= {letter: rf"$\{name}$" for letter, name in re.findall(r"(\S) (\w+)", _GREEK)}
_TEX |= {digit: f"$_{number}$" for number, digit in enumerate("₀₁₂₃₄₅₆₇₈₉")}


def tex(text: str) -> str:
    """Text escaped for LaTeX, on one line; a question mark for a character that T1 fonts lack."""
    return "".join(_TEX.get(char) or _plain(char) for char in " ".join(text.split()))


def _plain(char: str) -> str:
    """A character as T1 fonts have it: itself if it is ASCII or a Latin letter, else what it is composed of."""
    if char.isascii() or (char.isalpha() and "LATIN" in unicodedata.name(char, "") and ord(char) < 0x180):
        return char
    return "".join(part for part in unicodedata.normalize("NFKD", char) if part.isascii()) or "?"


def select(table: Table, names: Collection[str]) -> Table:
    """A table with its first column and those of these headings, without the notes of marks that are gone.

    A table that has none of the columns stays whole.
    """
    indices = [0, *(index for index, name in enumerate(table.columns) if index and name in names)]
    if len(indices) == 1:
        return table

    def cut(rows: Sequence[Sequence[Cell]]) -> tuple[tuple[Cell, ...], ...]:
        return tuple(tuple(row[index] for index in indices) for row in rows)

    rows, classical = cut(table.rows), cut(table.classical)
    text = " ".join(cell.text for row in rows + classical for cell in row)
    notes = tuple(note for note in table.notes if _mark(note) in text)
    columns = tuple(table.columns[index] for index in indices)
    return replace(table, columns=columns, rows=rows, classical=classical, notes=notes)


MARKS = "†‡§¶‖≈"
"""Marks of cells, with which the notes on them begin."""


def _mark(note: str) -> str:
    """The mark with which a note begins, one of `MARKS` or a letter in brackets; empty for none."""
    letter = re.match(r"\[\w+\]", note)
    return letter[0] if letter else note[:1] if note[:1] in MARKS else ""


def latex(table: Table, suite: str, names: Collection[str] = ()) -> str:
    """A table as LaTeX: a ``table*`` with booktabs rules.

    It needs the packages ``booktabs`` and ``amssymb``, and T1 fonts.

    Args:
        names: the headings of the columns to keep, see `select`; all by default.
    """
    table = select(table, names)
    columns = len(table.columns)
    sides = "".join("l" if index in table.words else "r" for index in range(columns))
    body = [rf"{_tex_row([Cell(name) for name in table.columns])}", r"\midrule"]
    body += [_tex_row(row) for row in table.rows]
    if table.classical:
        rule = [r"\midrule"] if table.rows else []
        body += [*rule, rf"\multicolumn{{{columns}}}{{@{{}}l}}{{\emph{{{CLASSICAL}}}}} \\"]
        body += [_tex_row(row) for row in table.classical]
    emphasis = table.emphasis * bool(table.rows)
    caption = " ".join([table.caption, emphasis, *(f"{note.rstrip('.')}." for note in table.notes)])
    lines = [
        r"% needs \usepackage[T1]{fontenc}, \usepackage{booktabs} and \usepackage{amssymb}",
        r"\begin{table*}",
        r"  \centering",
        r"  \small",
        rf"  \caption{{\textbf{{{tex(table.title)}.}} {tex(caption)}}}",
        rf"  \label{{tab:{slug(suite)}-{slug(table.task)}}}",
        rf"  \begin{{tabular}}{{@{{}}{sides}@{{}}}}",
        *(f"    {line}" for line in [r"\toprule", *body, r"\bottomrule"]),
        r"  \end{tabular}",
        r"\end{table*}",
        "",
    ]
    return "\n".join(lines)


def _tex_row(row: Sequence[Cell]) -> str:
    # \boldmath, because \textbf leaves the ± sign, which is set in mathematics, thin.
    cells = [rf"\textbf{{\boldmath {tex(cell.text)}}}" if cell.bold else tex(cell.text) for cell in row]
    if cells[0].startswith(("[", "*")):  # else an argument of the \\ of the row above
        cells[0] = "{}" + cells[0]
    return " & ".join(cells) + r" \\"


# -- CSV ---------------------------------------------------------------------------------------------------------------


def comma_separated(table: Table) -> str:
    """A table as CSV: one row for each method, numbers with all digits, empty where there is none."""
    names = list(dict.fromkeys(name for record in table.records for name in record))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table.records)
    return buffer.getvalue()
