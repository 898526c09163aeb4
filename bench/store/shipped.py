"""Results that come with inrbench: of both reference suites in a wheel, all of `docs/results` in a checkout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import inrbench
from inrbench.bench.store.store import Store

FOLDER = Path(inrbench.__file__).parent / "stored"
"""A results folder: it holds the folders of suites."""

T = TypeVar("T")


class Shipped(Store):
    """Results that came with inrbench, only to be read; their report is written beside the user's own results.

    Args:
        store: the user's own results, of which there are none.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(FOLDER, store.suite, store.say)
        self.report = store.report

    def _settled(self, gather: Callable[[], T]) -> T:
        return gather()  # without a lock: nobody compacts these files

    def quarantine(self, path: Path, error: Exception) -> None:
        self._leave(path, str(error), "it is a file of the package; install inrbench again")


def shipped(store: Store) -> Shipped | None:
    """What came with inrbench for a suite of which the user has no results; None where there is nothing."""
    if not store.empty or not (FOLDER / store.suite / "runs").is_dir():
        return None
    return Shipped(store)
