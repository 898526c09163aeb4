"""Markdown of the galleries: cards, sections, tables."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence


def cell(text: str) -> str:
    """Text for one cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are Markdown, and `cell` is for text that may contain a bar."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def card(label: str, anchor: str, picture: str) -> str:
    """A link to a section of the page, with its picture where there is one."""
    shown = f"![{label}]({picture})" if picture else '<span class="no-curve">no curve</span>'
    return f"[{shown}<span>{label}</span>](#{anchor})"


def section(label: str, anchor: str, picture: str, facts: Mapping[str, str], parameters: str, docstring: str) -> str:
    """One entry of a gallery: picture, facts (empty ones are left out), parameters, and the docstring to unfold."""
    listed = "".join(f"- **{name}:** {text}\n" for name, text in facts.items() if text)
    quoted = textwrap.indent(docstring, "    ")
    return f'## {label} {{ #{anchor} }}\n\n{picture}\n{listed}\n{parameters}\n??? quote "Docstring"\n\n{quoted}\n'
