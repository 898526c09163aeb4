"""Report of a suite: tables, figures and one page from stored results, without torch, tasks or activations.

Example:
    >>> import report
    >>> from bench.store.store import Store
    >>> written = report.write(Store("results", "quick"))  # doctest: +SKIP
    >>> print(written.tables[0])  # doctest: +SKIP
"""

from report.source import NoResults
from report.writer import Report, write

__all__ = ["NoResults", "Report", "write"]
