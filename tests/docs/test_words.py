"""Idioms that native speakers stumble over are neither in the documentation nor in docstrings and messages.

The list is short on purpose: each pattern was wrong wherever it occurred. Pages are read without code and tables of
results; of Python files the strings are read, docstrings among them; suites are read whole.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

IDIOMS: dict[str, str] = {
    r"\bstands? (?:beside|below|above|behind|there|here|in(?! for)|at|on|with)\b": "is, are",
    r"\bin place of\b|\bin (?:its|their) (?:place|stead)\b": "instead of",
    r"\banew\b": "again, new",
    r"\b(?:no|some)body\b": "no one, others, or name the person",
    r"\b(?:be|are|is) told (?:from|apart)\b|\bcannot be told\b|\bcan tell from\b": "distinguished, separated",
    r"\bto be had\b": "available",
    r"\bthe like\b": "similar, about",
    r"\bone's own\b": "your",
    r"\b(?:suite|file|activation|task|signal|thread|machine|network)s? of (?:yours|ours|theirs)\b": "your, our, their",
    r"\bso many\b": "that many, this number of",
    r"\bmeanwhile\b": "during the run, at the same time",
    r"\bthere(?:by|of)\b|\bwhere(?:in|of)\b": "two sentences",
    r"\bheld against\b": "compared with",
    r"\bis (?:a|no) matter\b": "affects, depends on",
    r"\band all else\b": "and everything else",
    r"\ball the same\b": "anyway, still",
    r"\bmore is better\b": "higher is better",
    r"\bone [a-z-]+ an? (?:job|run|step|layer|unit|file|device|machine|core|score|method|task|point|signal)\b": "per",
    r"\b(?:is|are) looked at\b|\bwithout a look\b": "checked, looking at",
    r"\bgo(?:es)? before (?:it|this|these|those|that)\b": "overrides",
    r"\bof (?:itself|themselves) and of\b|\bsays? of (?:itself|its)\b": "declares, says about",
    r"\bis none of (?:its|the)\b": "is not one of",
    r"\b(?:is|are) no (?:array|device|key|mesh|picture|volume)\b": "is not a",
    r"\bmend (?:it|its|that|the)\b": "fix",
}
"""Pattern -> what to write instead."""

COMPILED = {re.compile(pattern, re.IGNORECASE): better for pattern, better in IDIOMS.items()}

NOT_PROSE = re.compile(r"^(```|~~~).*?^\1|<!-- table: .*?<!-- end of table -->|`[^`\n]+`", re.DOTALL | re.MULTILINE)

PAGES = [
    *ROOT.glob("*.md"),
    ROOT / "results/README.md",
    ROOT / "docs/gallery/README.md",
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "docs").glob("[!rg]*/*.md"),
    *(ROOT / "docs/reference").glob("*.md"),
]
SOURCES = [
    *(path for folder in ("activations", "bench", "report", "tasks") for path in (ROOT / folder).rglob("*.py")),
    ROOT / "inrbench" / "__init__.py",
    *(ROOT / "docs").glob("*/*.py"),
]


def stumbles(text: str) -> Iterator[tuple[int, str]]:
    """The line of each idiom in a text, from 0, and what is wrong."""
    for pattern, better in COMPILED.items():
        for found in pattern.finditer(text):
            yield text[: found.start()].count("\n"), f"{' '.join(found[0].split())!r}: write {better}"


def prose(markdown: str) -> str:
    """A page with blanks instead of code and tables of results; lines keep their numbers."""
    return NOT_PROSE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), markdown)


def strings(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of the strings of a module; parts of f-strings too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


@pytest.mark.parametrize("page", [path for path in PAGES if path.name != "CHANGELOG.md"], ids=lambda path: path.stem)
def test_pages_read_well(page: Path) -> None:
    text = prose(page.read_text())
    assert [f"{page.relative_to(ROOT)}:{line + 1}: {wrong}" for line, wrong in sorted(stumbles(text))] == []


def test_docstrings_and_messages_read_well() -> None:
    assert [
        f"{path.relative_to(ROOT)}:{start + line}: {wrong}"
        for path in SOURCES
        for start, text in strings(path.read_text())
        for line, wrong in stumbles(text)
    ] == []


def test_suites_read_well() -> None:
    assert [
        f"{path.relative_to(ROOT)}:{line + 1}: {wrong}"
        for path in (ROOT / "bench/suites").glob("*.yaml")
        if not path.name.endswith(".lock.yaml")  # written by `inrbench tune`
        for line, wrong in stumbles(path.read_text())
    ] == []


def test_an_idiom_is_found_in_prose_and_in_strings_and_code_is_left_alone() -> None:
    page = "A look\nat `anew`.\n```\nanew\n```\nIt runs anew.\n"
    assert [*stumbles(prose(page))] == [(5, "'anew': write again, new")]
    module = 'def f(x):\n    """It\n    runs anew."""\n    anew = f"{x} cannot be told"\n'
    lines = [start + line for start, text in strings(module) for line, _ in stumbles(text)]
    assert sorted(lines) == [3, 4]
