"""Lists of plugins and tables of results in the docs, written between markers: ``python -m tests.lists``.

A marker ``<!-- list: KIND FORM -->`` begins a list from the registry, ``<!-- end of list -->`` ends it. KIND is
activations, tasks, optimizers or suites, and FORM names or table; or KIND is a model of a suite file, and FORM
settings; or both are formats, the files that can be read; or they are suites and claims, what papers say that suites
reproduce. A marker ``<!-- table: SUITE NAME -->`` begins a table of the
report on the archive of a suite in docs/results, ``<!-- end of table -->`` ends it; ``KEY=VALUE`` after NAME is another
value of a setting.
"""

from __future__ import annotations

import functools
import itertools
import re
import textwrap
from pathlib import Path
from typing import Any

from docs.site import archive, settings
from inrbench.bench.config import suite
from inrbench.bench.console.listing import plugins_listed
from inrbench.report.data.leaderboard import leaderboard
from inrbench.report.labels import slug
from inrbench.report.tables.build import Table
from inrbench.report.tables.formats import latex, markdown
from inrbench.report.writer import tables_of
from inrbench.tasks.signals import formats

ROOT = Path(__file__).parents[1]
FILES = ("docs/plugins.md", "docs/suite-files.md", "docs/how-to/your-data.md")
RESULTS = ("docs/evidence/leaderboard.md", "docs/paper.md")
ARCHIVES = ("reference",)
"""Archives of shipped suites, whose tables stand beside them."""

TABLE = re.compile(r"(<!-- table: ([\w-]+) ([\w-]+)((?: \S+=\S+)*) -->\n)(.*?)(<!-- end of table -->)", re.DOTALL)
MARKED = re.compile(r"(<!-- list: (\w+) (\w+) -->\n)(.*?)(<!-- end of list -->)", re.DOTALL)


def written(text: str) -> str:
    """The text of a file with its lists as the registry has them now, and its tables as the archives have them."""
    text = MARKED.sub(lambda found: found[1] + _FORMS[found[3]](found[2]) + found[5], text)
    return TABLE.sub(lambda found: found[1] + archived(found[2], *found[4].split())[found[3]] + found[6], text)


def archived(name: str, *overrides: str) -> dict[str, str]:
    """The tables of the report on an archive, as Markdown without their headings."""
    return {slug(table.task): markdown(table).partition("\n\n")[2] for table in _tables_of(name, *overrides)}


def kept_tables(name: str) -> dict[str, str]:
    """The files of the tables that stand beside an archive, in Markdown and LaTeX."""
    files: dict[str, str] = {}
    for table in _tables_of(name):
        files |= {f"{slug(table.task)}.md": markdown(table), f"{slug(table.task)}.tex": latex(table, name)}
    return files


@functools.cache
def _tables_of(name: str, *overrides: str) -> list[Table]:
    found = archive.archived(name, *overrides)
    return list(itertools.chain(*tables_of(found, leaderboard(found))))


def _rows(kind: str) -> list[dict[str, Any]]:
    if kind == "suites":
        return [{"name": name, "about": " ".join(suite.load(name)[0].description.split())} for name in suite.shipped()]
    return plugins_listed(kind)


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


def _settings(kind: str) -> str:
    return settings.table(settings.MODELS[kind])


def _formats(_: str) -> str:
    lines = [["format", "suffixes", "becomes", "values without `range`", "needs"], ["---"] * 5]
    for row in formats.describe():
        suffixes = " ".join(f"`{suffix}`" for suffix in row["suffixes"].split())
        lines.append([row["name"], suffixes, row["signal"], row["values"], row["needs"] and f"`{row['needs']}`"])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _claims(_: str) -> str:
    lines = [["suite", "figure", "claim", "full size", "small scale"], ["---"] * 5]
    for name in suite.shipped():
        if claim := suite.load(name)[0].claim:
            texts = (claim.figure, claim.says, claim.full, claim.small)
            lines.append([f"`{name}`", *(" ".join(text.split()) for text in texts)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


_FORMS = {"names": _names, "table": _table, "settings": _settings, "formats": _formats, "claims": _claims}


if __name__ == "__main__":
    for name in (*FILES, *RESULTS):
        path = ROOT / name
        path.write_text(written(path.read_text()))
    for suite_name in ARCHIVES:
        folder = archive.RESULTS / suite_name / "tables"
        folder.mkdir(exist_ok=True)
        for file, content in kept_tables(suite_name).items():
            (folder / file).write_text(content)
