"""What tests of the documentation read: its pages, and what searches found."""

from __future__ import annotations

import pandas as pd

from docs.site.archive import RESULTS
from inrbench.bench.config.lock import Lock, TunedSettings
from inrbench.bench.store import trials
from inrbench.bench.suites import FOLDER


def on_one_line(page: str) -> str:
    """A page of `docs`, by its path there, with every line break and run of blanks as one blank."""
    return " ".join((RESULTS.parent / page).read_text().split())


def searched(suite: str) -> dict[str, dict[str, TunedSettings]]:
    """What the search of a shipped suite found, by network and task."""
    lock = Lock.read(FOLDER / f"{suite}.lock.yaml")
    assert lock is not None
    return lock.activations


def tried(suite: str) -> pd.DataFrame:
    """The stored trials of the search of a suite, a row for each signal."""
    return pd.DataFrame(trials.read(RESULTS / suite / "trials.parquet"))


def at(values: pd.DataFrame, row: str, column: str) -> float:
    """One number of a table."""
    return float(values.loc[[row], [column]].to_numpy()[0, 0])
