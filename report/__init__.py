"""Report of a suite: tables, figures and one page from stored results, without torch, tasks or activations.

Example:
    >>> from inrbench import report
    >>> from inrbench.bench.store.store import Store
    >>> written = report.write(Store("results", "quick"))  # doctest: +SKIP
    >>> print(written.tables[0])  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from inrbench.report.source import NoResults

if TYPE_CHECKING:
    from inrbench.report.writer import Report, write

__all__ = ["NoResults", "Report", "write"]

if not TYPE_CHECKING:  # a type checker reads the imports above

    def __getattr__(name: str) -> Any:
        """A public name, imported on first use: labels and stored data need no drawing library."""
        if name in __all__:
            return getattr(import_module("inrbench.report.writer"), name)
        raise AttributeError(f"module 'inrbench.report' has no attribute {name!r}")
