"""Overrides of the command line that more particular settings of a suite hide.

A setting is looked up from general to specific, see `inrbench.bench.config.expand`: an override of ``train.lr`` says
nothing where every activation has a rate of its own, found by a search. One that reaches nothing is refused, with the
way to set it for all; one that reaches a part is a note.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from inrbench.bench.config.settings import Model, Settings, Train
from inrbench.bench.config.strict_yaml import read_yaml
from inrbench.bench.config.suite import Suite
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
        BadInput: if one is no setting of training or model.
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


def hidden(suite: Suite, overrides: Iterable[str], locked: Mapping[str, Collection[str]]) -> list[str]:
    """Notes on overrides that reach only a part of what they name.

    Args:
        suite: with the overrides and with the settings of its lock file, as `inrbench.bench.config.expand` lays it out.
        locked: activation -> task, of those that the lock file has settings for.

    Raises:
        BadInput: if one reaches nothing.
    """
    notes = []
    for override in overrides:
        keys = override.partition("=")[0].strip().split(".")
        cells = [*_cells(suite, keys)]
        hiding = [(name, task, place) for name, task in cells if (place := _place(suite, keys, name, task, locked))]
        if not cells or not hiding:
            continue
        shown = f"--set {override}"
        places = list(dict.fromkeys(place for _, _, place in hiding))
        verb = "go" if len(places) > 1 else "goes"
        why = f"{_listed(places)} {verb} before it; {_remedy(keys, override, suite)}"
        if len(hiding) == len(cells):
            raise BadInput(f"{shown} reaches nothing: {why}")
        reached = f"{len(cells) - len(hiding)} of {len(cells)} pairs of activation and task"
        notes.append(f"{shown} reaches {reached}; elsewhere {why}")
    return notes


def _cells(suite: Suite, keys: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The pairs of activation and task that an override speaks of; none where nothing can hide it."""
    section, *inner = keys
    if section in _KINDS and inner:
        names, tasks = list(suite.activations), list(suite.tasks)
    elif section == "tasks" and len(inner) > 2 and inner[1] in _KINDS:
        names, tasks = list(suite.activations), [inner[0]]
    elif section == "activations" and len(inner) > 1 and inner[1] not in ("per_task", "tasks", "label", "activation"):
        names, tasks = [inner[0]], list(suite.tasks)
    else:
        return
    for name in names:
        chosen = (suite.activations.get(name) or {}).get("tasks")
        for task in tasks:
            if name in suite.activations and task in suite.tasks and (chosen is None or task in chosen):
                yield name, task


def _place(
    suite: Suite, keys: Sequence[str], name: str, task: str, locked: Mapping[str, Collection[str]]
) -> str | None:
    """What hides an override for an activation on a task, None if nothing does."""
    level = ("train", "model", "tasks", "activations").index(keys[0])
    kind = next((key for key in keys if key in _KINDS), None)
    key = keys[keys.index(kind) + 1] if kind and keys.index(kind) + 1 < len(keys) else keys[-1] if not kind else ""
    names = _names(kind, key) if kind else (key,)

    def has(entry: Any) -> bool:
        inside = entry.get(kind) if kind and isinstance(entry, dict) else entry
        return isinstance(inside, dict) and any(each in inside for each in names)

    entry = suite.activations[name] or {}
    particular = entry.get("per_task") or {}
    signals = (suite.tasks[task] or {}).get("signals") or ()
    if has(particular.get(task)) or (signals and all(has(particular.get(f"{task}/{each}")) for each in signals)):
        return "the lock file" if task in locked.get(name, ()) else f"activations.{name}.per_task"
    if level < 3 and has(entry):
        return f"activations.{name}"
    if level < 2 and has(suite.tasks[task]):
        return f"tasks.{task}"
    return None


def _names(kind: str, key: str) -> tuple[str, ...]:
    return _SIZES if kind == "model" and key in _SIZES else (key,)


def _remedy(keys: Sequence[str], override: str, suite: Suite) -> str:
    value = override.partition("=")[2].strip()
    if keys[0] == "activations":
        rest = keys[2:] if keys[2] not in _KINDS else keys[3:]
        return f'set it on every task with -a "{keys[1]}[{".".join(rest)}={value}]"'
    path = ".".join(keys if keys[0] in _KINDS else keys[2:])
    only = f" -t {keys[1]}" if keys[0] == "tasks" else ""
    one = next(iter(suite.activations))
    return (
        f"set it for all with --set {EVERYWHERE}{path}={value}{only}, or for one with "
        f'-a "{one}[{path.partition(".")[2]}={value}]"'
    )


def _listed(places: Sequence[str]) -> str:
    return ", ".join(places[:3]) + (f" and {len(places) - 3} more" if len(places) > 3 else "")
