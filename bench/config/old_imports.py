"""Plugin files written before the package `inrbench`, which import from ``activations`` and ``tasks``.

Such a name leads to the module of `inrbench` itself, never to a second copy of it, whose classes would be other ones. A
module of that name elsewhere, such as a folder ``tasks/`` of the user's own project, is left alone.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import FrameType, ModuleType

NAMES = ("activations", "tasks")
"""Packages that stood at the top before 0.2.0."""


def accept() -> None:
    """From now on, old imports lead to the modules of inrbench."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())  # first: a checkout on the path would give the second copy


def remedy(error: BaseException) -> str:
    """The end of a message on an import that failed; empty if it was not an old one."""
    top = (getattr(error, "name", None) or "").partition(".")[0]
    return f"; inrbench's own is `inrbench.{top}`: write `from inrbench import …`" if top in NAMES else ""


class _Finder(MetaPathFinder):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        top, _, inner = name.partition(".")
        if top not in NAMES or not (self._ours(top) if inner else self._free(top)):
            return None
        try:
            module = import_module(f"inrbench.{name}")
        except ModuleNotFoundError as error:
            if error.name == f"inrbench.{name}":
                return None
            raise
        if not inner:
            _note(name)
        return ModuleSpec(name, _Alias(module), is_package=hasattr(module, "__path__"))

    @staticmethod
    def _ours(top: str) -> bool:
        return sys.modules.get(top) is import_module(f"inrbench.{top}")

    def _free(self, top: str) -> bool:
        """Whether nothing else has that name on the path, or only the folder of the checkout that is in use."""
        others = (finder.find_spec(top, None) for finder in sys.meta_path if finder is not self)
        other = next(filter(None, others), None)
        package = import_module(f"inrbench.{top}").__file__
        return other is None or bool(
            other.origin and package and Path(other.origin).resolve() == Path(package).resolve()
        )


class _Alias(Loader):
    def __init__(self, module: ModuleType) -> None:
        self._module, self._spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec  # the import system has put that of the other name there


def _note(name: str) -> None:
    frame: FrameType | None = sys._getframe(2)
    while frame and frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    where = f"{frame.f_code.co_filename}, line {frame.f_lineno}: " if frame else ""
    print(f"inrbench: note: {where}`{name}` is `inrbench.{name}` now; write `from inrbench import …`", file=sys.stderr)
