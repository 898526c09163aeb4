"""A table as Markdown, LaTeX, CSV and HTML."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from html import escape

from report.labels import slug
from report.tables.build import Cell, Table

CLASSICAL = "classical"


# -- Markdown ----------------------------------------------------------------------------------------------------------


def markdown(table: Table) -> str:
    """Aligned, so that it also reads well in a terminal."""
    rows = [[_md(cell) for cell in row] for row in table.rows]
    if table.classical:
        rows.append([f"*{CLASSICAL}*", *[""] * (len(table.columns) - 1)])
        rows += [[_md(cell) for cell in row] for row in table.classical]
    head = [_md(Cell(name)) for name in table.columns]
    widths = [max(3, *(_width(row[column]) for row in [head, *rows])) for column in range(len(head))]
    rule = [":" + "-" * (width - 1) if not index else "-" * (width - 1) + ":" for index, width in enumerate(widths)]
    lines = [f"### {table.title}", "", *(_line(row, widths) for row in [head, rule, *rows]), ""]
    lines += [f"- {_md(Cell(note))}" for note in table.notes] + ([""] if table.notes else [])
    return "\n".join([*lines, _md(Cell(table.caption)), ""])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    pads = [" " * (width - _width(text)) for text, width in zip(row, widths, strict=True)]
    cells = [text + pad if not index else pad + text for index, (text, pad) in enumerate(zip(row, pads, strict=True))]
    return f"| {' | '.join(cells)} |"


def _width(text: str) -> int:
    """Columns in a terminal: wide East Asian characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _md(cell: Cell) -> str:
    # As little as needed, for it is read in terminals too: an underscore within a word or a lone < starts nothing.
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
    "₀": r"$_0$",
    "σ": r"$\sigma$",
    "ω": r"$\omega$",
    "β": r"$\beta$",
    "π": r"$\pi$",
    "√": r"$\surd$",
    "²": r"\textsuperscript{2}",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "✓": r"$\checkmark$",
}


def tex(text: str) -> str:
    """Escaped for LaTeX, on one line."""
    return "".join(_TEX.get(char, char) for char in " ".join(text.split()))


def latex(table: Table, suite: str) -> str:
    """A ``table*`` with booktabs rules; ``\\usepackage{booktabs}`` is all it needs."""
    columns = len(table.columns)
    body = [rf"{_tex_row([Cell(name) for name in table.columns])}", r"\midrule"]
    body += [_tex_row(row) for row in table.rows]
    if table.classical:
        rule = [r"\midrule"] if table.rows else []
        body += [*rule, rf"\multicolumn{{{columns}}}{{@{{}}l}}{{\emph{{{CLASSICAL}}}}} \\"]
        body += [_tex_row(row) for row in table.classical]
    best = table.emphasis * bool(table.rows)
    words = " ".join([table.caption, best, *(f"{note.rstrip('.')}." for note in table.notes)])
    lines = [
        r"% needs \usepackage{booktabs}",
        r"\begin{table*}",
        r"  \centering",
        r"  \small",
        rf"  \caption{{\textbf{{{tex(table.title)}.}} {tex(words)}}}",
        rf"  \label{{tab:{slug(suite)}-{slug(table.task)}}}",
        rf"  \begin{{tabular}}{{@{{}}l{'r' * (columns - 1)}@{{}}}}",
        *(f"    {line}" for line in [r"\toprule", *body, r"\bottomrule"]),
        r"  \end{tabular}",
        r"\end{table*}",
        "",
    ]
    return "\n".join(lines)


def _tex_row(row: Sequence[Cell]) -> str:
    # \boldmath, because \textbf leaves the ± sign, which is set in mathematics, thin.
    cells = [rf"\textbf{{\boldmath {tex(cell.text)}}}" if cell.bold else tex(cell.text) for cell in row]
    if cells[0].startswith(("[", "*")):  # the \\ of the row above would take it for its own argument
        cells[0] = "{}" + cells[0]
    return " & ".join(cells) + r" \\"


# -- CSV ---------------------------------------------------------------------------------------------------------------


def raw(table: Table) -> str:
    """CSV: one row a method, every number with all its digits, empty where there is none."""
    names = list(dict.fromkeys(name for record in table.records for name in record))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table.records)
    return buffer.getvalue()


# -- HTML --------------------------------------------------------------------------------------------------------------


def html(table: Table) -> str:
    """The table element, in a box that scrolls sideways on a narrow screen."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
    groups = [f"<tbody>{''.join(_html_row(row) for row in table.rows)}</tbody>"] if table.rows else []
    if table.classical:
        rows = "".join(_html_row(row) for row in table.classical)
        name = f'<tr class="group"><th scope="rowgroup" colspan="{len(table.columns)}">{CLASSICAL}</th></tr>'
        groups.append(f'<tbody class="classical">{name}{rows}</tbody>')
    label = escape(f"Results of {table.title}", quote=True)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{label}"><table>'
        f"<thead><tr>{head}</tr></thead>{''.join(groups)}</table></div>"
    )


def _html_row(row: Sequence[Cell]) -> str:
    texts = [f"<b>{escape(cell.text)}</b>" if cell.bold else escape(cell.text) for cell in row]
    return f'<tr><th scope="row">{texts[0]}</th>{"".join(f"<td>{text}</td>" for text in texts[1:])}</tr>'
