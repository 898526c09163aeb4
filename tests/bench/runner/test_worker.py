"""The loop of a worker: jobs one after another leave no trace in each other."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from inrbench.bench.config import expand
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.runner.runner import Runner, local_slots
from inrbench.bench.store.store import Store
from tests.bench.runner.runs import CPU, settings


def test_results_do_not_depend_on_the_order_or_the_worker(trouble: Path, tmp_path: Path) -> None:
    jobs = expand.jobs(settings(["print"]), Plugins([trouble]), "s")
    stores = [Store(tmp_path / name, "s") for name in "ab"]
    for store, order in zip(stores, (jobs, jobs[::-1]), strict=True):
        list(Runner(store, local_slots(store, [CPU], [trouble])).run(order, {}))
    columns = ["job_id", "step", "metric", "value"]
    pd.testing.assert_frame_equal(stores[0].scores()[columns], stores[1].scores()[columns], check_exact=True)
