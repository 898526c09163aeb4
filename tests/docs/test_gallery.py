"""The examples are short scripts with a title; `make docs` runs them. Their pages are tidied for the site."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from docs.site.pages import adapted

SCRIPTS = sorted((Path(__file__).parents[2] / "docs" / "gallery").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_an_example_is_short_and_has_a_title(script: Path) -> None:
    source = script.read_text()
    about = ast.get_docstring(ast.parse(source)) or ""
    assert about.startswith("# ")
    code = [line for line in source.split('"""', 2)[2].splitlines() if line.strip()]
    assert len(code) < 30
    assert script.stem.startswith("plot_"), "mkdocs-gallery runs no other files"


def test_a_page_of_an_example_has_pictures_that_load_and_no_note_above_its_title() -> None:
    page = (
        "<!-- generated -->\n\n!!! note\n\n    Click [here](#links)\n    to download the full example code\n\n\n"
        '# Title\n\n![a](./images/a.png){: .single srcset="../images/a.png"}\n'
    )
    text = adapted(page, "generated/gallery/plot_1.md")
    assert text.strip().endswith("# Title\n\n![a](./images/a.png){: .single}")
    assert "note" not in text
    assert adapted(page, "how-to/cluster.md") == page
