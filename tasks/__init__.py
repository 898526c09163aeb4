"""Tasks: one file per plugin. A plugin's author needs only what is re-exported here."""

from tasks.core.base import Baseline, Problem, Size, Task, grid_coords
from tasks.signals.signal import Signal, SignalError

__all__ = ["Baseline", "Problem", "Signal", "SignalError", "Size", "Task", "grid_coords"]
