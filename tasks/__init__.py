"""Tasks, one plugin in each file. The names exported here are all that a usual task needs; see `tasks.core.base`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasks.core.base import Baseline, Problem, Size, Task, draw, grid_coords, noise_like, picture, require
    from tasks.core.operators import Identity, Mask, Operator
    from tasks.core.residuals import Residual, Sample, Unmeasured
    from tasks.signals.signal import Signal, SignalError

__all__ = [
    "Baseline",
    "Identity",
    "Mask",
    "Operator",
    "Problem",
    "Residual",
    "Sample",
    "Signal",
    "SignalError",
    "Size",
    "Task",
    "Unmeasured",
    "draw",
    "grid_coords",
    "noise_like",
    "picture",
    "require",
]

if not TYPE_CHECKING:  # a type checker reads the imports above

    def __getattr__(name: str) -> Any:
        """An exported name, imported on first use so that listing the signals does not load torch."""
        if name in __all__:
            for module in ("tasks.signals.signal", "tasks.core.operators", "tasks.core.residuals", "tasks.core.base"):
                if hasattr(found := import_module(module), name):
                    return getattr(found, name)
        raise AttributeError(f"module 'tasks' has no attribute {name!r}")
