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

from bench.store.schema import Score
from bench.store.store import RUNS, SCORES, Store

ROW = {"job_id": "a" * 16, "suite": "tiny", "status": "ok", "repeat": 0, "timing_valid": True}
SCORE = Score(1, 0.5, "psnr", 30.0, 1)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, said: list[str]) -> Store:
    return Store(tmp_path, "tiny", say=said.append)


def test_rows_and_scores_are_read_back_with_the_fixed_columns(store: Store) -> None:
    store.commit(ROW, [SCORE, SCORE._replace(step=2)])
    runs, scores = store.runs(), store.scores()
    assert list(runs.columns) == RUNS.names
    assert list(scores.columns) == SCORES.names
    assert runs.loc[0, "status"] == "ok"
    assert scores["step"].tolist() == [1, 2]


def test_an_empty_folder_has_the_columns_too(store: Store) -> None:
    assert list(store.runs().columns) == RUNS.names
    assert store.scores().empty


def test_an_unknown_column_is_refused(store: Store) -> None:
    with pytest.raises(KeyError, match="psnr"):
        store.commit({**ROW, "psnr": 3.0})


def test_scores_without_a_row_do_not_count(store: Store) -> None:
    store.commit(ROW, [SCORE])
    store.run_file(ROW["job_id"]).unlink()
    assert store.scores().empty


def test_the_row_is_written_last(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    real = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (order.append(Path(b).parent.name), real(a, b))[1])
    store.commit(ROW, [SCORE])
    assert order == ["scores", "runs"]


def test_a_write_that_breaks_off_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.commit(ROW, [SCORE])
    assert not [path for path in store.root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("damage", ["truncated", "empty", "foreign", "renamed", "not parquet"])
def test_a_damaged_file_is_quarantined_and_said(store: Store, said: list[str], damage: str) -> None:
    store.commit(ROW, [SCORE])
    other = {**ROW, "job_id": "b" * 16}
    store.commit(other, [SCORE])
    path = store.run_file(ROW["job_id"])
    content = path.read_bytes()
    if damage == "foreign":
        path.write_bytes(store.scores_file(ROW["job_id"]).read_bytes())
    elif damage == "renamed":
        path.write_bytes(store.run_file(other["job_id"]).read_bytes())
    else:
        path.write_bytes({"truncated": content[: len(content) // 2], "empty": b"", "not parquet": b"hello"}[damage])
    assert store.runs()["job_id"].tolist() == [other["job_id"]]
    assert not path.exists()
    assert (store.root / "quarantine" / "runs" / path.name).exists()
    assert len(said) == 1
    assert str(path) in said[0]


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


def put(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)


def row_table(**changes: object) -> pa.Table:
    needed = {"task": "image", "signal": "camera", "kind": "activation", "method": "relu"}
    return pa.Table.from_pylist([{**ROW, **needed, **changes}], schema=RUNS)


def test_a_file_from_before_a_column_was_added_is_read(store: Store, said: list[str]) -> None:
    table = row_table()
    put(store.run_file(ROW["job_id"]), table.drop_columns(["chosen_step", "block_rows"]))
    later = row_table(job_id="b" * 16).append_column("added_later", pa.array([1]))
    put(store.run_file("b" * 16), later)
    runs = store.runs()
    assert list(runs.columns) == RUNS.names
    assert runs["chosen_step"].isna().all()
    assert not said


@pytest.mark.parametrize("damage", ["type", "required", "version", "no version", "twice", "status", "problem", "rows"])
def test_a_file_of_other_columns_is_quarantined(store: Store, said: list[str], damage: str) -> None:
    table = row_table()
    if damage == "type":
        table = table.set_column(table.column_names.index("repeat"), "repeat", pa.array(["0"]))
    elif damage == "required":
        table = table.drop_columns(["status"])
    elif damage == "version":
        table = table.replace_schema_metadata({"schema_version": "0"})
    elif damage == "no version":
        table = table.replace_schema_metadata({})
    elif damage == "twice":
        table = pa.concat_tables([table, table])
    elif damage == "status":
        table = row_table(status="fine")
    elif damage == "problem":
        table = row_table(problem_id="/../../../etc/x")
    elif damage == "rows":
        table = pa.table({name: pa.nulls(2_000_000, pa.string()) for name in ("job_id", "status")})
    put(store.run_file(ROW["job_id"]), table)
    assert store.runs().empty
    assert (store.root / "quarantine" / "runs" / f"{ROW['job_id']}.parquet").exists()
    assert len(said) == 1


def test_nothing_put_aside_earlier_is_overwritten(store: Store, said: list[str]) -> None:
    path = store.run_file(ROW["job_id"])
    for content in (b"one", b"two", b"three"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        assert store.runs().empty
    kept = sorted((store.root / "quarantine" / "runs").iterdir())
    assert [file.read_bytes() for file in kept] == [b"two", b"three", b"one"]
    assert len(said) == 3


def test_a_folder_that_cannot_be_written_is_read_all_the_same(
    store: Store, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.commit(ROW, [SCORE])
    store.run_file("b" * 16).write_bytes(b"hello")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "replace", refuse)
    assert len(store.runs()) == len(store.runs()) == 1
    assert len(said) == 1
    assert "stays where it is (Read-only file system)" in said[0]


def test_a_job_whose_scores_cannot_be_read_runs_again(store: Store, said: list[str]) -> None:
    store.commit(ROW, [SCORE])
    other = {**ROW, "job_id": "b" * 16, "status": "crashed"}
    store.commit(other)
    assert store.scored() == {ROW["job_id"]}
    store.scores_file(ROW["job_id"]).write_bytes(b"")
    assert store.scored() == set()
    assert (store.root / "quarantine" / "scores" / f"{ROW['job_id']}.parquet").exists()
    assert len(store.runs()) == 2


def test_names_from_rows_do_not_lead_out_of_the_folder(store: Store) -> None:
    (store.root / "artifacts").mkdir(parents=True)
    np.savez(store.root.parent / "secret.npz", truth=np.zeros(3))
    assert store.arrays("ref-../../../secret") is None
    assert store.arrays("../../secret") is None
    with pytest.raises(ValueError, match="artifact"):
        store.save_arrays("../../secret", truth=np.ones(3))


CRASH = """
import os, sys
from bench.store.schema import Score
from bench.store.store import Store
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
