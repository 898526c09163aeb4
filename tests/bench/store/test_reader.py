"""Reading a results folder: a damaged file is put aside and reported, and its job counts as not yet run."""

from __future__ import annotations

import os

import numpy as np
import pytest

from inrbench.bench.store.schema import RUNS
from inrbench.bench.store.store import Store
from tests.bench.store.rows import ROW, SCORE


def test_an_empty_folder_has_the_columns_too(store: Store) -> None:
    assert list(store.runs().columns) == RUNS.names
    assert store.scores().empty


def test_scores_without_a_row_do_not_count(store: Store) -> None:
    store.commit(ROW, [SCORE])
    store.run_file(ROW["job_id"]).unlink()
    assert store.scores().empty


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
