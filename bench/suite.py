"""A suite: tasks × activations × repeats, read from YAML and laid out as a list of jobs.

Settings are merged from the general to the particular: the suite's ``model`` and ``train``, then the task's, then the
activation's, then the activation's for that task (``per_task``). Where a list stands for a parameter that is no list
itself, it is a sweep: every value becomes a method of its own, named like ``wire[omega0=10]``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import Field

from bench.errors import BadInput, did_you_mean
from bench.job import Job, Plugin
from bench.registry import Plugins
from bench.settings import Model, Settings, Train, accepts, read_text, read_yaml, validated
from tasks import signals as data

MAX_JOBS = 1_000_000


class Suite(Settings):
    """A suite as its file states it; tasks and activations are checked when it is laid out.

    Attributes:
        suite: its name, which is also the name of its folder of results.
        description, source, deviations, tuning: for the reader: what it is for, what it reproduces, where it differs,
            how its settings were found. They enter no identity.
        scales: smaller sizes of the same experiment, by name: what to put over which keys (``train.steps: 300``).
    """

    suite: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
    description: str = ""
    source: str = ""
    deviations: list[str] = Field(default_factory=list)
    tuning: dict[str, Any] = Field(default_factory=dict)
    scales: dict[str, dict[str, Any]] = Field(default_factory=dict)
    repeats: int = Field(3, ge=1, le=10_000)
    model: dict[str, Any]
    train: dict[str, Any]
    tasks: dict[str, dict[str, Any] | None]
    activations: dict[str, dict[str, Any] | None]


def shipped() -> list[str]:
    """The names of the suites that come with inrbench."""
    return sorted(
        Path(item.name).stem for item in resources.files("bench.suites").iterdir() if item.name.endswith(".yaml")
    )


def load(name: str, overrides: Sequence[str] = (), scale: str | None = None) -> tuple[Suite, str]:
    """A suite by its shipped name or its path, at one of its scales, with ``--set`` overrides; and its name in errors.

    Raises:
        BadInput: if there is no such suite or scale, it is no YAML, or a setting is wrong.
    """
    if name in shipped():
        where, text = f"{name}.yaml", resources.files("bench.suites").joinpath(f"{name}.yaml").read_text("utf-8")
    elif name.endswith((".yaml", ".yml")) or "/" in name:
        where, text = name, read_text(Path(name))
    else:
        raise BadInput(f"unknown suite {name!r}{did_you_mean(name, shipped())} (or give the path of a .yaml file)")
    values = read_yaml(text, where)
    if not isinstance(values, dict):
        raise BadInput(f"{where}: not a suite; it must be a mapping with suite, model, train, tasks and activations")
    if scale is not None:
        scales = validated(Suite, values, where).scales
        if scale not in scales:
            raise BadInput(f"--scale {scale}: {where} has no such scale{did_you_mean(scale, scales)}")
        for path, value in scales[scale].items():
            _put(values, path, value, f"{where}: scales.{scale}.{path}")
        values["suite"] = f"{values['suite']}-{scale}"
    for override in overrides:
        path, equals, value = override.partition("=")
        if not equals:
            raise BadInput(f"--set {override}: write it as key=value, e.g. --set train.steps=50")
        _put(values, path, read_yaml(value, f"--set {override}"), f"--set {override}")
    return validated(Suite, values, where), where


def _put(values: dict[str, Any], path: str, value: Any, where: str) -> None:
    """Put a value under a dotted path of parsed YAML, in place."""
    keys = path.strip().split(".")
    if not all(keys):
        raise BadInput(f"{where}: {path!r} is no key; write it as key.key, e.g. train.steps")
    for key in keys[:-1]:
        if values.get(key) is None:
            values[key] = {}
        values = values[key]
        if not isinstance(values, dict):
            raise BadInput(f"{where}: {key} is a single value, it has no settings inside")
    values[keys[-1]] = value


def select_tasks(suite: Suite, names: Sequence[str]) -> Suite:
    """The suite with only those of its tasks.

    Raises:
        BadInput: if one is not of the suite.
    """
    for name in names:
        if name not in suite.tasks:
            raise BadInput(f"-t {name}: suite {suite.suite} has no such task{did_you_mean(name, suite.tasks)}")
    return suite.model_copy(update={"tasks": {name: suite.tasks[name] for name in names}}) if names else suite


def select_activations(suite: Suite, choices: Sequence[str]) -> Suite:
    """The suite with only the chosen activations: ``NAME`` or ``NAME[key=value,value,key=value]``.

    An activation that the suite lists keeps its settings there, with those in brackets put over them (over the ones
    that hold for a single task too); any other starts from its defaults.

    Raises:
        BadInput: if a choice is not of that form.
    """
    if not choices:
        return suite
    chosen: dict[str, dict[str, Any] | None] = {}
    for choice in choices:
        match = re.fullmatch(r"\s*([^\[\]\s]+)\s*(?:\[(.*)\])?\s*", choice)
        if match is None:
            raise BadInput(f"-a {choice}: write it as NAME or NAME[key=value,...], e.g. -a 'wire[omega0=10,20]'")
        name, inside = match.groups()
        settings = _brackets(choice, inside) if inside else {}
        entry = dict(suite.activations.get(name) or {})
        entry["per_task"] = {
            task: {key: value for key, value in (particular or {}).items() if key not in settings}
            for task, particular in (entry.get("per_task") or {}).items()
        }
        chosen[name] = {**entry, **settings}
    return suite.model_copy(update={"activations": chosen})


def _brackets(choice: str, inside: str) -> dict[str, Any]:
    """``omega0=10,20,scale=5`` as {omega0: [10, 20], scale: 5}."""
    values: dict[str, list[Any]] = {}
    key = None
    for part in inside.split(","):
        if "=" in part:
            key, _, part = (piece.strip() for piece in part.partition("="))
        if key is None:
            raise BadInput(f"-a {choice}: {part.strip()!r} has no key; write key=value, e.g. -a 'wire[omega0=10,20]'")
        values.setdefault(key, []).append(read_yaml(part, f"-a {choice}"))
    return {key: items[0] if len(items) == 1 else items for key, items in values.items()}


def jobs(suite: Suite, plugins: Plugins, where: str) -> list[Job]:
    """Every job of a suite once, under the first name that the suite gives it; see `declared`."""
    return distinct(declared(suite, plugins, where))


def distinct(declared: Iterable[Job]) -> list[Job]:
    """The first of those with one id, in the same order."""
    found: dict[str, Job] = {}
    for job in declared:
        found.setdefault(job.job_id, job)
    return list(found.values())


def declared(suite: Suite, plugins: Plugins, where: str) -> list[Job]:
    """What a suite declares, in the order in which it runs: one activation after another within a task, so that a drift
    of the machine's speed is shared by all of them. A job that it declares under two names is there twice.

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
        for cell in _task_cells(suite, key, settings or {}, plugins, f"{where}: tasks.{key}")
    ]
    for name, settings in suite.activations.items():
        if unknown := set((settings or {}).get("per_task") or {}) - set(suite.tasks):
            word = sorted(unknown)[0]
            if word not in plugins.tasks.names():  # a task that -t left out is fine
                raise BadInput(
                    f"{where}: activations.{name}.per_task.{word}: no such task{did_you_mean(word, suite.tasks)}"
                )
    found: list[Job] = []
    for repeat in range(suite.repeats):
        for cell in cells:
            found += cell(repeat)
            if len(found) > MAX_JOBS:
                raise BadInput(f"{where}: more than {MAX_JOBS:,} jobs; shorten a sweep or lower repeats")
    return found


def _task_cells(suite: Suite, key: str, settings: dict[str, Any], plugins: Plugins, where: str) -> list[Any]:
    """For each signal (and swept value) of a task: a function from the repeat to its jobs."""
    settings = dict(settings)
    train, model = _mapping(settings, "train", where), _mapping(settings, "model", where)
    cls = plugins.tasks.get(settings.pop("task", key), where)
    names = settings.pop("signals", None)
    cells = []
    for suffix, params in _sweep(settings, cls, where):
        task = validated(cls, params, where)
        plugin = Plugin(cls.name, cls.version, task.model_dump(mode="json"))
        task_key = key + suffix
        common = ({**suite.model, **model}, {**suite.train, **train})
        methods = [
            method
            for name, entry in suite.activations.items()
            for method in _methods(
                name, entry or {}, key, common, plugins, f"{where.split(':')[0]}: activations.{name}"
            )
        ]
        for source, signal in _signals(names if names is not None else task.signals(), where):
            base = {"suite": suite.suite, "task_key": task_key, "task": plugin, "source": source, "signal": signal}

            def cell(
                repeat: int, base: dict[str, Any] = base, task: Any = task, methods: Any = methods
            ) -> Iterable[Job]:
                off: dict[str, Any] = {"activation": None, "model": None, "train": None}
                for baseline in task.baselines() if repeat == 0 or task.random else ():
                    yield Job(**base, **off, method=baseline, label=baseline, baseline=baseline, repeat=repeat)
                for method in methods:
                    yield Job(**base, **method, baseline=None, repeat=repeat)

            cells.append(cell)
    return cells


def _signals(names: Any, where: str) -> list[tuple[str, str]]:
    """(source, name) of each signal."""
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise BadInput(f"{where}.signals: {names!r} is not a list of names; write e.g. [camera]")
    if not names:
        raise BadInput(f"{where}.signals: empty, so 0 jobs can run; name one")
    try:
        # A user's file is called by its content, so it has to be read; a registered name says it all.
        return [(name, name if name in data.names() else data.load(name).name) for name in names]
    except data.SignalError as error:
        raise BadInput(f"{where}.signals: {error}") from error


def _methods(
    name: str,
    entry: dict[str, Any],
    task: str,
    common: tuple[dict[str, Any], dict[str, Any]],
    plugins: Plugins,
    where: str,
) -> list[dict[str, Any]]:
    """The fields of a job that an activation's entry settles for one task, for each combination of swept values."""
    entry = dict(entry)
    particular = _mapping(entry, "per_task", where).get(task) or {}
    if not isinstance(particular, dict):
        raise BadInput(f"{where}.per_task.{task}: {particular!r} is not a mapping (key: value)")
    particular = dict(particular)
    if not isinstance(label := entry.pop("label", None), str | None):
        raise BadInput(f"{where}.label: {label!r} is not text; write it in quotes")
    cls = plugins.activations.get(entry.pop("activation", name), where)
    merged: dict[str, dict[str, Any]] = {}
    for kind, shared in zip(("model", "train"), common, strict=True):
        merged[kind] = dict(shared)
        for level in (_mapping(entry, kind, where), _mapping(particular, kind, f"{where}.per_task.{task}")):
            if kind == "model" and {"width", "params"} & set(level):  # the more particular way to give a size wins
                merged[kind] = {key: value for key, value in merged[kind].items() if key not in ("width", "params")}
            merged[kind] |= level
    methods = []
    for params_suffix, params in _sweep({**entry, **particular}, cls, where):
        activation = validated(cls, params, where)
        for model_suffix, model in _sweep(merged["model"], Model, f"{where}.model"):
            for train_suffix, train in _sweep(merged["train"], Train, f"{where}.train"):
                suffix = (params_suffix + model_suffix + train_suffix).replace("][", ",")
                methods.append(
                    {
                        "method": name + suffix,
                        "label": (label or (cls.label if name == cls.name else name)) + suffix,
                        "activation": Plugin(cls.name, cls.version, activation.model_dump(mode="json")),
                        "model": validated(Model, model, f"{where}.model").model_dump(mode="json"),
                        "train": validated(Train, train, f"{where}.train").model_dump(mode="json"),
                    }
                )
    return methods


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
