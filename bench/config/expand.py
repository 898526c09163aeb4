"""Expansion of a suite: tasks × activations × repeats as a list of jobs.

An activation takes part in the tasks that its entry lists under ``tasks``, by default in all of them.

Settings are merged from general to specific: the suite's ``model`` and ``train``, the task's, the activation's, and
the activation's for that task (``per_task``: ``image``) and for one of its signals (``image/camera``). A list given for
a parameter that is not a list is a sweep: each value becomes a method of its own, named like ``wire[omega0=10]``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inrbench.bench.config.job import Job, Plugin, distinct
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.refusal import refusal
from inrbench.bench.config.settings import Model, Train
from inrbench.bench.config.strict_yaml import accepts, validated
from inrbench.bench.config.suite import KINDS, OF_ACTIVATIONS, OF_TASKS, Suite
from inrbench.bench.errors import BadInput, did_you_mean
from inrbench.tasks.signals.load import is_registered, load
from inrbench.tasks.signals.signal import SignalError
from inrbench.tasks.signals.user_file import UserFile

if TYPE_CHECKING:
    from inrbench.tasks.core.base import Task

MAX_JOBS = 1_000_000


def jobs(suite: Suite, plugins: Plugins, where: str) -> list[Job]:
    """Every job of a suite once, under the first name that the suite gives it; see `declarations`."""
    return distinct(declarations(suite, plugins, where))


def declarations(suite: Suite, plugins: Plugins, where: str) -> list[Job]:
    """The jobs that a suite declares, in running order; one that it declares under two names is there twice.

    The activations alternate within a task, so that a drift of the machine's speed affects all of them alike.

    Args:
        where: the name of the suite, at the beginning of messages.

    Raises:
        BadInput: if a task, an activation, a signal or a setting is wrong, or there is nothing to run.
    """
    if not suite.tasks or not suite.activations:
        raise BadInput(
            f"{where}: {'tasks' if not suite.tasks else 'activations'} is empty, so 0 jobs can run; list one"
        )
    cells = [
        cell
        for key, settings in suite.tasks.items()
        for cell in _task_cells(suite, key, settings or {}, plugins, where)
    ]
    signals = {f"{cell.fields['task_key'].partition('[')[0]}/{cell.fields['source']}" for cell in cells}
    for name, settings in suite.activations.items():
        for key in ("per_task", "tasks"):
            words = (settings or {}).get(key)
            for word in map(str, words if isinstance(words, dict | list) else ()):
                if word not in suite.tasks and (key == "tasks" or word not in signals):
                    hint = did_you_mean(word, [*suite.tasks, *(signals if "/" in word else ())])
                    kind = "task and signal" if "/" in word else "task"
                    raise BadInput(f"{where}: activations.{name}.{key}.{word}: no such {kind}{hint}")
    declared: list[Job] = []
    for repeat in range(suite.repeats):
        for cell in cells:
            declared += cell.jobs(repeat)
            if len(declared) > MAX_JOBS:
                raise BadInput(f"{where}: more than {MAX_JOBS:,} jobs; shorten a sweep or lower repeats")
    if not any(cell.methods for cell in cells):
        raise BadInput(f"{where}: no activation takes part in a task, see activations.….tasks; name a task there")
    return declared


@dataclass(frozen=True)
class _Cell:
    """A task with one signal: the fields of its jobs, and those that each method adds."""

    task: Task
    fields: dict[str, Any]
    classical: list[dict[str, Any]]
    methods: list[dict[str, Any]]

    def jobs(self, repeat: int) -> Iterator[Job]:
        """The jobs of a repeat; baselines have none after the first where they would all give the same."""
        for method in self.classical if repeat == 0 or self.task.random else ():
            yield Job(**{**self.fields, **method}, activation=None, model=None, train=None, repeat=repeat)
        for method in self.methods:
            yield Job(**self.fields, **method, baseline=None, repeat=repeat)


def _task_cells(suite: Suite, key: str, settings: dict[str, Any], plugins: Plugins, file: str) -> Iterator[_Cell]:
    """A cell for each swept value and signal of a task."""
    settings = dict(settings)
    where = f"{file}: tasks.{key}"
    train, model = _mapping(settings, "train", where), _mapping(settings, "model", where)
    cls = plugins.tasks.get(settings.pop("task", key), where)
    names, particulars = settings.pop("signals", None), _mapping(settings, "classical", where)
    common = ({**suite.model, **model}, {**suite.train, **train})
    particular = {str(word) for entry in suite.activations.values() for word in (entry or {}).get("per_task") or ()}

    def methods_of(signal: str, task: Task) -> list[dict[str, Any]]:
        return [
            method
            for name, entry in suite.activations.items()
            for method in _methods(name, _on_signal(entry, key, signal), key, task, common, plugins, file)
        ]

    for suffix, params in _sweep(settings, cls, where):
        task = validated(cls, params, file, f"tasks.{key}", (*OF_TASKS, *KINDS))
        plugin = Plugin(cls.name, cls.version, task.model_dump(mode="json"))
        plain = methods_of("", task)
        signals = _signals(names if names is not None else task.signals(), task, where)
        for word in map(str, particulars):
            if "/" in word and (chosen := word.partition("/")[2]) not in (
                sources := [str(source) for source, _ in signals]
            ):
                raise BadInput(f"{where}.classical.{word}: no such signal{did_you_mean(chosen, sources)}")
        for source, signal in signals:
            fields = {
                "suite": suite.suite,
                "task_key": key + suffix,
                "task": plugin,
                "task_label": cls.label,
                "source": source,
                "signal": signal,
            }
            methods = methods_of(str(source), task) if f"{key}/{source}" in particular else plain
            specific = _of_signal(particulars, str(source))
            classical = list(_classical(specific, params, task, file, f"tasks.{key}"))
            yield _Cell(task, fields, classical, methods)


def _of_signal(particulars: Mapping[str, Any], signal: str) -> dict[str, Any]:
    """The values of classical methods on one signal: what ``method/signal`` says goes before ``method``."""
    common = {name: values for name, values in particulars.items() if "/" not in str(name)}
    return common | {
        str(name).partition("/")[0]: values
        for name, values in particulars.items()
        if str(name).partition("/")[2] == signal
    }


def _classical(
    particulars: dict[str, Any], params: dict[str, Any], task: Task, file: str, place: str
) -> Iterator[dict[str, Any]]:
    """The fields of a job that each classical method of a task adds, for each value of its own parameters.

    Args:
        particulars: method -> values of its parameters that the suite gives to it alone; a list is a sweep.
        params: of the task.
    """
    cls = type(task)
    methods = {*task.baselines(), *cls.classical}
    for name in particulars:
        if name not in methods:
            raise BadInput(f"{file}: {place}.classical.{name}: no such method{did_you_mean(name, methods)}")
    for name in (*task.baselines(), *(name for name in particulars if name not in task.baselines())):
        settings, where = _mapping(dict(particulars), name, f"{file}: {place}.classical"), f"{place}.classical.{name}"
        for parameter in settings:
            if parameter not in (allowed := cls.classical.get(name, {})):
                raise BadInput(f"{file}: {where}.{parameter}: not of that method{did_you_mean(parameter, allowed)}")
        for suffix, values in _sweep(settings, cls, f"{file}: {where}"):
            variant = validated(cls, {**params, **values}, file, where) if values else task
            if name not in variant.baselines():
                raise BadInput(f"{file}: {where}: not a method of this task as it is set; leave it out")
            plugin = Plugin(cls.name, cls.version, variant.model_dump(mode="json"))
            yield {"task": plugin, "method": name + suffix, "label": name + suffix, "baseline": name}


def _on_signal(entry: Mapping[str, Any] | None, key: str, signal: str) -> dict[str, Any]:
    """An activation's entry in which what ``per_task`` says for ``task/signal`` stands over what it says for the task.

    What is not of the form is left for its own check.
    """
    merged = dict(entry or {})
    particular = merged.get("per_task")
    special = particular.get(f"{key}/{signal}") if isinstance(particular, dict) else None
    if isinstance(particular, dict) and isinstance(special, dict):
        general = particular.get(key) or {}
        nested = {
            kind: {**(general.get(kind) or {}), **(special.get(kind) or {})}
            for kind in KINDS
            if general.get(kind) or special.get(kind)
        }
        merged["per_task"] = {key: {**general, **special, **nested}}
    return merged


def _signals(names: Any, task: Task, where: str) -> list[tuple[str | UserFile, str]]:
    """(source, name) of each signal; a user's file is read, and refused if the task cannot use it."""
    if not isinstance(names, list | tuple) or not all(isinstance(name, str | Mapping) for name in names):
        raise BadInput(f"{where}.signals: {names!r} is not a list of names; write e.g. [camera]")
    if not names:
        raise BadInput(f"{where}.signals: empty, so 0 jobs can run; name one")
    try:
        return [_signal(name, task) for name in names]
    except SignalError as error:
        raise BadInput(f"{where}.signals: {error}") from error


def _signal(name: str | Mapping[Any, Any], task: Task) -> tuple[str | UserFile, str]:
    source = name if isinstance(name, str) else UserFile.of(name)
    if isinstance(source, str) and is_registered(source):  # not loaded: a suite of many jobs needs the names only
        return source, source
    signal = load(source)
    task.check(signal)
    return source, signal.name


def _methods(
    name: str,
    entry: dict[str, Any],
    key: str,
    task: Task,
    common: tuple[dict[str, Any], dict[str, Any]],
    plugins: Plugins,
    file: str,
) -> list[dict[str, Any]]:
    """The fields of a job that an activation's entry sets for one task, for each combination of swept values.

    Args:
        key: the task's, in the suite.
    """
    entry = dict(entry)
    place = f"activations.{name}"
    where = f"{file}: {place}"
    particular = _mapping(entry, "per_task", where).get(key) or {}
    chosen = entry.pop("tasks", None)
    if not isinstance(chosen, list | None):
        raise BadInput(f"{where}.tasks: {chosen!r} is not a list of tasks; write e.g. [image]")
    if chosen is not None and key not in chosen:
        return []
    if not isinstance(particular, dict):
        raise BadInput(f"{where}.per_task.{key}: {particular!r} is not a mapping (key: value)")
    particular = dict(particular)
    if not isinstance(label := entry.pop("label", None), str | None):
        raise BadInput(f"{where}.label: {label!r} is not text; write it in quotes")
    cls = plugins.activations.get(entry.pop("activation", name), where)
    merged: dict[str, dict[str, Any]] = {}
    for kind, shared in zip(KINDS, common, strict=True):
        merged[kind] = dict(shared)
        for level in (_mapping(entry, kind, where), _mapping(particular, kind, f"{where}.per_task.{key}")):
            if kind == "model" and {"width", "params"} & set(level):  # the more particular way to give a size wins
                merged[kind] = {name: value for name, value in merged[kind].items() if name not in ("width", "params")}
            merged[kind] |= level
    methods = []
    for params_suffix, params in _sweep({**entry, **particular}, cls, where):
        activation = validated(cls, params, file, place, (*OF_ACTIVATIONS, *KINDS))
        for model_suffix, model in _sweep(merged["model"], Model, f"{where}.model"):
            for train_suffix, train in _sweep(merged["train"], Train, f"{where}.train"):
                settings = _with_optimizer(validated(Train, train, file, f"{place}.train"), task, plugins, file, place)
                if task.derivatives and settings.without_residuals:
                    raise BadInput(
                        f"{where}: train.{settings.without_residuals[0]} has no meaning for task {key}, "
                        "which trains on residuals of derivatives; leave it out there"
                    )
                size = validated(Model, model, file, f"{place}.model")
                if cause := refusal(activation, name, task, key, size, settings):
                    raise BadInput(f"{where}: {cause}")
                suffix = (params_suffix + model_suffix + train_suffix).replace("][", ",")
                methods.append(
                    {
                        "method": name + suffix,
                        "label": (label or (cls.label if name == cls.name else name)) + suffix,
                        "activation": Plugin(cls.name, cls.version, activation.model_dump(mode="json")),
                        "model": size,
                        "train": settings,
                    }
                )
    return methods


def _with_optimizer(train: Train, task: Task, plugins: Plugins, file: str, place: str) -> Train:
    """A training whose optimiser is known, has settings that it knows, and goes with the others and with the task."""
    where = f"{file}: {place}.train"
    chosen = train.optimizer
    cls = plugins.optimizers.get(chosen.name, f"{where}.optimizer")
    if chosen.version is not None:
        raise BadInput(f"{where}.optimizer.version: a version is the plugin's own; leave it out")
    validated(cls, chosen.options, file, f"{place}.train.optimizer")
    for name in cls.excludes:
        if getattr(train, name) is not None:
            raise BadInput(f"{where}.{name}: {cls.label} cannot take it; leave it out, or choose another optimizer")
    for name in cls.needs:
        if getattr(train, name) is None:
            raise BadInput(f"{where}.{name}: missing; {cls.label} needs it")
    if task.derivatives and cls.full_batch:
        raise BadInput(
            f"{where}.optimizer: {cls.label} needs the same loss in all steps, and task {task.name} draws points for "
            "each; choose another optimizer there"
        )
    if cls.version == 1:
        return train
    return train.model_copy(update={"optimizer": chosen.model_copy(update={"version": cls.version})})


def _mapping(settings: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    """Take a nested mapping out of settings; an absent one is empty."""
    value = settings.pop(key, None) or {}
    if not isinstance(value, Mapping):
        raise BadInput(f"{where}.{key}: {value!r} is not a mapping (key: value)")
    return dict(value)


def _sweep(settings: Mapping[str, Any], cls: type[Any], where: str) -> list[tuple[str, dict[str, Any]]]:
    """Every combination of the swept values, with the suffix that names it: ``[omega0=10]``."""
    swept = {
        key: value
        for key, value in settings.items()
        if isinstance(value, list) and key in cls.model_fields and not accepts(cls, key, value)
    }
    for key, value in swept.items():
        if not value:
            raise BadInput(f"{where}.{key}: an empty list sweeps over nothing, so 0 jobs can run; give a value")
    combinations = []
    for values in itertools.product(*swept.values()):
        chosen = dict(zip(swept, values, strict=True))
        inside = ",".join(f"{key}={value}" for key, value in chosen.items())
        combinations.append((f"[{inside}]" if inside else "", {**settings, **chosen}))
    return combinations
