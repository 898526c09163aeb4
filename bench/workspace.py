"""A suite as the options of a command choose it, with its results."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from inrbench.bench import arguments
from inrbench.bench.config import expand, overrides, suite, unsearched
from inrbench.bench.config.job import Job
from inrbench.bench.config.lock import Lock
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.errors import BadInput
from inrbench.bench.runner import plan
from inrbench.bench.store.store import Store

ABOUT = {"description", "claim", "source", "deviations", "tuning", "lock"}
"""Parts of a suite that its report shows as they are."""


@dataclass(frozen=True)
class Workspace:
    """A suite as the options choose it, files of further plugins and its results.

    Attributes:
        where: the suite's name in errors.
        search: the command that writes the lock file.
        unsearched: see `inrbench.bench.config.unsearched`.
        hidden: notes on overrides that reach only a part, see `inrbench.bench.config.overrides`.
    """

    suite: suite.Suite
    where: str
    files: list[Path]
    store: Store
    lock: Lock | None = None
    lock_file: Path | None = None
    search: str = ""
    unsearched: Mapping[str, str] = field(default_factory=dict)
    hidden: Sequence[str] = ()

    @classmethod
    def of(
        cls,
        options: arguments.SuiteArgs,
        *,
        locked: bool = True,
        searches: bool = False,
        given: Mapping[str, Any] | None = None,
        added: Mapping[str, dict[str, Any]] = MappingProxyType({}),
    ) -> Workspace:
        """The workspace that the options name.

        Args:
            locked: whether settings come from the suite's lock file, where it has one; it has to be there then.
            searches: whether the command searches settings.
            given: a suite instead of the one that the options name.
            added: further activations of the suite, among which the options choose too.

        Raises:
            BadInput: if an option is wrong.
        """
        if options.results.exists() and not options.results.is_dir():
            raise BadInput(f"--results {options.results}: not a folder; name one")
        named = options.suite if given is None else given
        usual, everywhere = overrides.split(options.overrides)
        overrides.unread(usual, search=searches, scale=options.scale, lock=options.lock)
        chosen, where = suite.load(named, usual, options.scale)
        path = options.lock or (suite.beside(named, chosen.lock) if chosen.lock else None)
        original, scale = _searched(named, chosen, options.scale)
        search = _search(options, options.scale if options.lock else scale)
        lock = Lock.read(path) if path and locked else None
        if lock:
            merged = lock.applied(chosen.activations, over=options.lock is not None)
            chosen = chosen.model_copy(update={"activations": merged})
        elif options.lock and locked:
            raise BadInput(f"--lock {path}: no such file; make it with: {search}")
        elif path and locked:
            raise BadInput(f"{where}: lock: there is no {path}; make it with: {search}")
        chosen = chosen.model_copy(update={"activations": {**chosen.activations, **added}})
        declared = chosen
        chosen = overrides.everywhere(suite.select_tasks(chosen, options.tasks), everywhere)
        files = [*options.files, *suite.plugin_files(named, chosen, where)]

        def parameters(name: str) -> Collection[str]:
            return Plugins(files).activations.get(name, where).model_fields

        chosen = suite.select_activations(chosen, options.activations, parameters)
        hidden: list[str] = []
        if locked and options.overrides:
            tasks = lock.tasks() if lock else {}
            hidden = overrides.hidden(declared, chosen, options.overrides, tasks, Plugins(files))
        store = Store(options.results, chosen.suite, say)
        notes = unsearched.notes(original, chosen) if locked and options.lock is None else {}
        return cls(chosen, where, files, store, lock, path, search, notes, hidden)

    @cached_property
    def jobs(self) -> list[Job]:
        """The jobs of the suite under every name that it gives them, in running order."""
        return expand.declarations(self.suite, self.plugins, self.where)

    @cached_property
    def plugins(self) -> Plugins:
        """All plugins, imported."""
        return Plugins(self.files)

    def lock_notes(self) -> list[str]:
        """What a user should know of the lock file before the jobs run."""
        if self.lock is None or self.lock_file is None:
            return []
        notes = self.lock.notes(self.jobs, self.plugins.sources(), self.suite, self.search)
        return [f"{self.lock_file.name}: {note}" for note in notes]

    @property
    def about(self) -> dict[str, Any]:
        """What the suite's report says of it."""
        return {**self.suite.model_dump(include=ABOUT, exclude_defaults=True), "unsearched": dict(self.unsearched)}

    def plan(self, retry: Sequence[str] = (), shard: str | None = None) -> plan.Plan:
        """The jobs and their stored results, as they are now."""
        return plan.make(self.jobs, self.store, retry, plan.shard(shard) if shard else None)


def _searched(named: str | Mapping[str, Any], chosen: suite.Suite, scale: str | None) -> tuple[suite.Suite, str | None]:
    """The suite of which the settings of a chosen one were found, and its scale: as its file states it, at its full
    size, unless the scale has a lock file of its own."""
    original, _ = suite.load(named)
    if original.lock == chosen.lock:
        return original, None
    original, _ = suite.load(named, (), scale)
    return original if original.lock == chosen.lock else chosen, scale


def _search(options: arguments.SuiteArgs, scale: str | None) -> str:
    """The command that writes the lock file that the options name."""
    flags: dict[str, Sequence[object]] = {
        "--scale": [scale] if scale else [],
        "--out": [options.lock] if options.lock else [],
    }
    return arguments.to_copy("tune", options.suite, flags)


def say(text: str) -> None:
    """Tell the user something that is not a result."""
    print(f"inrbench: {text}", file=sys.stderr)
