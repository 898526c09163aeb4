"""`run`: a suite from Python, with the jobs, the seeds and the code of the command line."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from inrbench.bench import arguments, commands
from inrbench.bench.api.class_source import is_local, plugin_file
from inrbench.bench.api.stored import Results
from inrbench.bench.config.plugins import Plugins, source_file
from inrbench.bench.errors import BadInput
from inrbench.bench.runner.plan import RunOptions, known_statuses
from inrbench.bench.store.compact import compact_if_many
from inrbench.bench.workspace import Workspace

if TYPE_CHECKING:
    from inrbench.activations.core.base import Activation


def run(
    suite: str | Path | Mapping[str, Any] = "quick",
    *,
    activations: Sequence[str | type[Activation] | Activation] = (),
    tasks: Sequence[str] = (),
    set: Mapping[str, Any] | None = None,
    repeats: int | None = None,
    scale: str | None = None,
    plugins: Sequence[str | Path] = (),
    results: str | Path = "results",
    devices: str = "auto",
    timeout: float | None = None,
    retry: Sequence[str] = (),
    keep_weights: bool = False,
    progress: bool = True,
) -> Results:
    """Run the jobs of a suite that have no result yet, and return all its results.

    Jobs, seeds and numbers are the same as with ``inrbench run``; each continues from what the other has stored. Each
    job runs in a worker process, so a script needs no ``if __name__ == "__main__"``.

    Args:
        suite: name of a shipped suite, path of a YAML file, or its content as a mapping.
        activations: run only these: names as for ``-a`` (``"wire[omega0=10,20]"``), instances (``Wire(omega0=10.0)``),
            or classes, also from a notebook or the script itself. The source of such a class is stored with the
            results, and its hash is part of the identity: an edited class runs again. Several values of a parameter
            need a sweep by name.
        tasks: run only these.
        set: settings to override, by dotted key, e.g. ``{"train.steps": 300}``.
        repeats: number of repeats, instead of the suite's.
        scale: one of the suite's smaller sizes.
        plugins: files with more activations and tasks.
        results: the results folder; the suite's results are in a folder of its name.
        devices: ``auto``, ``cpu``, ``cuda``, ``cuda:0,cuda:1`` or ``cpu*2``.
        timeout: time limit of a job in seconds.
        retry: run failed jobs with these statuses again, e.g. ``["error"]``.
        keep_weights: store the trained network of each job, for `Results.network`.
        progress: show progress and notes on stderr.

    Raises:
        BadInput: if an argument is wrong; one line says what to do. A failed job raises nothing: a warning counts
            failures, and `Results.failed` has the causes.
    """
    known_statuses(retry, "retry")
    methods = Methods(plugins, Path(results) / "plugins")
    chosen = [methods.add(activation) for activation in activations]
    options = arguments.SuiteArgs(
        plugin=[str(file) for file in methods.files],
        results=Path(results),
        suite="" if isinstance(suite, Mapping) else str(suite),
        scale=scale,
        tasks=list(tasks),
        activations=chosen,
        overrides=overrides_of({**(set or {}), **({} if repeats is None else {"repeats": repeats})}),
    )
    work = Workspace.of(options, given=suite if isinstance(suite, Mapping) else None, added=methods.entries)
    compact_if_many(work.store)
    commands.execute(
        work, work.plan(tuple(retry)), devices, RunOptions(timeout, keep_weights=keep_weights), silent=not progress
    )
    return of_workspace(work, Results)


def overrides_of(settings: Mapping[str, Any] | None) -> list[str]:
    """Settings by dotted key as words for the option ``--set``.

    Raises:
        BadInput: if a suite cannot have a value.
    """
    words = []
    for key, value in (settings or {}).items():
        try:
            words.append(f"{key}={json.dumps(value)}")
        except (TypeError, ValueError) as error:
            raise BadInput(f"set: {key}: {error}; give numbers, texts, lists and mappings") from error
    return words


R = TypeVar("R", bound=Results)


def of_workspace(work: Workspace, kind: type[R]) -> R:
    """The results of a workspace, with a warning where jobs have failed."""
    stored = kind(work.store.root, _jobs=work.plan().declarations, _about=work.about, _plugins=work.files)
    if bad := len(stored.failed):
        warnings.warn(f"{bad} of {len(stored.runs)} jobs failed; see .failed of the results", stacklevel=3)
    return stored


class Methods:
    """Activations as a user names them, as words for the option ``-a``.

    Attributes:
        files: the plugin files that are needed.
        entries: entries that the suite needs for classes that it does not know.
    """

    def __init__(self, plugins: Sequence[str | Path], folder: Path) -> None:
        self.files = [Path(file) for file in plugins]
        self.entries: dict[str, dict[str, Any]] = {}
        self._folder = folder

    def add(self, method: str | type[Activation] | Activation) -> str:
        """The word for one activation.

        Raises:
            BadInput: if it is not an activation, or a class that a worker process cannot build.
        """
        from inrbench.activations.core.base import Activation

        if isinstance(method, str):
            return method
        if isinstance(method, Activation):
            values = {key: getattr(method, key) for key in sorted(method.model_fields_set)}
            return self._class(type(method)) + _brackets(method, values)
        if isinstance(method, type) and issubclass(method, Activation):
            return self._class(method)
        raise BadInput(f"activations: {method!r} is neither a name nor an activation; write e.g. 'siren'")

    def _class(self, cls: type[Activation]) -> str:
        if not isinstance(getattr(cls, "name", None), str):
            raise BadInput(f"activation {cls.__name__}: it has no name; write e.g. name = 'soft-sine' in the class")
        registry = Plugins(self.files).activations
        if cls.name not in registry.names():
            if is_local(cls):
                return self._local(cls)
            file = getattr(sys.modules.get(cls.__module__), "__file__", None)
            if file is None:
                raise BadInput(f"activation {cls.__name__}: its file is unknown; give plugins=[its file]")
            self.files.append(Path(file))
            registry = Plugins(self.files).activations
        known = registry.get(cls.name)  # of a module of its own where it comes from a file
        if is_local(cls) or (source_file(known), known.__qualname__) != (source_file(cls), cls.__qualname__):
            raise BadInput(f"activation {cls.__name__}: the name {cls.name!r} is taken; choose another one")
        return cls.name

    def _local(self, cls: type[Activation]) -> str:
        path, name = plugin_file(cls, self._folder)
        self.files.append(path)
        entry = {"activation": name, "label": cls.label}
        if self.entries.setdefault(cls.name, entry) != entry:
            raise BadInput(f"activation {cls.__name__}: two classes have the name {cls.name!r}; rename one")
        return cls.name


def _brackets(method: Activation, values: Mapping[str, Any]) -> str:
    """``[omega0=10]`` for the parameters that were given."""
    for key, value in values.items():
        if not isinstance(value, bool | int | float | str):
            raise BadInput(
                f"activation {method.name}: {key}={value!r} cannot be written as NAME[{key}=...]; set it in a suite"
            )
    inside = ",".join(f"{key}={json.dumps(value)}" for key, value in values.items())
    return f"[{inside}]" if inside else ""
