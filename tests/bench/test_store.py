"""The store: what is written is read back, and what is half-written is never taken for a result."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from bench.store import RUNS, SCORES, Store

ROW = {"job_id": "a" * 16, "suite": "tiny", "status": "ok", "repeat": 0, "timing_valid": True}
SCORE = {"step": 1, "train_s": 0.5, "metric": "psnr", "value": 30.0, "direction": 1}


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, said: list[str]) -> Store:
    return Store(tmp_path, "tiny", say=said.append)


def test_rows_and_scores_are_read_back_with_the_fixed_columns(store: Store) -> None:
    store.commit(ROW, [SCORE, {**SCORE, "step": 2}])
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
