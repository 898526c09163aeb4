"""Pages of the documentation as tests search them."""

from __future__ import annotations

from docs.site.archive import RESULTS


def on_one_line(page: str) -> str:
    """A page of `docs`, by its path there, with every line break and run of blanks as one blank."""
    return " ".join((RESULTS.parent / page).read_text().split())
