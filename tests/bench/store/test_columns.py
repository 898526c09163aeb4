"""The columns of the stored tables and their description in the docs."""

from __future__ import annotations

from pathlib import Path

from inrbench.bench.store.columns import markdown

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "results.md"


def test_the_page_of_the_schema_is_that_of_the_code() -> None:
    assert markdown() in PAGE.read_text(), "run `make lists`"
