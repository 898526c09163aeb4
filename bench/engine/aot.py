"""Ahead-of-time (AOT) compilation for the CPU, with a cache on disk.

A call of such code costs a few microseconds; through ``torch.compile``, which checks at each call whether its code
still fits, it costs thirty, as much as the arithmetic of a small block takes. Loading it costs a millisecond, and
nothing of the compiler is imported for it. Compiling costs some seconds, once for a machine
(`inrbench.bench.engine.code_cache`).
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import importlib.util
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.engine import compiler_process, torch_internals
from inrbench.bench.machine.cache import cache_folder
from inrbench.bench.machine.cpu_time import usable_cores


class CompilationError(RuntimeError):
    """Code could not be compiled or loaded; the message is the cause in one line."""


class Recipe(Protocol):
    """Description of code to be compiled."""

    @property
    def path(self) -> Path:
        """The file of the compiled code. Its name depends on everything that the code depends on."""

    @property
    def command(self) -> list[str]:
        """A module, and the arguments of its function `compile_from`, which compiles it."""


def compiler() -> str | None:
    """The path of the C++ compiler that PyTorch's compiler finds, ``CXX`` if it is set, else a known name; or None."""
    names = [os.environ["CXX"]] if "CXX" in os.environ else ["g++", "clang++"]
    return next((path for name in names if (path := shutil.which(name))), None)


def has_compiler() -> bool:
    """Whether there is a C++ compiler."""
    return compiler() is not None


def obstacle() -> str | None:
    """Why nothing can be compiled and loaded here, with the remedy, in one line; None where it can."""
    if (why := torch_internals.untested()) is not None:
        return why
    if not has_compiler():
        return "no C++ compiler was found; install one, e.g. g++"
    return _no_execution()


def _no_execution() -> str | None:
    """Why code in the cache folder cannot be loaded: its file system is mounted so; None where it is not."""
    folder = cache_folder()
    with suppress(OSError, AttributeError):  # not on every system
        there = next(parent for parent in (folder, *folder.parents) if parent.exists())
        if os.statvfs(there).f_flag & os.ST_NOEXEC:
            return (
                f"{folder} is on a file system mounted noexec, from which no code can be loaded; "
                "set XDG_CACHE_HOME to a folder on another one"
            )
    return None


_failures: dict[Path, str] = {}
"""Causes of failed compilations of this process: the same code is not compiled again for every job."""


def compile_all(recipes: Sequence[Recipe]) -> None:
    """Compile what is not in the cache, in as many processes at a time as there are processors.

    A process that compiles several imports the compiler once, which takes as long as one of them.

    Raises:
        CompilationError: if something cannot be compiled.
    """
    missing = [recipe for recipe in recipes if not recipe.path.exists()]
    if missing and (why := obstacle()) is not None:
        raise CompilationError(why)
    # In processes of their own: the compiler's 200 MB stay out of this one, and several work at a time.
    wanted = list({recipe.path: recipe for recipe in missing if recipe.path not in _failures}.values())
    count = min(len(wanted), len(usable_cores()))
    shares = [wanted[index::count] for index in range(count)]
    _finish([(share, _compiler(share)) for share in shares])
    for recipe in missing:
        if recipe.path in _failures:
            raise CompilationError(_failures[recipe.path])


def _finish(running: Sequence[tuple[Sequence[Recipe], subprocess.Popen[str]]]) -> None:
    """Wait for processes that compile, and keep the causes of what failed."""
    for share, process in running:
        lines = process.communicate()[1].strip().splitlines() or ["the compiler gave no reason"]
        if process.returncode < 0:
            lines.append(
                f"the compiler was ended by {signal.Signals(-process.returncode).name}; is there enough memory?"
            )
        causes = dict(line.split(" ", 1) for line in lines if line.split(" ", 1)[0].isdecimal() and " " in line)
        for index, recipe in enumerate(share):
            if not recipe.path.exists():
                _failures[recipe.path] = causes.get(str(index), lines[-1])


def _compiler(recipes: Sequence[Recipe]) -> subprocess.Popen[str]:
    """A process that compiles recipes one after another, see `inrbench.bench.engine.compiler_process`."""
    commands = json.dumps([recipe.command for recipe in recipes])
    return subprocess.Popen(
        [sys.executable, "-P", "-m", compiler_process.__name__, commands],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **torch_internals.ENVIRONMENT},
    )


@functools.lru_cache(maxsize=256)
def load(path: Path) -> ctypes.CDLL:
    """The code of a file, one for it in this process.

    Raises:
        CompilationError: if the file cannot be loaded.
    """
    try:
        return ctypes.CDLL(str(path))
    except OSError as error:
        cause = _no_execution() or f"{path} cannot be loaded; remove it"
        raise CompilationError(cause) from error


@functools.lru_cache(maxsize=256)
def scalar(value: float) -> Tensor:
    """A number as a tensor: as a number it would be compiled in, and each of its values would need code of its own."""
    return torch.tensor(value, dtype=torch.float32)


# -- in the compiler's process -----------------------------------------------------------------------------------------


def compile_to(path: Path, source: str) -> None:
    """Compile a C++ source to a file.

    Raises:
        RuntimeError: if the compiler fails, with its first error.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with plain_folder(path.parent, f".{path.stem}-") as folder:
        content = torch_internals.build(source, Path(folder))
    atomic_write(path, content)  # though another process may compile the same


def plain_folder(wanted: Path, prefix: str) -> tempfile.TemporaryDirectory[str]:
    """A temporary folder in the first of some folders whose path needs no quotes: PyTorch's compiler has none.

    Raises:
        FileNotFoundError: if there is none.
    """
    for parent in (str(wanted), tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if shlex.quote(parent) == parent and os.access(parent, os.W_OK):
            return tempfile.TemporaryDirectory(dir=parent, prefix=prefix)
    raise FileNotFoundError("no folder for temporary files has a path without spaces; set TMPDIR to one")


def import_from(file: str, name: str) -> Any:
    """A function or class by its name and the file that defines it, which is executed."""
    spec = importlib.util.spec_from_file_location(f"source_of_{name}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # pydantic resolves the names in annotations there
    spec.loader.exec_module(module)
    return getattr(module, name)
