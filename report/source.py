"""What a report reads: stored results and declared jobs, as protocols.

`bench` imports this package, not the other way round; its store and its jobs fit these protocols structurally.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
from numpy.typing import NDArray


class NoResults(ValueError):
    """There are no results to report; the message says how to get some."""


class Results(Protocol):
    """The stored results of one suite."""

    @property
    def suite(self) -> str:
        """The suite's name."""

    @property
    def root(self) -> Path:
        """The folder of the results."""

    @property
    def report(self) -> Path:
        """The folder that the report is written to."""

    def table(self, kind: str) -> pa.Table:
        """``"runs"`` (a row for each job) or ``"scores"`` (a row for each job, step and metric), ordered by job id."""

    def arrays(self, name: str) -> dict[str, NDArray[Any]] | None:
        """The arrays of a job id or of ``ref-<problem_id>``; None where there are none."""


class Declared(Protocol):
    """A job under the names that the suite gives it."""

    @property
    def job_id(self) -> str:
        """The identity that joins a job to its stored row."""

    @property
    def task_key(self) -> str:
        """The suite's key for the task."""

    @property
    def method(self) -> str:
        """The suite's key for the activation or baseline."""

    @property
    def label(self) -> str:
        """The name of the method in tables."""
