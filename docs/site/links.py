"""Links of Markdown files: those that lead nowhere, and those of a page that stands elsewhere on the site."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

_CODE = re.compile(r"^(```|~~~).*?^\1|``.*?``|`[^`\n]*`|<!--.*?-->", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<=\]\()(?P<to>[^()\s]+)(?=(?:\s+\"[^\"]*\")?\))|^\[[^\]]+\]:\s+(?P<defined>\S+)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(.*?)(?:\s+#+)?\s*$", re.MULTILINE)
_ANCHOR = re.compile(r"(?:\bid|\bname)=[\"']([^\"']+)[\"']")


def broken(root: Path, files: list[Path]) -> list[str]:
    """One line for each relative link of some Markdown files that names no file or no heading below ``root``."""
    return [
        f"{file.relative_to(root)}: {target} ({cause})"
        for file in files
        for target in links(file.read_text())
        if (cause := _cause(root, file, target))
    ]


def links(text: str) -> Iterator[str]:
    """The relative targets of links and pictures, outside of code; those within the page begin with ``#``."""
    for match in _LINK.finditer(_without_code(text)):
        target = match["to"] or match["defined"]
        if not re.match(r"[a-z][a-z+.-]*:|//", target):
            yield target


def anchors(text: str) -> set[str]:
    """The anchors of a page: its headings as GitHub names them (the second of one name ends in ``-1``), and its ids."""
    counts: dict[str, int] = {}
    plain = re.sub(r"^(```|~~~).*?^\1", "", text, flags=re.DOTALL | re.MULTILINE)
    for heading in _HEADING.findall(plain):
        slug = _slug(heading)
        counts[slug] = counts.get(slug, -1) + 1
    repeated = {f"{slug}-{number}" for slug, last in counts.items() for number in range(1, last + 1)}
    return {*counts, *repeated, *_ANCHOR.findall(plain)}


def relocated(text: str, source: str, page: str, moved: Mapping[str, str]) -> str:
    """A page with links that hold at its place on the site.

    Args:
        text: Markdown.
        source: the path of the file below the root of the repository.
        page: its path on the site.
        moved: path below the root -> path on the site, for files outside of ``docs``, which is the root of the site.
    """
    code = [match.span() for match in _CODE.finditer(text)]

    def replaced(match: re.Match[str]) -> str:
        target = match["to"]
        if not target or ":" in target or target.startswith("#") or any(a <= match.start() < b for a, b in code):
            return match[0]
        path, _, anchor = target.partition("#")
        origin = os.path.normpath(PurePosixPath(source).parent / path)
        place = moved.get(origin, origin.removeprefix("docs/"))
        return os.path.relpath(place, PurePosixPath(page).parent) + (f"#{anchor}" if anchor else "")

    return _LINK.sub(replaced, text)


def _cause(root: Path, file: Path, target: str) -> str:
    path, _, anchor = target.partition("#")
    place = (file.parent / path).resolve() if path else file
    if not place.is_relative_to(root.resolve()) or not place.exists():
        return "no such file"
    if anchor and place.suffix == ".md" and anchor not in anchors(place.read_text()):
        return "no such heading"
    return ""


def _slug(heading: str) -> str:
    """A heading as GitHub's anchor: lower case, spaces as dashes, no punctuation and no markup."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    text = unicodedata.normalize("NFC", text).strip().lower()
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", text))


def _without_code(text: str) -> str:
    return _CODE.sub("", text)
