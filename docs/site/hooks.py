"""What MkDocs calls while it builds the site (`hooks` in `mkdocs.yml`)."""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docs.site import pages
from docs.site.links import relocated

ROOT = Path(__file__).parents[2]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are no file of `docs`."""
    for place, content in pages.generated(ROOT).items():
        files.append(File.generated(config, place, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Adapt links to pages with another place on the site, add pictures to the references, and tidy the examples."""
    if page.file.generated_by:
        return markdown
    text = relocated(markdown, f"docs/{page.file.src_uri}", page.file.src_uri, pages.ELSEWHERE)
    return pages.adapted(text, page.file.src_uri)
