"""An activation class of a notebook or a script as a plugin file, so that worker processes can build it.

The file holds the source of the class and of what it uses: other classes and functions of the notebook, imported names
and plain constants. Its name carries a hash of that text, as a user's picture does, so that an edited class is another
activation and never takes the results of the earlier one.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import linecache
import symtable
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.errors import BadInput

if TYPE_CHECKING:
    from inrbench.activations.core.base import Activation

REMEDY = "put it into a .py file and give plugins=[that file]"

DIGITS = 8
"""Digits of the hash in the name, as many as in that of a user's signal."""


def plugin_file(cls: type[Activation], folder: Path) -> tuple[Path, str]:
    """Write the plugin file of a class; returns its path and the name under which it registers, ``soft-sine@1a2b3c4d``.

    Args:
        folder: where the file goes; an equal one is left as it is.

    Raises:
        BadInput: if the source is unknown, or the class uses an object that has no source.
    """
    parts = _Parts(cls)
    text = parts.text()
    digits = hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
    names = [f'{activation.__name__}.name = "{activation.name}@{digits}"\n' for activation in parts.activations]
    path = folder / f"{cls.name}-{digits}.py"
    content = (text + "\n\n" + "".join(names)).encode()
    if not path.is_file() or path.read_bytes() != content:
        atomic_write(path, content)
    return path, f"{cls.name}@{digits}"


def is_local(value: Any) -> bool:
    """Whether a class or function is of a notebook or script, which no other process can import."""
    return getattr(value, "__module__", None) == "__main__"


class _Parts:
    """The parts of the file of one class: imports, constants and definitions, each once, dependencies first."""

    def __init__(self, cls: type[Activation]) -> None:
        self._owner = cls.__name__
        self._imports: dict[str, str] = {}
        self._constants: dict[str, str] = {}
        self._definitions: dict[str, str] = {}
        self.activations: list[type[Activation]] = []
        self._define(cls)

    def text(self) -> str:
        """The file without the lines that name its activations."""
        head = "\n".join(["from __future__ import annotations", *sorted(self._imports.values())])
        constants = [f"{name} = {value}" for name, value in self._constants.items()]
        return "\n\n".join(filter(None, [head, "\n".join(constants), *self._definitions.values()])) + "\n"

    def _define(self, value: type | FunctionType) -> None:
        if value.__name__ in self._definitions:
            return
        self._definitions[value.__name__] = ""  # a function may call itself
        source = _source(value)
        module = vars(sys.modules[value.__module__])
        for name in _globals_of(source):
            if name in module and module[name] is not value:
                self._use(name, module[name])
        del self._definitions[value.__name__]
        self._definitions[value.__name__] = source
        if isinstance(value, type) and isinstance(getattr(value, "name", None), str) and hasattr(value, "init_layer"):
            self.activations.append(value)

    def _use(self, name: str, value: Any) -> None:
        """Make a global name of the notebook known to the file."""
        if isinstance(value, ModuleType):
            self._imports[name] = f"import {value.__name__} as {name}"
        elif is_local(value) and isinstance(value, type | FunctionType) and value.__name__ == name:
            self._define(value)
        elif place := _importable(name, value):
            self._imports[name] = place
        elif _literal(value):
            self._constants[name] = repr(value)
        else:
            raise BadInput(
                f"activation {self._owner}: it uses {name}, a {type(value).__name__} that other processes cannot "
                f"build; {REMEDY}"
            )


def _importable(name: str, value: Any) -> str | None:
    """The line that imports a value as a name, if there is one."""
    places = [
        (getattr(value, "__module__", None), getattr(value, "__qualname__", None)),
        *((module, name) for module in ("typing", "math")),
    ]
    for module, inside in places:
        if module and inside and module != "__main__" and getattr(sys.modules.get(module), inside, None) is value:
            return f"from {module} import {inside}" + ("" if inside == name else f" as {name}")
    return None


def _literal(value: Any) -> bool:
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError, TypeError):
        return False


def _globals_of(source: str) -> list[str]:
    """The names that a definition takes from its module, sorted."""

    def walk(table: symtable.SymbolTable) -> Iterator[str]:
        for symbol in table.get_symbols():
            # In a class a name that it does not assign is one of the module; elsewhere symtable says so.
            if symbol.is_global() or (table.get_type() == "class" and not symbol.is_local()):
                yield symbol.get_name()
        for child in table.get_children():
            yield from walk(child)

    top = symtable.symtable(source, "<class>", "exec")
    outside = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}  # bases and decorators
    return sorted(outside.union(*map(walk, top.get_children())))


def _source(value: type | FunctionType) -> str:
    """The text of a class or function, without indentation.

    Raises:
        BadInput: if it stands inside a function, or its text is unknown.
    """
    if value.__qualname__ != value.__name__:
        raise BadInput(
            f"activation {value.__name__}: it is defined inside {value.__qualname__.split('.')[0]}; define it at the "
            "top of the notebook or script"
        )
    kind = ast.ClassDef if isinstance(value, type) else ast.FunctionDef
    for file, line in _places(value):
        text = "".join(linecache.getlines(file))
        for node in _parsed(text):
            first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", []))])
            if isinstance(node, kind) and node.name == value.__name__ and first <= line <= (node.end_lineno or first):
                return textwrap.dedent("\n".join(text.splitlines()[first - 1 : node.end_lineno])) + "\n"
    raise BadInput(f"activation {value.__name__}: its source is unknown; {REMEDY}")


def _parsed(text: str) -> list[ast.stmt]:
    try:
        return ast.parse(text).body
    except SyntaxError:  # of a cell with a magic, whose lines as they ran are elsewhere
        return []


def _places(value: type | FunctionType) -> Iterator[tuple[str, int]]:
    """File and line of code of a class or function. A notebook's cell counts as a file, but it is known to functions
    alone: a class there is found by one of its methods."""
    members = vars(value).values() if isinstance(value, type) else (value,)
    for member in members:
        code = getattr(inspect.unwrap(getattr(member, "__func__", member)), "__code__", None)
        if isinstance(code, CodeType):
            yield code.co_filename, code.co_firstlineno
    if isinstance(value, type):
        try:
            yield inspect.getfile(value), inspect.getsourcelines(value)[1]
        except (OSError, TypeError):
            return
