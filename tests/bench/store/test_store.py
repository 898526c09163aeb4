"""The store: what is written is read back, and what is half-written is never taken for a result."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inrbench.bench.store.schema import RUNS, SCORES
from inrbench.bench.store.store import Store
from tests.bench.store.rows import ROW, SCORE


def test_rows_and_scores_are_read_back_with_the_fixed_columns(store: Store) -> None:
    store.commit(ROW, [SCORE, SCORE._replace(step=2)])
    runs, scores = store.runs(), store.scores()
    assert list(runs.columns) == RUNS.names
    assert list(scores.columns) == SCORES.names
    assert runs.loc[0, "status"] == "ok"
    assert scores["step"].tolist() == [1, 2]


def test_a_file_gives_back_every_bit_and_is_smaller_than_by_parquet_s_defaults() -> None:
    numbers = np.random.default_rng(0).normal(30, 5, 5000)
    numbers[:5] = -0.0, np.nan, np.inf, 5e-324, -np.inf
    table = pa.table({"value": numbers, "step": np.arange(5000), "metric": ["psnr", "ssim"] * 2500})
    content, default = Store.parquet(table), pa.BufferOutputStream()
    pq.write_table(table, default)
    read = pq.read_table(pa.BufferReader(content))
    assert read.schema == table.schema
    assert read["value"].to_numpy().tobytes() == numbers.tobytes()
    assert read.drop_columns(["value"]) == table.drop_columns(["value"])
    assert len(content) < 0.85 * len(default.getvalue())


def test_an_unknown_column_is_refused(store: Store) -> None:
    with pytest.raises(KeyError, match="psnr"):
        store.commit({**ROW, "psnr": 3.0})


def test_the_row_is_written_last(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    real = os.replace

    def replace(source: Path, target: Path) -> None:
        order.append(target.parent.name)
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    store.commit(ROW, [SCORE])
    assert order == ["scores", "runs"]


def test_a_write_that_breaks_off_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.commit(ROW, [SCORE])
    assert not [path for path in store.root.rglob("*") if path.is_file()]


def test_arrays_are_read_back_and_never_unpickled(store: Store, said: list[str]) -> None:
    store.save_arrays("x", reconstruction=np.arange(6.0).reshape(2, 3))
    stored = store.arrays("x")
    assert stored is not None
    assert stored["reconstruction"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert store.arrays("none") is None
    np.savez(store.artifact_file("evil"), reconstruction=np.array([{"a": 1}], dtype=object))
    assert store.arrays("evil") is None
    assert "evil" in said[0]


def test_two_folders_merge_by_copying(tmp_path: Path) -> None:
    here, there = Store(tmp_path / "here", "tiny"), Store(tmp_path / "there", "tiny")
    here.commit(ROW, [SCORE])
    there.commit({**ROW, "job_id": "c" * 16}, [SCORE])
    for path in there.root.rglob("*.parquet"):
        target = here.root / path.relative_to(there.root)
        target.write_bytes(path.read_bytes())
    assert len(here.runs()) == len(here.scores()) == 2


CRASH = """
import os, sys
from inrbench.bench.store.schema import Score
from inrbench.bench.store.store import Store
import numpy as np

point, count = int(sys.argv[2]), 0

def dying(real):
    def call(*arguments):
        global count
        count += 1
        if count == point:
            os._exit(9)  # before it happens; the next point is the moment after
        return real(*arguments)
    return call

os.fsync, os.replace = dying(os.fsync), dying(os.replace)
store = Store(sys.argv[1], "s")
store.save_arrays("a" * 16, x=np.zeros(3))
store.commit({"job_id": "a" * 16, "suite": "s", "status": "ok"},
             [Score(1, 0.5, "psnr", 30.0, 1)])
"""


@pytest.mark.parametrize("point", [1, 3, 4, 5, 6, 7])
def test_a_process_that_dies_while_it_writes_leaves_a_result_or_none(tmp_path: Path, point: int) -> None:
    done = subprocess.run([sys.executable, "-P", "-c", CRASH, str(tmp_path), str(point)], check=False)
    assert done.returncode == (9 if point <= 6 else 0)
    store = Store(tmp_path, "s")
    assert (len(store.runs()), store.scored()) == ((0, set()) if point <= 6 else (1, {"a" * 16}))
    store.commit(ROW, [SCORE])
    assert (len(store.runs()), len(store.scores())) == (1, 1)
