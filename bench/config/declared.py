"""What a suite declares and what plugins say of themselves; known without importing them while nothing has changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from inrbench.bench.config import answers
from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Plugins, Sources
from inrbench.bench.config.suite import Suite

_MOST = 5000
"""Jobs of which a suite may have at most to be kept: reading more takes longer than laying them out."""


@dataclass(frozen=True)
class Declared:
    """The jobs of a suite under every name that it gives them, in running order; and the files of all plugins."""

    jobs: list[Job]
    sources: Sources


@cache
def _adapter() -> TypeAdapter[Declared]:
    return TypeAdapter(Declared)


def declared(suite: Suite, where: str, files: Sequence[Path]) -> Declared:
    """What a suite declares, with the plugins of some further files.

    Raises:
        BadInput: as `inrbench.bench.config.grid.declarations` and `inrbench.bench.config.plugins.Plugins`.
    """
    question = ["jobs", suite.model_dump(mode="json"), where, list(map(str, files))]
    try:
        if (kept := answers.recall(question)) is not None:
            return _adapter().validate_json(json.dumps(kept))
    except ValidationError:
        pass  # kept by another version: then the files of inrbench differ too, or the file is damaged
    from inrbench.bench.config import grid

    plugins = Plugins(files)
    found = Declared(grid.declarations(suite, plugins, where), plugins.sources())
    if len(found.jobs) <= _MOST and not broken(plugins):
        used = {Path(job.source) for job in found.jobs if job.source != job.signal}  # the user's files
        answers.remember(question, _adapter().dump_python(found, mode="json"), used)
    return found


def listed(kind: str, files: Sequence[Path]) -> list[dict[str, Any]]:
    """Name, label, parameters and first line of the description of every plugin of a kind, then the broken ones.

    Raises:
        BadInput: as `inrbench.bench.config.plugins.Plugins`.
    """
    question = ["list", kind, list(map(str, files))]
    kept: list[dict[str, Any]] | None = answers.recall(question)
    if kept is not None:
        return kept
    plugins = Plugins(files)
    registry: Any = getattr(plugins, kind)
    rows: list[dict[str, Any]] = []
    for name in registry.names():
        cls = registry.get(name)
        defaults = {key: info.get_default(call_default_factory=True) for key, info in cls.model_fields.items()}
        text = (cls.__doc__ or "").strip().splitlines()
        rows.append({"name": name, "label": cls.label, "params": defaults, "about": text[0] if text else ""})
    rows += [{"name": name, "label": "BROKEN", "cause": cause} for name, cause in registry.broken.items()]
    rows = json.loads(json.dumps(rows))  # the same now as when it is recalled
    if not broken(plugins):
        answers.remember(question, rows)
    return rows


def broken(plugins: Plugins) -> bool:
    """Whether a plugin could not be imported: nobody knows what would mend it, so nothing is kept."""
    return bool(plugins.activations.broken or plugins.tasks.broken)
