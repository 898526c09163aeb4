"""Cache of answers that need the plugins, so that ``plan``, ``status`` and ``list`` need not import them and torch.

An answer is kept with the state of all that it was made from: every file of every module that was loaded, every file in
the folders of the plugins, the installed packages, Python, ``INRBENCH_*`` variables and the working folder. If any of
these has changed, been added or removed, there is no answer and it is found again. The state of a file is its size and
its times of change. Not covered is what a plugin reads from elsewhere when it is imported.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.machine.cache import cache_folder

_BEGUN = time.time()
"""A file that has changed since then may not be the one that was imported."""

_FOLDERS = ("inrbench.activations", "inrbench.tasks", "inrbench.bench")


def recall(question: Any) -> Any:
    """The kept answer to a question, both in JSON; None if there is none that still holds."""
    try:
        kept = json.loads(_file(question).read_text())
        holds = kept["around"] == around(*_FOLDERS) and _states(kept["states"]) == kept["states"]
        return kept["answer"] if holds else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(question: Any, answer: Any, files: Iterable[Path] = ()) -> None:
    """Keep the answer to a question, found by the modules that are loaded now and from ``files``."""
    modules = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    states = _states({*filter(os.path.isabs, modules), *map(os.path.abspath, files)})
    newest = max((max(state[1:]) for state in states.values() if state), default=0)
    if None in states.values() or newest / 1e9 >= _BEGUN - 1:
        return
    content = json.dumps({"around": around(*_FOLDERS), "states": states, "answer": answer})
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time alone
        atomic_write(_file(question), content.encode())


def _file(question: Any) -> Path:
    key = hashlib.sha256(json.dumps([question, os.getcwd(), sys.version, sys.path]).encode()).hexdigest()[:16]
    return cache_folder() / "answers" / f"{key}.json"


def _states(files: Iterable[str]) -> dict[str, list[int] | None]:
    return {file: state(file) for file in sorted(files)}


def state(file: str | Path) -> list[int] | None:
    """Size of a file and its two times of change, in ns; None if there is none."""
    try:
        found = os.stat(file)
    except OSError:
        return None
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def around(*packages: str) -> str:
    """A hash of all files of some packages, of what is installed, and of ``INRBENCH_*`` variables."""
    folders = [spec.submodule_search_locations or [] for name in packages if (spec := find_spec(name))]
    plugins = sorted(file for places in folders for place in places for file in _walk(place))
    installed = sorted(name for folder in sys.path for name in _distributions(folder))
    variables = sorted(item for item in os.environ.items() if item[0].startswith(("INRBENCH_", "PYTHON")))
    return hashlib.sha256(json.dumps([_states(plugins), installed, variables]).encode()).hexdigest()


def _walk(folder: str) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        yield from (os.path.join(place, name) for name in files)


def _distributions(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if name.endswith((".dist-info", ".egg-info", ".egg-link", ".pth"))]
    except OSError:
        return []
