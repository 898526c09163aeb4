"""The command `list`: activations, tasks, signals and suites."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bench import arguments
from bench.config import suite
from bench.config.declared import listed


def listing(options: arguments.List) -> int:
    """Print one kind of list, for people or as JSON; returns the exit code."""
    rows = _LISTS[options.kind](options)
    if options.json:
        print(json.dumps(rows, indent=2))
        return 0
    for row in rows:
        name, *others = (_shown(value) for value in row.values())
        print(f"{name:<22} {'  '.join(text for text in others if text)}")
    return 0


def _shown(value: Any) -> str:
    """A value of a list for people: parameters that are off are left out."""
    if isinstance(value, dict):
        return " ".join(f"{key}={item}" for key, item in value.items() if item is not None)
    return "" if value is None else str(value)


def _suites_listed(options: arguments.List) -> list[dict[str, Any]]:
    return [{"name": name, "about": " ".join(suite.load(name)[0].description.split())} for name in suite.shipped()]


def _signals_listed(options: arguments.List) -> list[dict[str, Any]]:
    from tasks.signals.load import describe

    return [dict(row) for row in describe()]


_LISTS: dict[str, Callable[[arguments.List], list[dict[str, Any]]]] = {
    "activations": lambda options: listed("activations", options.files),
    "tasks": lambda options: listed("tasks", options.files),
    "signals": _signals_listed,
    "suites": _suites_listed,
}
