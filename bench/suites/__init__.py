"""The suites that come with inrbench, and the lock files of their searches."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def shipped() -> list[str]:
    """Their names, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml") if not path.name.endswith(".lock.yaml"))
