"""All pages and files of the site that are no file of `docs`, and the pictures of the references."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from docs.site import activation_reference, task_reference
from docs.site.links import relocated
from docs.site.markdown import illustrated
from inrbench.bench.config.plugins import Plugins

MOVED = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "results/README.md": "reference/results-folder.md",
}
"""Pages outside of `docs`: path below the root of the repository -> path on the site."""

ELSEWHERE = {**MOVED, "docs/gallery/README.md": "generated/gallery/index.md"}
"""The same, and what the plugin `gallery` puts elsewhere."""

ASSETS = ("site.css", "iframe-worker.js")
"""Files of this folder that pages load, from `assets` on the site."""


def generated(root: Path) -> dict[str, str | bytes]:
    """Contents by their path on the site.

    Args:
        root: the root of the repository.
    """
    return {
        **{page: relocated((root / source).read_text(), source, page, ELSEWHERE) for source, page in MOVED.items()},
        **{f"reference/curves/{name}.svg": drawn for name, drawn in _curves().items()},
        **{f"reference/problems/{name}.png": drawn for name, (drawn, _) in _problems().items()},
        **{f"assets/{name}": (Path(__file__).parent / name).read_text() for name in ASSETS},
    }


def adapted(markdown: str, page: str) -> str:
    """A page as the site has it.

    The references of activations and tasks get their pictures. Examples lose a note above their title, and addresses of
    pictures that are right only where each page is a folder.
    """
    if page.startswith("generated/"):
        return re.sub(r'!!! note\n.*?example code\n| srcset="[^"]*"', "", markdown, flags=re.DOTALL)
    if page == "reference/activations.md":
        return illustrated(markdown, {name: (f"curves/{name}.svg", "") for name in _curves()}, wide=False)
    if page == "reference/tasks.md":
        shown = {name: (f"problems/{name}.png", caption) for name, (_, caption) in _problems().items()}
        return illustrated(markdown, shown, wide=True)
    return markdown


@functools.cache
def _curves() -> dict[str, bytes]:
    return activation_reference.pictures(Plugins().activations)


@functools.cache
def _problems() -> dict[str, tuple[bytes, str]]:
    return task_reference.pictures(Plugins().tasks)
