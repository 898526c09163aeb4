"""Overrides of the command line that more particular settings of a suite hide.

A setting is looked up from general to specific, see `inrbench.bench.config.expand`: an override of ``train.lr`` says
nothing where every activation has a rate of its own, found by a search. One that reaches nothing is refused, with the
way to set it for all; one that reaches a part is a note.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.settings import Model, Settings, Train
from inrbench.bench.config.strict_yaml import accepts, read_yaml
from inrbench.bench.config.suite import OF_ACTIVATIONS, OF_TASKS, Suite, Tuning
from inrbench.bench.errors import BadInput, did_you_mean

EVERYWHERE = "all."
"""Begins the key of an override that goes before every more particular one: ``all.train.lr=0.01``."""

_KINDS: dict[str, type[Settings]] = {"train": Train, "model": Model}
_SIZES = ("width", "params")
"""Two ways to give a size: one of them hides the other."""


def split(overrides: Sequence[str]) -> tuple[list[str], list[str]]:
    """The usual overrides, and those that go before every more particular setting."""
    usual = [override for override in overrides if not override.startswith(EVERYWHERE)]
    return usual, [override for override in overrides if override.startswith(EVERYWHERE)]


def everywhere(suite: Suite, overrides: Iterable[str]) -> Suite:
    """The suite with overrides like ``all.train.lr=0.01`` put instead of every such setting in it.

    Raises:
        BadInput: if one is not a setting of training or model.
    """
    for override in overrides:
        path, equals, text = override.removeprefix(EVERYWHERE).partition("=")
        kind, _, key = path.strip().partition(".")
        if not equals or kind not in _KINDS:
            raise BadInput(f"--set {override}: write it as all.train.KEY=VALUE or all.model.KEY=VALUE")
        if key not in (fields := _KINDS[kind].model_fields):
            raise BadInput(f"--set {override}: {kind} has no setting {key!r}{did_you_mean(key, fields)}")
        names = _names(kind, key)
        common = {name: value for name, value in getattr(suite, kind).items() if name not in names}
        update = {
            kind: {**common, key: read_yaml(text, f"--set {override}")},
            "tasks": _without(suite.tasks, kind, names),
            "activations": _without(suite.activations, kind, names),
        }
        suite = suite.model_copy(update=update)
    return suite


def _without(entries: Mapping[str, Any], kind: str, names: Sequence[str]) -> dict[str, Any]:
    """Entries of tasks or activations without some settings of training or model, wherever they stand."""

    def stripped(entry: Any) -> Any:
        if not isinstance(entry, dict):
            return entry
        result = dict(entry)
        if isinstance(result.get(kind), dict):
            result[kind] = {key: value for key, value in result[kind].items() if key not in names}
        if isinstance(result.get("per_task"), dict):
            result["per_task"] = {key: stripped(value) for key, value in result["per_task"].items()}
        return result

    return {key: stripped(entry) for key, entry in entries.items()}


@dataclass(frozen=True)
class _Setting:
    """What an override names: a setting, and the part of the suite that it is declared for.

    Attributes:
        level: 0 the suite, 1 a task, 2 an activation, 3 an activation on a task, 4 on one signal of it.
        kind: ``"train"``, ``"model"``, or nothing for a parameter of the plugin itself.
        names: the setting's key, and those of which one hides it.
        activation, task: keys in the suite; None for all.
    """

    level: int
    kind: str
    names: tuple[str, ...]
    activation: str | None = None
    task: str | None = None

    @classmethod
    def of(cls, keys: Sequence[str]) -> _Setting | None:
        """The setting under a path of keys; None where nothing can hide it."""
        section, *rest = keys
        if section in _KINDS:
            return cls._within(0, keys)
        if section == "tasks" and len(rest) > 1 and rest[1] not in OF_TASKS:
            return cls._within(1, rest[1:], task=rest[0])
        if section == "activations" and len(rest) > 3 and rest[1] == "per_task":
            return cls._within(4 if "/" in rest[2] else 3, rest[3:], rest[0], rest[2].partition("/")[0])
        if section == "activations" and len(rest) > 1 and rest[1] not in OF_ACTIVATIONS:
            return cls._within(2, rest[1:], rest[0])
        return None

    @classmethod
    def _within(
        cls, level: int, keys: Sequence[str], activation: str | None = None, task: str | None = None
    ) -> _Setting | None:
        kind, key = (keys[0], keys[1:2]) if keys[0] in _KINDS else ("", keys[:1])
        return cls(level, kind, _names(kind, key[0]), activation, task) if key else None

    def inside(self, entry: Any) -> bool:
        """Whether the entry of a task or an activation sets it."""
        place = entry.get(self.kind) if self.kind and isinstance(entry, Mapping) else entry
        return isinstance(place, Mapping) and any(name in place for name in self.names)


def unread(overrides: Iterable[str], *, search: bool, scale: str | None, lock: Path | None) -> None:
    """Refuse overrides of what a command does not read.

    Args:
        search: whether the command searches settings: it then reads ``tuning``.
        scale, lock: the options ``--scale`` and ``--lock``.

    Raises:
        BadInput: if there is one.
    """
    for override in overrides:
        keys = _keys(override)
        if keys[0] == "scales":
            how = f"comes after --scale {scale}" if scale else "asks for no --scale"
            raise BadInput(f"--set {override} reaches nothing: it {how}; set the keys inside it themselves")
        if keys == ["lock"] and lock:
            raise BadInput(f"--set {override} reaches nothing: --lock {lock} overrides it; give one of them")
        if keys[0] == "tuning" and not search:
            raise BadInput(f"--set {override} reaches nothing: only inrbench tune and inrbench try read it")


def unread_by_search(overrides: Sequence[str], tuning: Tuning) -> list[str]:
    """Notes on overrides that the trials of `inrbench tune` do not see, only the run after it."""
    named = tuning.leave_one_out or any(_keys(override)[:2] == ["tuning", "signals"] for override in overrides)
    notes = []
    for override in overrides:
        keys = _keys(override)
        if keys == ["repeats"]:
            notes.append(f"--set {override} is for the run: trials are repeated as tuning.repeats says")
        if keys[0] == "tasks" and keys[2:] == ["signals"] and not named:
            searched = ", ".join(map(str, tuning.signals.get(keys[1], ())))
            notes.append(
                f"--set {override} is for the run: trials are on {searched}, as tuning.signals.{keys[1]} says; to "
                "search on a signal of your own: inrbench try"
            )
    return notes


def hidden(
    declared: Suite, suite: Suite, overrides: Iterable[str], locked: Mapping[str, Collection[str]], plugins: Plugins
) -> list[str]:
    """Notes on overrides that reach only a part of what they name.

    Args:
        declared: the suite with the overrides, before activations and tasks of it are chosen.
        suite: with the chosen ones and with the settings of its lock file.
        locked: activation -> task, of those that the lock file has settings for.

    Raises:
        BadInput: if one reaches nothing.
    """
    notes = []
    for override in overrides:
        for keys in _leaves(override):
            shown = f"--set {override}" + (f": {'.'.join(keys)}" if keys != _keys(override) else "")
            if left_out := _left_out(declared, suite, keys):
                raise BadInput(f"{shown} reaches nothing: {left_out}")
            places, count, unit = _places(suite, keys, locked, plugins)
            if not places:
                continue
            names = list(dict.fromkeys(places))
            why = f"{_listed(names)} {'override' if len(names) > 1 else 'overrides'} it"
            why += "".join(f"; {remedy}" for remedy in _remedy(keys, override, suite))
            if len(places) == count:
                raise BadInput(f"{shown} reaches nothing: {why}")
            notes.append(f"{shown} reaches {count - len(places)} of {count} {unit}; elsewhere {why}")
    return notes


def _keys(override: str) -> list[str]:
    return override.removeprefix(EVERYWHERE).partition("=")[0].strip().split(".")


def _leaves(override: str) -> Iterator[list[str]]:
    """The paths of all values that an override sets: several where it sets a mapping, ``train={lr: 0.01}``."""

    def below(keys: list[str], value: Any) -> Iterator[list[str]]:
        if not isinstance(value, Mapping) or not value:
            yield keys
            return
        for key, inner in value.items():
            yield from below([*keys, str(key)], inner)

    return below(_keys(override), read_yaml(override.partition("=")[2], f"--set {override}"))


def _left_out(declared: Suite, suite: Suite, keys: Sequence[str]) -> str:
    """Why what an override names takes no part at all; empty if it does."""
    section, *rest = keys
    if section == "tasks" and rest and rest[0] in declared.tasks and rest[0] not in suite.tasks:
        return f"-t leaves {rest[0]} out"
    if section != "activations" or not rest or rest[0] not in declared.activations:
        return ""
    name = rest[0]
    if name not in suite.activations:
        return f"-a leaves {name} out"
    if rest[1:2] != ["per_task"] or len(rest) < 3:
        return ""
    task = rest[2].partition("/")[0]
    if task in declared.tasks and task not in suite.tasks:
        return f"-t leaves {task} out"
    chosen = (suite.activations[name] or {}).get("tasks")
    return f"activations.{name}.tasks leaves {task} out" if isinstance(chosen, list) and task not in chosen else ""


def _places(
    suite: Suite, keys: Sequence[str], locked: Mapping[str, Collection[str]], plugins: Plugins
) -> tuple[list[str], int, str]:
    """What hides an override, once for each part of the suite where something does; the number of parts; their kind."""
    setting = _Setting.of(keys)
    if setting is None:
        return [], 0, ""
    if setting.level == 1 and not setting.kind:
        own = [*_classical(suite, setting, plugins)]
        return own, max(1, len(own)), "classical methods"
    cells = list(_cells(suite, setting))
    places = [place for cell in cells if (place := _place(suite, setting, *cell, locked, plugins))]
    return places, len(cells), "pairs of activation and task"


def _signals(suite: Suite, task: str, plugins: Plugins) -> list[str]:
    """The signals of a task: those that the suite names, or the plugin's own."""
    entry = suite.tasks[task] or {}
    names = entry.get("signals")
    if names is None:
        cls = plugins.tasks.get(str(entry.get("task", task)))
        fields = {key: value for key, value in entry.items() if key in cls.model_fields and accepts(cls, key, value)}
        names = cls(**fields).signals()
    return [str(name.get("path") if isinstance(name, Mapping) else name) for name in names]


def _for_all(suite: Suite, task: str, particular: Mapping[str, Any], plugins: Plugins) -> bool:
    """Whether a mapping has a key for each signal of a task."""
    return bool(particular) and all(signal in particular for signal in _signals(suite, task, plugins))


def _classical(suite: Suite, setting: _Setting, plugins: Plugins) -> Iterator[str]:
    """The places that set a parameter of classical methods, where each method that has it has its own value."""
    assert setting.task is not None
    entry = suite.tasks[setting.task] or {}
    if not isinstance(particular := entry.get("classical"), dict):
        return
    (key,) = setting.names
    cls = plugins.tasks.get(str(entry.get("task", setting.task)))
    methods = [name for name, ranges in cls.classical.items() if key in ranges]
    having = {word for word, values in particular.items() if isinstance(values, Mapping) and key in values}

    def own(method: str) -> bool:
        signals = {word.partition("/")[2]: None for word in having if word.startswith(f"{method}/")}
        return method in having or _for_all(suite, str(setting.task), signals, plugins)

    if methods and all(map(own, methods)):
        yield from (f"tasks.{setting.task}.classical.{method}" for method in methods)


def _cells(suite: Suite, setting: _Setting) -> Iterator[tuple[str, str]]:
    """The pairs of activation and task that a setting is declared for."""
    for name, entry in suite.activations.items():
        chosen = (entry or {}).get("tasks")
        for task in suite.tasks:
            declared = setting.activation in (None, name) and setting.task in (None, task)
            if declared and (chosen is None or task in chosen):
                yield name, task


def _place(
    suite: Suite, setting: _Setting, name: str, task: str, locked: Mapping[str, Collection[str]], plugins: Plugins
) -> str | None:
    """What hides a setting for an activation on a task, None if nothing does."""
    entry = suite.activations[name] or {}
    particular = found if isinstance(found := entry.get("per_task"), dict) else {}
    words = [word for word, each in particular.items() if word.startswith(f"{task}/") and setting.inside(each)]
    of_signals = {word.partition("/")[2]: None for word in words}
    if (setting.level < 4 and _for_all(suite, task, of_signals, plugins)) or (
        setting.level < 3 and setting.inside(particular.get(task))
    ):
        return "the lock file" if task in locked.get(name, ()) else f"activations.{name}.per_task"
    if setting.level < 2 and setting.inside(entry):
        return f"activations.{name}"
    if setting.level < 1 and setting.inside(suite.tasks[task]):
        return f"tasks.{task}"
    return None


def _names(kind: str, key: str) -> tuple[str, ...]:
    return _SIZES if kind == "model" and key in _SIZES else (key,)


def _remedy(keys: Sequence[str], override: str, suite: Suite) -> Iterator[str]:
    """What to write to set it nevertheless, if there is a way on the command line."""
    value = override.partition("=")[2].strip()
    if override.startswith(EVERYWHERE):
        yield "leave it out of the brackets of -a"
    elif keys != _keys(override):
        yield "set each of its keys by itself"
    elif keys[0] == "activations" and "per_task" not in keys:
        rest = keys[2:] if keys[2] not in _KINDS else keys[3:]
        yield f'set it on every task with -a "{keys[1]}[{".".join(rest)}={value}]"'
    elif keys[0] in _KINDS or (keys[0] == "tasks" and keys[2] in _KINDS):
        path = ".".join(keys if keys[0] in _KINDS else keys[2:])
        only = f" -t {keys[1]}" if keys[0] == "tasks" else ""
        one = next(iter(suite.activations))
        yield (
            f"set it for all with --set {EVERYWHERE}{path}={value}{only}, or for one with "
            f'-a "{one}[{path.partition(".")[2]}={value}]"'
        )
    else:
        yield "set it there"


def _listed(places: Sequence[str]) -> str:
    return ", ".join(places[:3]) + (f" and {len(places) - 3} more" if len(places) > 3 else "")
