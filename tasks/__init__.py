"""Tasks, one plugin in each file. The names exported here are all that a usual task needs; see `tasks.core.base`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inrbench.tasks.core.base import Baseline, Problem, Size, Task, draw, grid_coords, noise_like, picture, require
    from inrbench.tasks.core.operators import Identity, Mask, Operator
    from inrbench.tasks.core.residuals import Residual, Sample, Unmeasured
    from inrbench.tasks.signals.signal import Signal, SignalError

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
            for module in ("signals.signal", "core.operators", "core.residuals", "core.base"):
                if hasattr(found := import_module(f"{__name__}.{module}"), name):
                    return getattr(found, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
