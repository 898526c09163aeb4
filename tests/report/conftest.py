"""Fixtures of the tests of the report."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from inrbench import report
from inrbench.bench.store.store import Store
from inrbench.report.data.load import load
from inrbench.report.data.model import SuiteResults
from tests.report.laboratory import Lab, experiments, populate


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


Shared = Callable[[str, Callable[[Path], report.Report]], report.Report]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """A report by its name, written once for all processes of a test run, because many tests read it."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def once(name: str, write: Callable[[Path], report.Report]) -> report.Report:
        kept = folder / f"{name}.pickle"
        with FileLock(f"{kept}.lock"):
            if not kept.exists():
                kept.write_bytes(pickle.dumps(write(folder / name)))
            found = pickle.loads(kept.read_bytes())
        assert isinstance(found, report.Report)
        return found

    return once


@pytest.fixture(scope="session")
def written(shared: Shared) -> report.Report:
    """One report that many tests read."""
    return shared("written", lambda folder: report.write(populate(folder).store))


@pytest.fixture(scope="session")
def studied(shared: Shared) -> report.Report:
    """The report of `experiments`, with texts of the suite."""
    about = {
        "description": "Made up\n  for tests.",
        "source": "A paper <2024>",
        "deviations": ["Fewer steps & repeats", "The scale `<small>`"],
        "tuning": {
            "signals": {"ct": ["disc"], "function": ["sines", "steps"]},
            "rounds": [{"trials": 12, "share": 0.25}, {"trials": 2}],
            "widen": 2.0,
        },
        "lock": "experiments.lock.yaml",
    }
    return shared("studied", lambda folder: report.write(experiments(folder).store, about=about))


@pytest.fixture(scope="session")
def suite(studied: report.Report) -> SuiteResults:
    """The results of `experiments`."""
    folder = studied.folder.parent
    return load(Store(folder.parent, folder.name))
