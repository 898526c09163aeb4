"""Cache of compiled code on disk: the folder, and the key of a file in it.

The key covers the processor, the version of PyTorch, and the content of every file of inrbench, or of the package of a
plugin, that the compiled functions import.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch

from inrbench.bench.machine.cache import cache_folder
from inrbench.bench.machine.cpu_info import cpu_info

_ROOT = Path(__file__).parents[3]
"""The folder of the package `inrbench`, which may hold all other installed packages too."""


def code_file(name: str, settings: Sequence[str], files: Iterable[str]) -> Path:
    """The file of compiled code that depends on settings, on files with their imports, on PyTorch and the processor."""
    parts = [part.encode() for part in (torch.__version__, processor(), name, *settings)]
    parts += [file.read_bytes() for file in imported_files(files)]
    key = hashlib.sha256(b"\n".join(parts)).hexdigest()[:16]
    return cache_folder() / "kernels" / f"{name.strip('_')}-{key}.so"


def imported_files(files: Iterable[str | Path]) -> list[Path]:
    """Files with all that they import, directly or not, of inrbench or from their own package; sorted."""
    seen: set[Path] = set()
    left = [Path(file).resolve() for file in files]
    while left:
        file = left.pop()
        if file not in seen:
            seen.add(file)
            left += _imports(file, file.stat().st_mtime_ns)
    return sorted(seen)


@functools.lru_cache(maxsize=1000)
def _imports(file: Path, modified: int) -> list[Path]:
    """The files that one imports. The time of its last change is there for the cache."""
    package = file.parent  # of a plugin that is installed: the folder that holds its package
    while (package / "__init__.py").is_file():
        package = package.parent
    names: list[tuple[int, str]] = []  # with the number of dots of a relative import
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names += [(0, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = [node.module] if node.module else []
            names += [(node.level, ".".join([*start, *end])) for end in ([], *([alias.name] for alias in node.names))]
    places = [
        root / name.replace(".", "/")
        for level, name in names
        for root in ([file.parents[level - 1]] if level else _roots(name.partition(".")[0], file, package))
        if name
    ]
    options = [path for place in places for path in (place.with_suffix(".py"), place / "__init__.py")]
    return [path.resolve() for path in options if path.is_file()]


def _roots(first: str, file: Path, package: Path) -> list[Path]:
    """The folders in which a file's import is looked for, by the first part of its name: none for what is installed."""
    if first == "inrbench":
        return [_ROOT]
    if package != file.parent:  # the file is in a package
        return [package] if first == file.relative_to(package).parts[0] else []
    return [] if file.parent.name in ("site-packages", "dist-packages") else [file.parent]


@functools.cache
def processor() -> str:
    """The processor's name and features: code for one may not run on another."""
    features = [platform.machine(), platform.processor(), torch.backends.cpu.get_cpu_capability()]
    info = cpu_info()
    features += [f"{field}: {info[field]}" for field in ("model name", "flags", "Features") if field in info]
    return "\n".join(features)
