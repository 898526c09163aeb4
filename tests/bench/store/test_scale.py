"""How far one coordinator goes: grids of a hundred thousand jobs, and a simulated cluster of fake ones.

Run with ``-s`` to see the numbers that stand in docs/how-to/cluster.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inrbench.bench.config import expand
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.config.suite import Suite
from inrbench.bench.runner.row import Execution
from inrbench.bench.runner.runner import Runner
from inrbench.bench.runner.worker_process import JobRun
from inrbench.bench.store.schema import Score
from inrbench.bench.store.store import Store
from inrbench.bench.training.result import Outcome

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

GRID = """
import json, resource, sys, time
import numpy as np
import pyarrow as pa
from inrbench.bench.runner import plan
from inrbench.bench.config import expand
from inrbench.bench.store.compact import write
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.store.store import RUNS, SCORES, Store
from inrbench.bench.config.suite import Suite

POINTS = 60

def narrow(count):
    names = ["relu", "siren", "gauss", "wire", "finer"]
    values = {"suite": "big", "repeats": 10_000, "model": {"depth": 3, "width": 64}, "train": {"steps": 300},
              "tasks": {"image": {"signals": ["camera", "coffee"], "size": [32 + i for i in range(count // 100_000)]}},
              "activations": dict.fromkeys(names)}
    return expand.jobs(validated(Suite, values, "big"), Plugins(), "big")

def wide(count):
    values = {"suite": "big", "repeats": count // 1000, "model": {"depth": 3, "width": 64}, "train": {"steps": 300},
              "tasks": {"image": {"signals": ["camera", "coffee", "coins", "astronaut"], "size": list(range(32, 42))}},
              "activations": {"siren": {"omega0": list(range(10, 35))}}}
    return expand.jobs(validated(Suite, values, "big"), Plugins(), "big")

def finished(jobs, store):
    for first in range(0, len(jobs), 20_000):
        part = jobs[first : first + 20_000]
        extra = {"status": "ok", "attempt": 1, "wall_s": 1.0, "train_s": 1.0, "metric": "psnr",
                 "packages": json.dumps({"numpy": "x" * 200})}
        runs = pa.Table.from_pylist([{**job.columns(), **extra} for job in part], schema=RUNS)
        rows = POINTS * len(part)
        step = np.tile(np.repeat(np.arange(POINTS // 3), 3), len(part))
        write(store, runs, pa.table({
            "job_id": np.repeat([job.job_id for job in part], POINTS), "step": step, "train_s": step * 0.01,
            "metric": np.tile(["psnr", "ssim", "loss"], rows // 3), "value": np.random.rand(rows),
            "direction": np.ones(rows, np.int8)}, schema=SCORES))

def memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20

what, count, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
base, start = memory(), time.perf_counter()
jobs = wide(count) if what == "report" else narrow(count)
store = Store(folder, "big")
if what == "fill":
    finished(jobs, store)
elif what == "report":
    from inrbench import report
    finished(jobs, store)
    start, busy = time.perf_counter(), time.process_time()
    written = report.write(store, jobs)
    figures = len(list((written.folder / "figures").glob("*.png")))
    print(json.dumps({"jobs": len(jobs), "tables": len(written.tables), "figures": figures,
                      "bytes": written.index.stat().st_size, "seconds": time.perf_counter() - start,
                      "processor_seconds": time.process_time() - busy, "gib": memory()}))
else:
    work = plan.make(jobs, store)
    found = {"jobs": len(jobs), "todo": len(work.todo), "done": len(work.done)}
    print(json.dumps(found | {"seconds": time.perf_counter() - start, "gib": memory(), "gib_before": base}))
"""


def in_process(what: str, count: int, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-P", "-c", GRID, what, str(count), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    print(done.stdout)
    return dict(json.loads(done.stdout or "{}"))


def test_a_hundred_thousand_jobs_are_planned_in_seconds(tmp_path: Path) -> None:
    found = in_process("plan", 100_000, tmp_path)
    assert (found["jobs"], found["todo"]) == (100_000, 100_000)
    assert found["seconds"] < 5
    assert found["gib"] < 1


def test_a_hundred_thousand_finished_jobs_are_found_in_seconds(tmp_path: Path) -> None:
    in_process("fill", 100_000, tmp_path)
    found = in_process("plan", 100_000, tmp_path)
    assert (found["todo"], found["done"]) == (0, 100_000)
    assert found["seconds"] < 10
    assert found["gib"] < 1


def test_the_report_of_ten_thousand_jobs_stays_readable(tmp_path: Path) -> None:
    found = in_process("report", 10_000, tmp_path)
    assert found["jobs"] == 10_000
    assert found["tables"] == 4 + 10  # leaderboard, wins, best of each task, time to a level, and one for each task
    # overview, leaderboard, activations, and of each task the curves, quality against time and path norm
    assert found["figures"] == 3 + 3 * 10
    assert found["bytes"] < 20e6


class Fake:
    """A place in a cluster where every job takes the same time and gives a result of the usual size."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def run(self, work: JobRun) -> Execution:
        time.sleep(self._seconds)
        scores = tuple(Score(step, 0.1, metric, 1.0, 1) for step in range(20) for metric in ("psnr", "ssim", "loss"))
        arrays = {work.job.job_id: {"reconstruction": np.zeros((64, 64, 1), np.float32)}}
        return Execution(Outcome("ok", metric="psnr", scores=scores, arrays=arrays), exclusive=True)

    def kill(self) -> None:
        pass


@pytest.mark.parametrize("places", [1, 64])
def test_the_coordinator_of_a_cluster(places: int, tmp_path: Path) -> None:
    values = {
        "suite": "far",
        "repeats": 1250,
        "model": {"depth": 3, "width": 64},
        "train": {"steps": 300},
        "tasks": {"image": {"size": 64}},
        "activations": {"relu": {}, "siren": {}},
    }
    jobs = expand.jobs(validated(Suite, values, "far"), Plugins(), "far")[:1500]
    store = Store(tmp_path, "far")
    start = time.perf_counter()
    runner = Runner(store, [Fake(0.0) for _ in range(places)])
    assert sum(status == "ok" for _, status in runner.run(jobs, {})) == 1500
    seconds = time.perf_counter() - start
    print(f"{places} places: {1500 / seconds:.0f} jobs/s")
    assert len(store.runs()) == 1500
    assert len(store.small()) < 1000  # they were gathered on the way
    assert 1500 / seconds > 20
