"""Where measurements are collected, and what must hold around them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
import torch

from inrbench.bench.machine.process_setup import prepare
from tests.perf.measure import RESULTS, Records


@pytest.fixture(scope="session")
def records() -> Iterator[Records]:
    """Collects rows; written as CSV and parquet when the session ends."""
    collected = Records()
    prepare()
    yield collected
    torch.set_flush_denormal(False)
    RESULTS.mkdir(parents=True, exist_ok=True)
    for table, rows in collected.rows.items():
        frame = pd.DataFrame(rows)
        frame.to_csv(RESULTS / f"{table}.csv", index=False)
        frame.to_parquet(RESULTS / f"{table}.parquet", index=False)
