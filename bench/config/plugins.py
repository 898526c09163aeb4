"""Discovery of activations, tasks and optimisers: modules of their folders, entry points, and files of ``--plugin``.

A plugin that fails to import is kept with its cause, listed, and fatal only when it is selected. Two plugins of
one name are an error, because a result would not say which of them made it.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import inspect
import io
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel

from inrbench.bench.config import old_imports
from inrbench.bench.config.job import Plugin
from inrbench.bench.errors import BadInput, did_you_mean

if TYPE_CHECKING:
    from inrbench.activations.core.base import Activation
    from inrbench.bench.config.settings import Train
    from inrbench.bench.optimizers import Optimizer
    from inrbench.tasks.core.base import Task

T = TypeVar("T", bound=BaseModel)
R = TypeVar("R")

Sources = dict[str, dict[str, str]]
"""kind of plugin (``"activation"``, ``"task"``) -> name -> the file that defines it."""


class Registry(Generic[T]):
    """The plugins of one kind, by name.

    Args:
        kind: ``"activation"``, ``"task"`` or ``"optimizer"``, for messages; its plural names the entry-point group.
        base: the class that plugins derive from.
        files: further modules, given as paths.
        package: of the plugins that are shipped.

    Attributes:
        broken: name -> cause, for plugins that could not be imported.
    """

    def __init__(self, kind: str, base: type[T], files: Iterable[Path] = (), package: str = "") -> None:
        self.kind = kind
        self.broken: dict[str, str] = {}
        self._base = base
        self._plugins: dict[str, type[T]] = {}
        for module in self._modules(files, package or f"inrbench.{kind}s"):
            for value in vars(module).values():
                if inspect.isclass(value) and issubclass(value, base) and value.__module__ == module.__name__:
                    self._add(value)

    def _modules(self, files: Iterable[Path], shipped: str) -> Iterator[ModuleType]:
        package = importlib.import_module(shipped)
        for info in pkgutil.iter_modules(package.__path__):
            if info.ispkg:  # what plugins are built from, and no plugin itself
                continue
            yield from self._import(info.name.replace("_", "-"), f"{package.__name__}.{info.name}")
        for point in entry_points(group=f"inrbench.{self.kind}s"):
            yield from self._import(point.name, point.module)
        for path in files:
            yield load_file(path)

    def _import(self, name: str, module: str) -> Iterator[ModuleType]:
        try:
            yield _imported(module, partial(importlib.import_module, module))
        except Exception as error:  # whatever a plugin's module raises is its own fault, never the harness's
            self.broken[name] = f"{type(error).__name__}: {error}"

    def _add(self, plugin: type[T]) -> None:
        name = getattr(plugin, "name", None)
        if not isinstance(name, str):
            return  # an intermediate base class
        other = self._plugins.get(name)
        if other is not None and source_file(other) != source_file(plugin):
            raise BadInput(
                f"two {self.kind}s are named {name!r}: {source_file(other)} and {source_file(plugin)}; rename one"
            )
        self._plugins[name] = plugin

    def names(self) -> list[str]:
        """The names of the plugins that can be used, sorted."""
        return sorted(self._plugins)

    def get(self, name: str, where: str = "") -> type[T]:
        """The plugin class of that name.

        Raises:
            BadInput: if there is none, or it could not be imported; ``where`` begins the message.
        """
        prefix = f"{where}: " if where else ""
        if not isinstance(name, str):  # YAML reads a name that is left out as null
            raise BadInput(f"{prefix}{name!r} is not the name of a {self.kind}; known: {', '.join(self.names())}")
        if name in self._plugins:
            return self._plugins[name]
        if name in self.broken:
            raise BadInput(f"{prefix}{self.kind} {name!r} cannot be imported ({self.broken[name]}); fix its file")
        meant = did_you_mean(name, [*self._plugins, *self.broken])
        advice = "one of your own needs --plugin FILE, or `plugins:` in the suite"
        raise BadInput(f"{prefix}unknown {self.kind} {name!r}{meant} ({advice})")

    def create(self, spec: Plugin) -> T:
        """The plugin that a job declares, with its parameters.

        Raises:
            BadInput: as for `get`.
        """
        # Not strict, because the JSON of a job has lists for tuples. The values were checked when the job was made.
        return self.get(spec.name).model_validate(spec.params, strict=False)


class Plugins:
    """The registries, and the files that extended them (a worker process builds the same from the same files)."""

    def __init__(self, files: Iterable[str | Path] = ()) -> None:
        from inrbench.activations.core.base import Activation
        from inrbench.bench.optimizers import Optimizer
        from inrbench.tasks.core.base import Task

        old_imports.accept()
        self.files = [Path(file).resolve() for file in files]
        self.activations: Registry[Activation] = Registry("activation", Activation, self.files)
        self.tasks: Registry[Task] = Registry("task", Task, self.files)
        self.optimizers: Registry[Optimizer] = Registry("optimizer", Optimizer, self.files, "inrbench.bench.optimizers")

    def optimizer(self, train: Train) -> Optimizer:
        """The optimiser of a training, with its settings.

        Raises:
            BadInput: as for `Registry.get`.
        """
        return self.optimizers.get(train.optimizer.name).model_validate(train.optimizer.options, strict=False)

    def sources(self) -> Sources:
        """The file that defines each plugin."""
        registries: tuple[Registry[Any], ...] = (self.activations, self.tasks)
        return {
            registry.kind: {name: source_file(registry.get(name)) for name in registry.names()}
            for registry in registries
        }


def load_file(path: Path) -> ModuleType:
    """Import a plugin file by its path, once a process.

    Raises:
        BadInput: if there is no such file or it cannot be imported: a file named by the user is selected by that.
    """
    if not path.is_file():
        raise BadInput(f"--plugin {path}: no such file")
    name = f"inrbench_plugin_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise BadInput(f"--plugin {path}: not a Python file; name one that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        _imported(str(path), partial(spec.loader.exec_module, module))
    except Exception as error:
        del sys.modules[name]
        cause = f"{type(error).__name__}: {error}"
        raise BadInput(f"--plugin {path}: cannot be imported ({cause}){old_imports.remedy(error)}") from error
    return module


def _imported(name: str, load: Callable[[], R]) -> R:
    """What ``load`` returns, which imports a module of the user's, called ``name`` in messages.

    A script among the plugins ends the process, often after `argparse` has printed its usage; neither may happen to a
    command that does not even select it. Nor may PyTorch's default dtype change, which all others build on.

    Raises:
        ImportError: if the module ends the process.
    """
    import torch

    written, dtype = io.StringIO(), torch.get_default_dtype()
    try:
        with contextlib.redirect_stderr(written):
            result = load()
    except SystemExit as error:
        raise ImportError(
            f"it ends the process when it is imported, SystemExit: {error.code}; "
            'put its script under `if __name__ == "__main__":`'
        ) from error
    finally:
        if (changed := torch.get_default_dtype()) != dtype:
            torch.set_default_dtype(dtype)
            written.write(
                f"{name} sets PyTorch's default dtype to {changed} when it is imported; it is {dtype} again, for all "
                "others: give dtype= where the plugin makes its tensors\n"
            )
    sys.stderr.write(written.getvalue())
    return result


def source_file(plugin: type[Any]) -> str:
    """The file that defines a plugin."""
    file = getattr(sys.modules.get(plugin.__module__), "__file__", None)
    return str(Path(file).resolve()) if file else plugin.__module__


def source_sha256(*plugins: type[Any]) -> str:
    """One hash over the source files of plugins."""
    return files_sha256(map(source_file, plugins))


_PACKAGE = re.compile(rb"\binrbench\.(?=(?:activations|tasks|bench|report)\b)")
"""Left out of the hash of a source: stored results and tuned settings are older than the package `inrbench`."""


def files_sha256(files: Iterable[str]) -> str:
    """One hash over the contents of files."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(_PACKAGE.sub(b"", Path(file).read_bytes()))
    return digest.hexdigest()
