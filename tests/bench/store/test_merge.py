"""Merging two machines' results: what is missing is taken, what contradicts is kept beside and told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inrbench.bench.cli import main
from inrbench.bench.store import trials
from inrbench.bench.store.compact import compact
from inrbench.bench.store.merge import merge
from inrbench.bench.store.schema import Score
from inrbench.bench.store.store import Store

Stores = tuple[Store, Store]


def commit(store: Store, letter: str, status: str = "ok", value: float = 30.0, host: str = "here") -> str:
    job_id = letter * 16
    row: dict[str, Any] = {"job_id": job_id, "suite": "s", "task": "image", "signal": "camera", "label": "ReLU"}
    row |= {"kind": "activation", "method": "relu", "repeat": 0, "problem_id": "0" * 16, "status": status, "host": host}
    scores = [Score(9, 0.1, "psnr", value, 1)]
    store.save_arrays(job_id, reconstruction=np.full(3, value))
    store.save_arrays("ref-" + "0" * 16, truth=np.zeros(3))
    store.log_file(job_id).parent.mkdir(exist_ok=True)
    store.log_file(job_id).write_text(host)
    store.commit(row, scores if status == "ok" else [])
    return job_id


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    return Store(tmp_path / "here", "s"), Store(tmp_path / "there", "s")


def test_what_is_missing_is_taken_with_all_that_belongs_to_it(stores: Stores) -> None:
    here, there = stores
    commit(here, "a")
    job_id = commit(there, "b", host="there")
    commit(there, "c", host="there")
    compact(there)
    assert merge(here, there).taken == 2
    assert len(here.runs()) == len(here.scores()) == 3
    assert here.log_file(job_id).read_text() == "there"
    assert (here.arrays(job_id) or {})["reconstruction"].tolist() == [30, 30, 30]
    again = merge(here, there)
    assert (again.taken, again.same) == (0, 2)
    assert str(again) == "2 the same here"


def test_a_success_replaces_a_failure_and_not_the_other_way(stores: Stores) -> None:
    here, there = stores
    for store, letter, status in [(here, "a", "crashed"), (there, "a", "ok"), (here, "b", "ok"), (there, "b", "error")]:
        commit(store, letter, status)
    merged = merge(here, there)
    assert (merged.taken, merged.worse, merged.conflicts) == (1, 1, [])
    assert here.runs()["status"].tolist() == ["ok", "ok"]


def test_two_results_of_one_job_are_both_kept(
    stores: Stores, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = stores
    job_id = commit(here, "a", value=30.0)
    commit(there, "a", value=31.5, host="there")
    commit(here, "b")
    commit(there, "b", host="there")
    assert main(["merge", str(there.root.parent), "--results", str(here.root.parent)]) == 1
    out, err = capsys.readouterr()
    assert "1 done twice with equal scores, 1 in conflict" in out
    assert f"{job_id} (image · camera · ReLU · repeat 0) has other scores there: psnr at step 9 is 30.0 here" in out
    assert err == ""
    assert here.scores()["value"].tolist() == [30, 30]
    kept = [Store(here.root / "conflicts", path.name) for path in (here.root / "conflicts").iterdir()]
    assert sorted(store.scores()["value"].tolist()[0] for store in kept) == [30, 31.5]
    assert all(store.log_file(store.runs()["job_id"][0]).read_text() == "there" for store in kept)
    before = sorted(here.root.rglob("*.parquet"))
    assert main(["merge", str(there.root), "--results", str(here.root.parent)]) == 1  # once more: nothing new
    assert sorted(here.root.rglob("*.parquet")) == before


def test_the_trials_of_a_search_are_taken_and_those_here_stay(
    stores: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = stores

    def row(activation: str, score: float | None) -> dict[str, Any]:
        names = {"task": "image", "activation": activation, "trial": 0, "signal": "coins", "steps": 9}
        return {**names, "settings": "{}", "metric": "psnr", "score": score, "edges": ""}

    trials.write(there, [row("relu", 20.0), row("siren", None)])  # the suite was searched there, and has no job yet
    command = ["merge", str(there.root.parent), "--results", str(here.root.parent)]
    assert main(command) == 0
    assert here.trials() == there.trials() == [row("relu", 20.0), row("siren", None)]
    trials.write(here, [row("siren", 25.0)])
    trials.write(there, [row("gauss", 22.0)])
    capsys.readouterr()
    assert main(command) == 1
    assert "the search of siren on image has other trials there; those here stay" in capsys.readouterr().out
    assert here.trials() == [row("gauss", 22.0), row("relu", 20.0), row("siren", 25.0)]


def test_a_job_that_is_running_is_left_alone(stores: Stores) -> None:
    here, there = stores
    job_id = commit(there, "a")
    with here.locks.holding(job_id):
        merged = merge(here, there)
    assert (merged.busy, merged.taken) == (1, 0)
    assert here.runs().empty


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["merge", "none"], "no results in it"),
        (["merge", "results"], "the results themselves"),
        (["compact", "--results", "none"], "no results in it"),
    ],
)
def test_mistakes(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    commit(Store("results", "s"), "a")
    assert main(arguments) == 2
    err = capsys.readouterr().err
    assert words in err
    assert len(err.splitlines()) == 1


def test_compact_says_what_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for letter in "abc":
        commit(Store("results", "s"), letter)
    assert main(["compact"]) == 0
    assert capsys.readouterr().out == "s: 3 small files; now 1 files\n"
