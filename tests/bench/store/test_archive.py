"""Archives: the same rows and scores in few files, arrays of first repeats alone, and nothing of a machine."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pytest

from inrbench.bench.errors import BadInput
from inrbench.bench.store.archive import PRIVATE, archive
from inrbench.bench.store.compact import compact
from inrbench.bench.store.store import Store
from tests.bench.store.rows import ROW, SCORE

TRUTH = np.linspace(0, 1, 16).reshape(4, 4, 1)


def job(store: Store, number: int, repeat: int, status: str = "ok") -> str:
    job_id = f"{number:015x}{repeat}"
    where = {"task": "image", "signal": "camera", "kind": "activation", "method": f"m{number}", "problem_id": "p" * 16}
    found = {"job_id": job_id, "repeat": repeat, "status": status, "host": "elsewhere", "log": "/home/me/x.log"}
    store.commit({**ROW, **where, **found}, [SCORE] if status == "ok" else [])
    store.save_arrays(job_id, reconstruction=TRUTH.astype(np.float32), ntk_start=np.array([1e9, 1e-12]))
    store.save_arrays("ref-" + "p" * 16, truth=TRUTH.astype(np.float32))
    return job_id


def test_an_archive_has_all_rows_and_the_arrays_of_first_repeats(store: Store, tmp_path: Path) -> None:
    first, second = (job(store, 1, repeat) for repeat in (0, 1))
    failed, later = job(store, 2, 0, "diverged"), job(store, 2, 1)
    other = job(store, 3, 0)
    root = archive(store, {name: {} for name in (first, second, failed, later)}, tmp_path / "docs")
    found = Store(tmp_path / "docs", "tiny")
    assert root == found.root
    assert [len(list((root / kind).iterdir())) for kind in ("runs", "scores")] == [1, 1]
    mine = store.runs().set_index("job_id").drop(columns=list(PRIVATE)).drop(index=other)
    pd.testing.assert_frame_equal(found.runs().set_index("job_id").drop(columns=list(PRIVATE)), mine)
    assert found.runs()[list(PRIVATE)].isna().all(axis=None)
    assert set(found.scores()["job_id"]) == {first, second, later}
    kept = {name.removesuffix(".npz") for name in os.listdir(root / "artifacts")}
    assert kept == {first, later, "ref-" + "p" * 16}
    arrays = found.arrays(first)
    assert arrays is not None
    np.testing.assert_allclose(arrays["reconstruction"], TRUTH, atol=1e-3)
    np.testing.assert_array_equal(arrays["ntk_start"], [1e9, 1e-12])


def test_jobs_that_ran_under_one_name_have_those_of_the_suite_and_arrays_each(store: Store, tmp_path: Path) -> None:
    """As when a setting was run by ``-a 'siren[omega0=20]'`` before the suite had an entry for it."""
    first, other = job(store, 1, 0), job(store, 2, 0)
    for job_id in (first, other):
        (row,) = store.table("runs").filter(pc.equal(store.table("runs")["job_id"], job_id)).to_pylist()
        store.commit({**row, "method": "siren", "label": "SIREN"}, [SCORE])
    names = {first: {"method": "siren", "label": "SIREN"}, other: {"method": "siren-slow", "label": "SIREN (slow)"}}
    root = archive(store, names, tmp_path / "docs")
    found = Store(tmp_path / "docs", "tiny").runs().set_index("job_id")
    assert found.loc[[first, other], ["method", "label"]].to_numpy().tolist() == [
        ["siren", "SIREN"],
        ["siren-slow", "SIREN (slow)"],
    ]
    assert {first, other} <= {path.stem for path in (root / "artifacts").iterdir()}


def test_a_new_archive_replaces_an_older_one(store: Store, tmp_path: Path) -> None:
    first = job(store, 1, 0)
    archive(store, {first: {}}, tmp_path / "docs")
    second = job(store, 2, 0)
    root = archive(store, {second: {}}, tmp_path / "docs")
    assert Store(tmp_path / "docs", "tiny").runs()["job_id"].tolist() == [second]
    assert {path.stem for path in (root / "artifacts").iterdir()} == {second, "ref-" + "p" * 16}


def test_an_older_archive_stays_if_a_new_one_cannot_be_written(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = job(store, 1, 0), job(store, 2, 0)
    archive(store, {first: {}}, tmp_path / "docs")

    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Store, "save_arrays", full)
    with pytest.raises(OSError, match="No space left"):
        archive(store, {second: {}}, tmp_path / "docs")
    found = Store(tmp_path / "docs", "tiny")
    assert first in found.runs()["job_id"].tolist()
    assert found.arrays(first) is not None


def test_results_of_runs_are_never_replaced(store: Store, tmp_path: Path) -> None:
    first = job(store, 1, 0)
    with pytest.raises(BadInput, match="name another folder"):
        archive(store, {first: {}}, tmp_path)
    elsewhere = Store(tmp_path / "elsewhere", "tiny")
    kept = job(elsewhere, 5, 0)
    with pytest.raises(BadInput, match="name another folder"):
        archive(store, {first: {}}, tmp_path / "elsewhere")
    assert elsewhere.runs()["job_id"].tolist() == [kept]
    more = job(elsewhere, 6, 0)
    compact(elsewhere)
    assert not elsewhere.small()
    with pytest.raises(BadInput, match="name another folder"):
        archive(store, {first: {}}, tmp_path / "elsewhere")
    assert elsewhere.runs()["job_id"].tolist() == [kept, more]
    assert elsewhere.arrays(kept) is not None
    with pytest.raises(BadInput, match="run it first"):
        archive(store, {}, tmp_path / "docs")
