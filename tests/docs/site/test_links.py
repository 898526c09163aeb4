"""Links of README and docs lead somewhere, and are found and moved as readers of Markdown do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.site.links import anchors, broken, links, relocated
from docs.site.pages import MOVED

ROOT = Path(__file__).parents[3]


def test_no_link_of_the_project_leads_nowhere() -> None:
    pages = [page for page in ROOT.glob("docs/**/*.md") if not page.is_relative_to(ROOT / "docs/results")]
    assert len(pages) > 30
    files = [*ROOT.glob("*.md"), *ROOT.glob("results/*.md"), *pages]
    assert broken(ROOT, files) == []


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    named = set(re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))
    folders = ("results", "gallery", "generated")
    pages = {str(page.relative_to(ROOT / "docs")) for page in ROOT.glob("docs/**/*.md")}
    assert {page for page in pages if page.partition("/")[0] not in folders} == named - set(MOVED.values())


def test_a_missing_file_and_a_missing_heading_are_named(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# One heading\n")
    page = tmp_path / "a.md"
    page.write_text(
        "[x](c.md) [y](b.md#one-heading) [z](b.md#other) [w](https://example.org/none) [v](#here)\n# Here\n"
    )
    assert broken(tmp_path, [page]) == ["a.md: c.md (no such file)", "a.md: b.md#other (no such heading)"]


def test_links_in_code_are_none() -> None:
    assert list(links("`[a](b.md)` [c](d.md)\n```\n[e](f.md)\n```\n[g]: h.md\n")) == ["d.md", "h.md"]


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [("# Adding an activation", "adding-an-activation"), ("## `make bench`, again", "make-bench-again")],
)
def test_anchors_are_those_of_github(heading: str, anchor: str) -> None:
    assert anchors(f"{heading}\n") == {anchor}
    assert anchors(f"{heading}\n{heading}\n") == {anchor, f"{anchor}-1"}


def test_links_of_a_page_that_moves_hold_at_its_new_place() -> None:
    text = "[paper](docs/paper.md#ct) [rules](CONTRIBUTING.md) `[x](docs/y.md)` [web](https://example.org)"
    moved = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md"}
    assert relocated(text, "README.md", "index.md", moved) == (
        "[paper](paper.md#ct) [rules](contributing.md) `[x](docs/y.md)` [web](https://example.org)"
    )
    assert relocated("[home](../README.md)", "docs/paper.md", "paper.md", moved) == "[home](index.md)"
