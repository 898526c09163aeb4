"""Where settings that a search found are used for something else than what they were found on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inrbench.bench.config.suite import Suite


def notes(original: Suite, chosen: Suite) -> dict[str, str]:
    """A sentence for each task that differs from the one that was searched, by the suite's key of the task.

    Signals that the suite itself reports are never those of its search: it says so, and nothing is said here.

    Args:
        original: the suite as its file states it, with the model, the training and the tasks of its search.
        chosen: the suite as it runs, with settings of a lock file, if there is one.
    """
    if not (original.tuning.signals or original.tuning.leave_one_out or original.lock):
        return {}
    missing = {}
    for task, entry in chosen.tasks.items():
        before, now = dict(original.tasks.get(task) or {}), dict(entry or {})
        if task not in original.tasks or not _has_settings(chosen, task):
            continue
        signals, others = _signals(before.pop("signals", None)), _signals(now.pop("signals", None))
        new = [signal for signal in others if signal not in signals]
        before.pop("classical", None), now.pop("classical", None)
        changes = [
            *_changes("", before, now),
            *_changes("model.", original.model, chosen.model),
            *_changes("train.", original.train, chosen.train),
        ]
        parts = []
        if new:
            searched = original.tuning.signals.get(task) or signals
            parts.append(f"on {', '.join(map(str, searched))} and not on {', '.join(Path(name).name for name in new)}")
        parts += [f"with {key} {old} and not {new_value}" for key, old, new_value in changes]
        if parts:
            missing[task] = (
                f"Scales and learning rates were found {', '.join(parts)}; what is best there need not be best here"
                + (f". Search on it: inrbench try {_word(new[0])} -t {task}" if new else "")
            )
    return missing


def in_short(missing: Mapping[str, str]) -> list[str]:
    """One line for a terminal, or none: the only note, or the tasks that have one under their tables."""
    if len(missing) < 2:
        return [f"{task}: {note}" for task, note in missing.items()]
    tasks = list(missing)
    more = f" and {len(tasks) - 3} more tasks" if len(tasks) > 3 else ""
    return [
        f"scales and learning rates of {', '.join(tasks[:3])}{more} were found on other signals, sizes or budgets; the "
        "notes under their tables say which"
    ]


def _has_settings(suite: Suite, task: str) -> bool:
    """Whether an activation has settings for a task in particular, which are those that a search found."""
    entries = [(entry or {}).get("per_task") for entry in suite.activations.values()]
    keys = [
        str(key).partition("/")[0] for cells in entries if isinstance(cells, Mapping) for key in cells if cells[key]
    ]
    return task in keys


def _signals(names: Any) -> list[str]:
    names = names if isinstance(names, list) else []
    return [str(name.get("path")) if isinstance(name, Mapping) else str(name) for name in names]


def _changes(prefix: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    return [(f"{prefix}{key}", _shown(before.get(key)), _shown(now.get(key))) for key in keys]


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)


def _word(name: str) -> str:
    return f"'{name}'" if " " in name else name
