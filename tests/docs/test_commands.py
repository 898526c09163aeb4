"""Command lines in the documentation: each can be parsed, and those on shipped suites can be laid out as jobs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from inrbench.bench import arguments
from inrbench.bench.cli import parser
from inrbench.bench.config import suite
from inrbench.bench.errors import BadInput
from inrbench.bench.workspace import Workspace

ROOT = Path(__file__).parents[2]
PAGES = [
    *(path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"),
    *ROOT.glob("docs/*.md"),
    *(path for path in ROOT.glob("docs/*/*.md") if path.parent.name not in ("gallery", "generated")),
]
YOURS = re.compile(r"\w\.(?:png|dcm|yaml|py)\b|coded-aperture|soft-sine|morlet|\bNAME\b")
"""Files and plugins that the reader of a page has written."""


def commands(page: Path) -> list[str]:
    """The command lines of a page, in blocks and in the text, without placeholders."""
    text = page.read_text()
    code = "\n".join([*re.findall(r"```.*?```", text, re.DOTALL), *re.findall(r"^    .*$", text, re.MULTILINE)])
    blocks = re.findall(r"^ *(?:\.venv/bin/)?(inrbench [a-z].*)$", code, re.MULTILINE)
    inline = [" ".join(found.split()) for found in re.findall(r"`(inrbench [a-z]\S*\s(?!-)[^`]*)`", text)]
    return [line for line in dict.fromkeys([*blocks, *inline]) if not re.search(r"[…|`]|--help|COMMAND", line)]


LINES = sorted({line for page in PAGES for line in commands(page)})
PARSER = parser()


def words(line: str) -> list[str]:
    """The arguments of a command line, up to what follows it in the shell."""
    found = shlex.split(line, comments=True)[1:]
    return found[: found.index(">")] if ">" in found else found


@pytest.mark.parametrize("line", LINES)
def test_a_command_line_can_be_parsed(line: str) -> None:
    PARSER.parse_args(words(line))


def _of_shipped_suite(line: str) -> arguments.SuiteArgs | None:
    try:
        options = PARSER.parse_args(words(line))
    except BadInput:  # which the other test reports
        return None
    kind = arguments.COMMANDS[options.command]
    if not issubclass(kind, arguments.SuiteArgs) or options.suite not in suite.shipped() or YOURS.search(line):
        return None
    if not (options.overrides or options.activations or options.tasks or options.scale):
        return None  # the suite alone has tests of its own
    return kind.parsed(options)


@pytest.mark.parametrize("line", [line for line in LINES if _of_shipped_suite(line)])
def test_a_command_line_on_a_shipped_suite_gives_jobs(line: str) -> None:
    options = _of_shipped_suite(line)
    assert options is not None
    assert Workspace.of(options, searches=isinstance(options, arguments.TuneArgs)).jobs
