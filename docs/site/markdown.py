"""Markdown of the references: tables, sections, cards of a gallery."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence


def cell(text: str) -> str:
    """Text for one cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def code_cell(text: str) -> str:
    """Code for one cell of a table; readers of Markdown differ on how a bar in it is to be escaped."""
    return f"<code>{html.escape(text).replace('|', '&#124;')}</code>" if "|" in text else f"`{text}`"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are Markdown, and `cell` is for text that may contain a bar."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def section(name: str, text: str, facts: Mapping[str, str], parameters: str) -> str:
    """One entry of a reference: its text, facts (empty ones are left out), parameters."""
    listed = "".join(f"- **{key}:** {value}".replace(" \n", "\n") + "\n" for key, value in facts.items() if value)
    apart = "<!-- -->\n\n" if text.rpartition("\n\n")[2].startswith("- ") else ""  # between two lists
    return f"\n## {name}\n\n{text}\n\n{apart}{listed}\n{parameters}"


def illustrated(page: str, pictures: Mapping[str, tuple[str, str]], *, wide: bool) -> str:
    """A reference with the picture of each entry below its heading, and all of them as links at its first section.

    Args:
        page: Markdown, in which the heading of an entry is its name.
        pictures: name -> the picture's path, and the caption below it (may be empty).
        wide: whether the pictures of the gallery are wide ones.
    """

    def with_picture(found: re.Match[str]) -> str:
        if found[1] not in pictures:
            return found[0]
        place, caption = pictures[found[1]]
        below = f"\n*{caption}*\n" if caption else ""
        style = "" if wide else "{ .curve }"
        return f"{found[0]}\n![{found[1]}]({place}){style}\n{below}"

    cards = "\n".join(f"[![]({place})<span>{name}</span>](#{name})" for name, (place, _) in pictures.items())
    gallery = f'<div class="gallery{" wide" if wide else ""}" markdown>\n{cards}\n</div>\n\n'
    head, mark, rest = page.partition("\n## ")
    return head + "\n" + gallery + re.sub(r"^## ([\w-]+)\n", with_picture, mark.lstrip("\n") + rest, flags=re.MULTILINE)
