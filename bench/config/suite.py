"""A suite file: loading, ``--scale`` and ``--set`` overrides, and the choice of tasks and activations (``-t``,
``-a``)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, PositiveFloat, model_validator

from inrbench.bench.config.settings import Model, Settings, Train
from inrbench.bench.config.strict_yaml import read_text, read_yaml, validated
from inrbench.bench.errors import BadInput, did_you_mean
from inrbench.bench.suites import file_of, shipped

__all__ = [
    "KINDS",
    "OF_ACTIVATIONS",
    "OF_TASKS",
    "Claim",
    "Round",
    "Suite",
    "Tuning",
    "beside",
    "load",
    "plugin_files",
    "select_activations",
    "select_tasks",
    "shipped",
]

KINDS = ("model", "train")
"""Keys of a suite, and of its entries, with settings that are no parameters of a plugin."""

OF_TASKS = ("task", "signals", "classical")
OF_ACTIVATIONS = ("activation", "label", "tasks", "per_task")
"""Keys of a suite's entries besides the parameters of the plugin and `KINDS`."""


class Round(Settings):
    """A round of a search by successive halving.

    Attributes:
        trials: settings of each activation on each task, including the defaults; after the first round those that were
            best in the previous one, and the defaults.
        share: steps, as a share of the suite's steps.
    """

    trials: int = Field(ge=1, le=10_000)
    share: float = Field(1.0, gt=0, le=1)


class Tuning(Settings):
    """How the settings of a suite are searched; see `inrbench.bench.tune`.

    Attributes:
        signals: tuning signals of each task; the suite must not report them.
        leave_one_out: search on the reported signals themselves, at least three for each task. Each signal is reported
            with the setting that was best on the others. Leave out `signals` then.
        rates: lowest and highest learning rate, the same for all; the default is in `inrbench.bench.tune`.
        trials: settings of each activation on each task, for a search in one round.
        rounds: rounds of successive halving; the last one uses all steps of the suite.
        all_steps: tasks that are searched in the last round alone, with all the trials of the first. Halving prefers
            what learns fast, and that is a wrong choice where the score falls again once the noise is fitted.
        repeats: repeats of each trial.
        widen: factor by which every range is extended at both ends, for all activations alike.
        seconds: time limit of a trial, for all alike; a trial that takes longer fails.
    """

    signals: dict[str, list[Any]] = Field(default_factory=dict)
    leave_one_out: bool = False
    rates: list[PositiveFloat] | None = Field(None, min_length=2, max_length=2)
    trials: int | None = Field(None, ge=1, le=10_000)
    rounds: list[Round] | None = Field(None, min_length=1)
    all_steps: list[str] = Field(default_factory=list)
    repeats: int = Field(1, ge=1, le=10_000)
    widen: float = Field(1.0, ge=1)
    seconds: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _rounds_halve(self) -> Tuning:
        if self.rounds is not None and self.trials is not None:
            raise ValueError("give trials or rounds, not both")
        if self.leave_one_out and self.signals:
            raise ValueError("give signals or leave_one_out, not both")
        if self.rates is not None and self.rates[0] >= self.rates[1]:
            raise ValueError("rates: the lowest rate comes first")
        if self.rounds is not None and self.rounds[-1].share != 1:
            raise ValueError(
                "the last round must have a share of 1, so that settings are found at the suite's own steps"
            )
        counts = [part.trials for part in self.rounds or ()]
        if counts != sorted(counts, reverse=True):
            raise ValueError("a round cannot have more trials than the one before it")
        return self


class Claim(Settings):
    """What a paper says that a suite reproduces, and what came out here.

    Attributes:
        figure: where the paper says it.
        says: the claim, and if numbers cannot judge it, what to look at.
        full, small: whether it holds at the suite's full size and at its small scale, if it has one, with the numbers.
    """

    figure: str = Field(min_length=1)
    says: str = Field(min_length=1)
    full: str = Field(min_length=1)
    small: str | None = Field(None, min_length=1)

    @property
    def lines(self) -> list[str]:
        """It as sentences, one for each part."""
        texts = [f"{self.figure}: {self.says}", f"Full size: {self.full}"]
        texts += [f"Small scale: {self.small}"] if self.small else []
        return [" ".join(text.split()) for text in texts]


class Suite(Settings):
    """The content of a suite file; tasks and activations are checked when it is laid out.

    Attributes:
        suite: name of the suite and of its results folder.
        description, source, deviations: text for readers: purpose, source, and differences from the source. They are
            not part of any identity.
        claim: the figure of a paper that the suite reproduces, the paper's claim, and whether it holds here.
        tuning: how settings are searched; not part of any identity.
        lock: a file next to the suite with the settings that a search found. ``per_task`` overrides it; see
            `inrbench.bench.config.lock`.
        plugins: files with your activations and tasks, relative to the suite file.
        scales: smaller sizes of the same experiment, by name: values for other keys (``train.steps: 300``).
        repeats: how often each network is trained, with new initial weights and, if the task is random, new
            measurements; the same for all activations.
        model: the size of the networks.
        train: how they are trained.
        tasks: the problems. The key is the task's name or any other name.
        activations: the methods. The key is the activation's name or any other name.
    """

    suite: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")
    description: str = ""
    claim: Claim | None = None
    source: str = ""
    deviations: list[str] = Field(default_factory=list)
    tuning: Tuning = Tuning()
    lock: str | None = Field(None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.lock\.yaml$")
    plugins: list[str] = Field(default_factory=list)
    scales: dict[str, dict[str, Any]] = Field(default_factory=dict)
    repeats: int = Field(3, ge=1, le=10_000)
    model: dict[str, Any]
    train: dict[str, Any]
    tasks: dict[str, dict[str, Any] | None]
    activations: dict[str, dict[str, Any] | None]

    @model_validator(mode="after")
    def _all_steps_are_of_tasks(self) -> Suite:
        for name in self.tuning.all_steps:
            if name not in self.tasks:
                raise ValueError(f"tuning.all_steps: {name!r} is no task of the suite{did_you_mean(name, self.tasks)}")
        return self


def load(name: str | Mapping[str, Any], overrides: Sequence[str] = (), scale: str | None = None) -> tuple[Suite, str]:
    """A suite by its shipped name or its path, at one of its scales, with ``--set`` overrides; and its name in errors.

    A mapping is read as the file that it would be. Settings of its lock file are not in it yet.

    Raises:
        BadInput: if there is no such suite or scale, it is no YAML, or a setting is wrong.
    """
    where = "the suite" if isinstance(name, Mapping) else f"{name}.yaml" if name in shipped() else name
    values = read_yaml(_as_text(name) if isinstance(name, Mapping) else read_text(file_of(name)), where)
    if not isinstance(values, dict):
        raise BadInput(f"{where}: not a suite; it must be a mapping with suite, model, train, tasks and activations")
    if scale is not None:
        scales = validated(Suite, values, where).scales
        if scale not in scales:
            hint = did_you_mean(scale, scales) or " and no other; leave it out"
            raise BadInput(f"--scale {scale}: {where} has no such scale{hint}")
        for path, value in scales[scale].items():
            _put(values, path, value, f"{where}: scales.{scale}.{path}")
        values["suite"] = f"{values['suite']}-{scale}"
    for override in overrides:
        path, equals, value = override.partition("=")
        if not equals:
            raise BadInput(f"--set {override}: write it as key=value, e.g. --set train.steps=50")
        _check_key(path.strip(), f"--set {override}")
        _put(values, path, read_yaml(value, f"--set {override}"), f"--set {override}")
    return validated(Suite, values, where), where


_SECTIONS: dict[str, type[Settings]] = {"train": Train, "model": Model, "tuning": Tuning}
"""Parts of a suite with settings of their own."""


def _check_key(path: str, where: str) -> None:
    """Raise BadInput if a dotted path begins with what no suite has, and say what is like it."""
    top, _, inner = path.partition(".")
    key = inner.partition(".")[0]
    if top not in Suite.model_fields:
        same = [f"{name}.{top}" for name, cls in _SECTIONS.items() if top in cls.model_fields]
        near = f" — did you mean {same[0]!r}?" if same else did_you_mean(top, Suite.model_fields)
        raise BadInput(f"{where}: a suite has no setting {top!r}{near}")
    if key and top in _SECTIONS and key not in (fields := _SECTIONS[top].model_fields):
        raise BadInput(f"{where}: {top} has no setting {key!r}{did_you_mean(key, fields)}")


def _as_text(values: Mapping[str, Any]) -> str:
    """A suite that is given as a mapping, as JSON, which is YAML; paths as text."""
    try:
        return json.dumps(values, default=_plain)
    except (TypeError, ValueError) as error:
        raise BadInput(f"the suite: {error}; give numbers, texts, lists and mappings") from error


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{value!r} is not a value of a suite")


def beside(name: str | Mapping[str, Any], file: str) -> Path:
    """The path of a file in the folder of a suite, which `load` knows by this name; of a mapping the current folder."""
    if isinstance(name, Mapping):
        return Path(file)
    return file_of(name).parent / file


def plugin_files(name: str | Mapping[str, Any], suite: Suite, where: str) -> list[Path]:
    """The plugin files that a suite names, which `load` knows by this name.

    Raises:
        BadInput: if one is missing.
    """
    paths = [beside(name, file).resolve() for file in suite.plugins]
    for path in paths:
        if not path.is_file():
            raise BadInput(f"{where}: plugins: there is no {path}; a file is named relative to the suite's")
    return paths


def _put(values: dict[str, Any], path: str, value: Any, where: str) -> None:
    """Put a value under a dotted path of parsed YAML, in place."""
    keys = path.strip().split(".")
    if not all(keys):
        raise BadInput(f"{where}: {path!r} is not a key; write it as key.key, e.g. train.steps")
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
    if not names:
        return suite
    left_out = set(suite.tasks) - set(names)
    update = {
        "tasks": {name: suite.tasks[name] for name in names},
        "activations": {name: _without(entry, left_out) for name, entry in suite.activations.items()},
    }
    return suite.model_copy(update=update)


def _without(entry: dict[str, Any] | None, tasks: set[str]) -> dict[str, Any]:
    """An activation's entry without what it says on some tasks. What is not of the form is left for its own check."""
    result = dict(entry or {})
    if isinstance(particular := result.get("per_task"), dict):
        result["per_task"] = {
            key: settings for key, settings in particular.items() if str(key).partition("/")[0] not in tasks
        }
    if isinstance(chosen := result.get("tasks"), list):
        result["tasks"] = [task for task in chosen if task not in tasks]
    return result


def select_activations(
    suite: Suite, choices: Sequence[str], parameters: Callable[[str], Collection[str]] = lambda _: ()
) -> Suite:
    """The suite with only the chosen activations: ``NAME`` or ``NAME[key=value,value,key=value]``.

    An activation that the suite lists keeps its settings there, with those in brackets put over them (over the ones
    that hold for a single task too); any other starts from its defaults. What is a setting of
    training or model and not a parameter of the activation, such as ``lr``, is that; ``train.lr`` says so in full.

    Args:
        parameters: those of an activation, by its plugin's name.

    Raises:
        BadInput: if a choice is not of that form, or one activation is chosen twice with different settings.
    """
    if not choices:
        return suite
    chosen: dict[str, dict[str, Any] | None] = {}
    for choice in choices:
        match = re.fullmatch(r"\s*([^\[\]\s]+)\s*(?:\[(.*)\])?\s*", choice)
        if match is None:
            raise BadInput(f"-a {choice}: write it as NAME or NAME[key=value,...], e.g. -a 'wire[omega0=10,20]'")
        name, inside = match.groups()
        entry = dict(suite.activations.get(name) or {})
        for key, value in (_brackets(choice, inside) if inside else {}).items():
            entry = _put_over(entry, *_kind(key, str(entry.get("activation", name)), parameters), value)
        if chosen.setdefault(name, entry) != entry:
            raise BadInput(
                f"-a {choice}: {name} is chosen before with other settings; write a sweep, e.g. -a "
                "'wire[omega0=10,20]', or give each an entry of its own in a suite"
            )
    return suite.model_copy(update={"activations": chosen})


def _kind(key: str, name: str, parameters: Callable[[str], Collection[str]]) -> tuple[str, str]:
    """What a key in brackets sets, ``"train"``, ``"model"`` or nothing for a parameter, and its name there."""
    for kind in ("train", "model"):
        if key.startswith(f"{kind}."):
            return kind, key.removeprefix(f"{kind}.")
        if key in _SECTIONS[kind].model_fields and key not in parameters(name):
            return kind, key
    return "", key


def _put_over(entry: dict[str, Any], kind: str, key: str, value: Any) -> dict[str, Any]:
    """An activation's entry with a setting instead of that of the entry and of each ``per_task``."""
    same = ("width", "params") if kind == "model" and key in ("width", "params") else (key,)

    def without(settings: Any) -> dict[str, Any]:
        result = dict(settings or {})
        inside = dict(result.get(kind) or {}) if kind else result
        inside = {name: value for name, value in inside.items() if name not in same}
        return {**result, kind: inside} if kind else inside

    bare = without(entry)
    bare["per_task"] = {task: without(settings) for task, settings in (entry.get("per_task") or {}).items()}
    if not kind:
        return {**bare, key: value}
    return {**bare, kind: {**bare[kind], key: value}}


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
