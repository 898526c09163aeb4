"""inrbench: a fair, reproducible benchmark of activations for implicit neural representations.

The names in this module are public; everything below is private by convention. They are imported on first use, so
``import inrbench`` loads neither torch nor pandas.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inrbench.activations.core.base import Activation, Domain, LogUniform, Param, ParamGroup
    from inrbench.bench import results
    from inrbench.bench.api.explore import Explored, explore
    from inrbench.bench.api.fit import Fit, fit
    from inrbench.bench.api.rank import Ranking, rank
    from inrbench.bench.api.run import run
    from inrbench.bench.api.stored import Results
    from inrbench.bench.optimizers import Optimizer
    from inrbench.report.figures.registry import figure
    from inrbench.tasks.core.base import (
        Baseline,
        Problem,
        Size,
        Task,
        draw,
        grid_coords,
        noise_like,
        picture,
        require,
    )
    from inrbench.tasks.core.operators import Identity, Mask, Operator
    from inrbench.tasks.core.residuals import Residual, Sample, Unmeasured
    from inrbench.tasks.signals.signal import Signal, SignalError

try:
    __version__ = version("inrbench")
except PackageNotFoundError:  # a folder that was copied, not installed
    __version__ = "unknown"

_API = {
    "Explored": "explore",
    "Fit": "fit",
    "Ranking": "rank",
    "Results": "stored",
    "explore": "explore",
    "fit": "fit",
    "rank": "rank",
    "run": "run",
}
"""Names of `inrbench.bench.api` and their modules there."""

_PLACES = (
    "inrbench.tasks.signals.signal",
    "inrbench.activations.core.base",
    "inrbench.tasks.core.base",
    "inrbench.tasks.core.operators",
    "inrbench.tasks.core.residuals",
    "inrbench.bench.optimizers",
    "inrbench.report.figures.registry",
)

__all__ = [
    "Activation",
    "Baseline",
    "Domain",
    "Explored",
    "Fit",
    "Identity",
    "LogUniform",
    "Mask",
    "Operator",
    "Optimizer",
    "Param",
    "ParamGroup",
    "Problem",
    "Ranking",
    "Residual",
    "Results",
    "Sample",
    "Signal",
    "SignalError",
    "Size",
    "Task",
    "Unmeasured",
    "__version__",
    "draw",
    "explore",
    "figure",
    "fit",
    "grid_coords",
    "noise_like",
    "picture",
    "rank",
    "require",
    "results",
    "run",
]

if not TYPE_CHECKING:  # a type checker reads the imports above

    def __getattr__(name: str) -> Any:
        """A public name, imported on first use."""
        if name == "results":
            return import_module("inrbench.bench.results")
        if name in _API:
            return getattr(import_module(f"inrbench.bench.api.{_API[name]}"), name)
        if name in __all__:
            for place in _PLACES:
                if hasattr(module := import_module(place), name):
                    return getattr(module, name)
        raise AttributeError(f"module 'inrbench' has no attribute {name!r}")
