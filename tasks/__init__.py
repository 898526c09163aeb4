"""Tasks, one plugin in each file. The names exported here are all that a usual task needs; see `tasks.core.base`."""

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
