"""Lock file of a suite: the settings that a search found for each activation on each task, and how.

`inrbench tune` writes it beside the suite that names it under ``lock``. The settings are those of ``per_task`` where
the suite itself names no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Sources, files_sha256
from inrbench.bench.config.settings import Settings
from inrbench.bench.config.strict_yaml import EXPONENT, read_text, read_yaml, validated
from inrbench.bench.config.suite import KINDS, Suite
from inrbench.bench.errors import BadInput

_HEAD = """\
# Settings found by `inrbench tune`, which writes this file; the suite says under `tuning` how it searches.
# settings: {} where the defaults were best. score: mean final score of the best trial, on signals that the suite does
# not report; where it leaves one out, the mean over all signals, and signals: the settings that were best on the others
# of each. trials: how many there were, and how many of them failed. edges: values among the outermost of all trials.
# source: hash of the two plugins at that time.
"""


class TunedSettings(Settings):
    """The best trial of an activation on a task.

    Attributes:
        settings: parameters of the activation, and ``train`` with the learning rate; none if the defaults were best.
        signals: the settings for each signal of the suite that were best on the others, where it leaves one out.
        metric, score: the task's main metric and its mean over the signals of the search.
        trials, failed: trials of the first round, and those of all rounds that did not end well.
        edges: names of the settings whose value is among the outermost of all trials, with ``low`` or ``high``.
        source: the first digits of the hash of the plugins' files.
    """

    settings: dict[str, Any]
    metric: str
    score: float
    trials: int
    failed: int = 0
    edges: list[str] = []
    source: str
    signals: dict[str, dict[str, Any]] = {}


class Lock(Settings):
    """A lock file.

    Attributes:
        suite: the suite that was searched.
        model, train: its settings at that time.
        activations: the activation's name in the suite -> the task's -> what was found.
    """

    suite: str
    model: dict[str, Any]
    train: dict[str, Any]
    activations: dict[str, dict[str, TunedSettings]]

    @classmethod
    def read(cls, path: Path) -> Lock | None:
        """The lock file at a path; None if there is none.

        Raises:
            BadInput: if the file is not a lock file.
        """
        if not path.exists():
            return None
        values = read_yaml(read_text(path), str(path))
        if not isinstance(values, dict):
            raise BadInput(f"{path}: not a lock file; write it again with inrbench tune")
        return validated(cls, values, str(path))

    def write(self, path: Path) -> None:
        """Write it, one line for each activation and task.

        Raises:
            BadInput: if it cannot be written.
        """
        lines = [_HEAD + f"suite: {self.suite}"]
        lines += [f"{key}: {flow(getattr(self, key))}" for key in KINDS]
        lines.append("activations:" if self.activations else "activations: {}")
        for name, tasks in sorted(self.activations.items()):
            lines.append(f"  {name}:")
            lines += [f"    {task}: {flow(tuned.model_dump(exclude_defaults=True))}" for task, tuned in tasks.items()]
        try:
            atomic_write(path, ("\n".join(lines) + "\n").encode())
        except OSError as error:
            raise BadInput(
                f"{path}: cannot be written ({error.strerror}); give a copy of the suite elsewhere"
            ) from error

    def updated(self, other: Lock) -> Lock:
        """This lock with what another one, of the same suite, holds."""
        both = {name: dict(tasks) for name, tasks in self.activations.items()}
        for name, tasks in other.activations.items():
            both.setdefault(name, {}).update(tasks)
        return other.model_copy(update={"activations": both})

    def applied(
        self, activations: Mapping[str, Mapping[str, Any] | None], *, over: bool = False
    ) -> dict[str, dict[str, Any]]:
        """The activations of a suite with the settings found under those that it names for a task itself.

        Args:
            over: put them over these, of which a model and what else was not searched is left.
        """
        result = {}
        for name, entry in activations.items():
            merged = dict(entry or {})
            particular = dict(merged.get("per_task") or {})
            for task, tuned in self.activations.get(name, {}).items():
                for word in [word for word in particular if word.partition("/")[0] == task and over]:
                    particular[word] = _not_searched(particular[word])
                declared = particular.get(task) or {}
                particular[task] = under(tuned.settings, declared)
                for signal, settings in tuned.signals.items():
                    place = f"{task}/{signal}"
                    particular[place] = under(under(settings, declared), particular.get(place) or {})
            result[name] = {**merged, "per_task": particular}
        return result

    def tasks(self) -> dict[str, set[str]]:
        """The tasks of each activation that something was found for."""
        return {name: {key.partition("/")[0] for key in tuned} for name, tuned in self.activations.items()}

    def notes(self, jobs: Iterable[Job], sources: Sources, suite: Suite, search: str) -> list[str]:
        """What a user should know before these jobs run: settings that are missing, or older than what they are for.

        ``search`` is the command that writes the file.
        """
        missing, older = set(), set()
        for job in jobs:
            name = job.method.partition("[")[0]
            if job.activation is None:
                continue
            tuned = self.activations.get(name, {}).get(job.task_key.partition("[")[0])
            if tuned is None:
                missing.add(name)
            elif tuned.source != source(sources, job.task.name, job.activation.name):
                older.add(name)
        notes = []
        if older:
            again = _again(search, older)
            notes.append(f"older than its plugin or the task's for {_names(older)}; {again}")
        if missing:
            again = _again(search, missing)
            notes.append(f"without settings of {_names(missing)} on some task, which has its defaults; {again}")
        if (suite.model, suite.train) != (self.model, self.train):
            notes.append(
                "found with another model or train than the suite has now; what was best there need not be here"
            )
        return notes


def under(found: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that a search found, under those that a suite declares for a task itself."""
    train, own = found.get("train") or {}, declared.get("train") or {}
    result = {**found, **declared, "train": {**train, **own}}
    if found.get("model") and declared.get("model"):
        result["model"] = {**found["model"], **declared["model"]}
    if "optimizer" in train and "optimizer" in own:
        first, second = optimizer(train), optimizer(own)
        result["train"]["optimizer"] = {**first, **second} if first["name"] == second["name"] else second
    return result


def optimizer(train: Mapping[str, Any]) -> dict[str, Any]:
    """The optimiser of ``train``, as a mapping of its name and what is set of it."""
    chosen = train.get("optimizer", "adam")
    return dict(chosen) if isinstance(chosen, Mapping) else {"name": chosen}


def searchable(activations: Mapping[str, Mapping[str, Any] | None]) -> dict[str, dict[str, Any]]:
    """The activations of a suite for a search whose result goes over what ``per_task`` says, see `Lock.applied`: of
    that, only what no search finds is left."""
    result = {name: dict(entry or {}) for name, entry in activations.items()}
    for entry in result.values():
        if isinstance(particular := entry.get("per_task"), Mapping):
            entry["per_task"] = {word: _not_searched(settings) for word, settings in particular.items()}
    return result


def _not_searched(particular: Any) -> Any:
    """What the entry of a task has beside parameters and the learning rate; what is no entry is left for its check."""
    if not isinstance(particular, Mapping):
        return particular
    train = {key: value for key, value in (particular.get("train") or {}).items() if key != "lr"}
    return {**{key: value for key, value in particular.items() if key == "model"}, "train": train}


def source(sources: Sources, task: str, activation: str) -> str:
    """The first digits of the hash of the files of a task and an activation."""
    return files_sha256([sources["task"][task], sources["activation"][activation]])[:12]


def _again(search: str, names: set[str]) -> str:
    chosen = " ".join(f"-a {name}" for name in sorted(names)) if len(names) < 5 else ""
    return f"search again with: {search} {chosen}".rstrip()


def _names(names: set[str]) -> str:
    shown = sorted(names)
    return ", ".join(shown[:6]) + (f" and {len(shown) - 6} more" if len(shown) > 6 else "")


def flow(value: Any) -> str:
    """A value as YAML on one line."""
    text: str = yaml.dump(value, Dumper=_Dumper, default_flow_style=True, sort_keys=False, width=10_000)
    return text.strip()


class _Dumper(yaml.SafeDumper):
    """Quotes what a suite's reader takes for a number: a hash such as 12345e678901 is text."""


_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", EXPONENT, list("-+0123456789"))
