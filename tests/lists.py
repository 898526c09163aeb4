"""Lists of plugins in README and docs, written from the registry between markers: ``python -m tests.lists``.

A marker ``<!-- list: KIND FORM -->`` begins a list, ``<!-- end of list -->`` ends it. KIND is activations, tasks or
suites; FORM is names or table.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

from bench.config import suite
from bench.config.declared import listed

ROOT = Path(__file__).parents[1]
FILES = ("README.md", "docs/plugins.md")
MARKED = re.compile(r"(<!-- list: (\w+) (\w+) -->\n)(.*?)(<!-- end of list -->)", re.DOTALL)


def written(text: str) -> str:
    """The text of a file with its lists as the registry has them now."""
    return MARKED.sub(lambda found: found[1] + _FORMS[found[3]](found[2]) + found[5], text)


def _rows(kind: str) -> list[dict[str, Any]]:
    if kind == "suites":
        return [{"name": name, "about": " ".join(suite.load(name)[0].description.split())} for name in suite.shipped()]
    return listed(kind, [])


def _names(kind: str) -> str:
    return textwrap.fill(", ".join(f"`{row['name']}`" for row in _rows(kind)), 120, break_on_hyphens=False) + "\n"


def _table(kind: str) -> str:
    rows = [_cells(row) for row in _rows(kind)]
    names = ["name", "label", "parameters", "about"] if len(rows[0]) > 2 else ["name", "about"]
    lines = [names, ["---"] * len(names), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _cells(row: dict[str, Any]) -> list[str]:
    if "params" not in row:
        return [f"`{row['name']}`", row["about"]]
    params = [name if value is None else f"{name}={value}" for name, value in row["params"].items()]
    return [f"`{row['name']}`", row["label"], ", ".join(f"`{param}`" for param in params), row["about"]]


_FORMS = {"names": _names, "table": _table}


if __name__ == "__main__":
    for name in FILES:
        path = ROOT / name
        path.write_text(written(path.read_text()))
