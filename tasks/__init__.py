"""Tasks, one plugin in each file; see `inrbench.tasks.core.base`. The names for a plugin are those of `inrbench`."""

from inrbench import __getattr__ as __getattr__  # type: ignore[attr-defined]  # lazy: `list signals` needs no PyTorch

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
