"""The suites that come with inrbench, and the lock files of their searches."""

from __future__ import annotations

from pathlib import Path

from inrbench.bench.errors import BadInput, did_you_mean

FOLDER = Path(__file__).parent


def shipped() -> list[str]:
    """Their names, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml") if not path.name.endswith(".lock.yaml"))


def file_of(name: str) -> Path:
    """The file of a suite, by its shipped name or its path; whether there is one at a path is seen when it is read.

    Raises:
        BadInput: if it is neither.
    """
    if name in shipped():
        return FOLDER / f"{name}.yaml"
    if name.endswith((".yaml", ".yml")) or "/" in name:
        return Path(name)
    for file in (f"{name}.yaml", f"{name}.yml"):
        if Path(file).is_file():
            raise BadInput(f"unknown suite {name!r}; for the file here, write {file}")
    raise BadInput(f"unknown suite {name!r}{did_you_mean(name, shipped())} (or give the path of a .yaml file)")
