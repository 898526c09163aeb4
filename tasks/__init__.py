"""Tasks, one plugin in each file; see `inrbench.tasks.core.base`. The names for a plugin are those of `inrbench`."""

from inrbench import __getattr__ as __getattr__  # type: ignore[attr-defined]  # lazy: `list signals` needs no PyTorch
