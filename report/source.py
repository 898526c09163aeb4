"""Protocols of the input of a report: stored results and declared jobs.

`bench` imports this package, never the reverse; its store and its jobs have the methods of these protocols.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
from numpy.typing import NDArray


class NoResults(ValueError):
    """Error: the suite has no stored results; the message names the command that makes some."""


class StoredResults(Protocol):
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
        """The stored arrays of a job id or of ``ref-<problem_id>``, by name; None where there are none."""

    def trials(self) -> list[dict[str, Any]]:
        """The trials of the suite's search on each signal, none where there are none kept.

        Each has ``task`` and ``activation`` (the suite's keys), ``trial``, ``signal``, ``steps``, ``settings`` (JSON),
        ``metric``, ``score`` (None where it failed) and ``edges`` (settings among the outermost of what was tried).
        """

    def write(self, path: Path, content: bytes) -> None:
        """Write a file of the report, whole or not at all; its folder is made."""


class Declared(Protocol):
    """A job with the names that the suite declares for it."""

    @property
    def job_id(self) -> str:
        """The identity of the job, by which its stored row is found."""

    @property
    def task_key(self) -> str:
        """The suite's key for the task."""

    @property
    def task_label(self) -> str:
        """The name of the task in sentences, such as ``Super-resolution``; empty where it has none."""

    @property
    def method(self) -> str:
        """The suite's key for the activation or baseline."""

    @property
    def label(self) -> str:
        """The name of the method in tables."""
