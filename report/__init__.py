"""Tables, figures and one page from a suite's stored results. It reads parquet and npz alone and never imports torch.

Example:
    >>> import report
    >>> from bench.store.store import Store
    >>> written = report.write(Store("results", "quick"))  # doctest: +SKIP
    >>> print(written.tables[0])  # doctest: +SKIP
"""

from report.source import NoResults
from report.writer import Report, write

__all__ = ["NoResults", "Report", "write"]
