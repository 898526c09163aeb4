"""Fixtures of the tests of the report."""

from __future__ import annotations

from pathlib import Path

import pytest

import report
from bench.store.store import Store
from report.data.load import load
from report.data.model import Suite
from tests.report.laboratory import Lab, experiments, populate


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> report.Report:
    """One report that many tests read."""
    return report.write(populate(tmp_path_factory.mktemp("results")).store)


@pytest.fixture(scope="session")
def studied(tmp_path_factory: pytest.TempPathFactory) -> report.Report:
    """The report of `experiments`, with texts of the suite."""
    about = {
        "description": "Made up\n  for tests.",
        "source": "A paper <2024>",
        "deviations": ["Fewer steps & repeats", "Another image"],
        "tuning": {
            "signals": {"ct": ["disc"], "function": ["sines", "steps"]},
            "rounds": [{"trials": 12, "share": 0.25}, {"trials": 2}],
            "widen": 2.0,
        },
        "lock": "experiments.lock.yaml",
    }
    return report.write(experiments(tmp_path_factory.mktemp("results")).store, about=about)


@pytest.fixture(scope="session")
def suite(studied: report.Report) -> Suite:
    """The results of `experiments`."""
    folder = studied.folder.parent
    return load(Store(folder.parent, folder.name))
