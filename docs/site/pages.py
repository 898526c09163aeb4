"""All pages of the site that are no file of `docs`."""

from __future__ import annotations

from pathlib import Path

from docs.site import activation_gallery, task_gallery
from docs.site.links import relocated
from docs.site.wins import wins
from inrbench.bench.config.plugins import Plugins

MOVED = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "results/README.md": "results-folder.md",
}
"""Pages outside of `docs`: path below the root of the repository -> path on the site."""

ASSETS = ("site.css", "iframe-worker.js")
"""Files of this folder that pages load, from `assets` on the site."""


def generated(root: Path) -> dict[str, str | bytes]:
    """Contents by their path on the site.

    Args:
        root: the root of the repository.
    """
    plugins = Plugins()
    return {
        **{page: relocated((root / source).read_text(), source, page, MOVED) for source, page in MOVED.items()},
        **activation_gallery.pages(plugins.activations, wins()),
        **task_gallery.pages(plugins.tasks),
        **{f"assets/{name}": (Path(__file__).parent / name).read_text() for name in ASSETS},
    }
