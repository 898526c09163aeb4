"""Report of a suite: tables, figures and one page from stored results, without torch, tasks or activations.

Example:
    >>> from inrbench import report
    >>> from inrbench.bench.store.store import Store
    >>> written = report.write(Store("results", "quick"))  # doctest: +SKIP
    >>> print(written.tables[0])  # doctest: +SKIP
"""

from inrbench.report.source import NoResults
from inrbench.report.writer import Report, write

__all__ = ["NoResults", "Report", "write"]
