"""Tasks: one file per plugin. A plugin's author needs only what is re-exported here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasks.core.base import Baseline, Problem, Size, Task, grid_coords
    from tasks.signals.signal import Signal, SignalError

__all__ = ["Baseline", "Problem", "Signal", "SignalError", "Size", "Task", "grid_coords"]


def __getattr__(name: str) -> Any:
    """Import on first use: a list of signals (`tasks.signals`) must not wait for torch."""
    if name not in __all__:
        raise AttributeError(f"module 'tasks' has no attribute {name!r}")
    return getattr(import_module("tasks.signals.signal" if name.startswith("Signal") else "tasks.core.base"), name)
