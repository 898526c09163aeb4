"""Archived results of a suite, as the report reads them."""

from __future__ import annotations

import functools
from pathlib import Path

import pandas as pd

from inrbench.bench import arguments, results
from inrbench.bench.workspace import Workspace
from inrbench.report.data.load import load
from inrbench.report.data.model import SuiteResults

RESULTS = Path(__file__).parents[1] / "results"


@functools.cache
def final(suite: str) -> pd.DataFrame:
    """The final score of each stored job of a suite, see `inrbench.bench.results.final`. Do not change it.

    The column ``name`` has the entry of the suite; in ``method`` a job of the search has the label of its trial.
    """
    scores = results.final(RESULTS / suite)
    return scores.assign(name=scores["method"].str.replace(r"-t\d+$", "", regex=True))


@functools.cache
def archived(name: str, *overrides: str, scale: str | None = None) -> SuiteResults:
    """The results of a shipped suite, with other values of settings (``"train.steps=1000"``), in ``docs/results``."""
    options = arguments.SuiteArgs(
        plugin=[], results=RESULTS, suite=name, scale=scale, tasks=[], activations=[], overrides=list(overrides)
    )
    work = Workspace.of(options)
    return load(work.store, work.jobs)
