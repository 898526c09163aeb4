"""Compact files: the same rows in fewer files, at no moment fewer rows, and never an older row in place of a newer."""

from __future__ import annotations

import multiprocessing
import os
import threading
from pathlib import Path

import pandas as pd
import pytest

from inrbench.bench.store import compact as module
from inrbench.bench.store.compact import compact, compact_if_many
from inrbench.bench.store.schema import Score
from inrbench.bench.store.store import Store

SCORE = Score(1, 0.5, "psnr", 30.0, 1)


def commit(store: Store, number: int, status: str = "ok", attempt: int = 1, value: float = 30.0) -> str:
    job_id = f"{number * 7919 % 65536:016x}"
    row = {"job_id": job_id, "suite": "s", "status": status, "attempt": attempt, "repeat": number, "wall_s": value}
    store.commit(row, [SCORE._replace(step=step, value=value + step) for step in (1, 5, 2)] if status == "ok" else [])
    return job_id


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path, "s")


def test_the_same_rows_in_fewer_files(store: Store) -> None:
    for number in range(30):
        commit(store, number, "ok" if number % 3 else "crashed", value=number)
    runs, scores = store.runs(), store.scores()
    assert compact(store) == (30, 1)
    pd.testing.assert_frame_equal(store.runs(), runs)
    pd.testing.assert_frame_equal(store.scores(), scores)
    assert not store.small("runs")
    assert not store.small("scores")
    assert store.scored() == set(runs[runs["status"] == "ok"]["job_id"])
    # Another process, with nothing cached, sees the same; and once more there is nothing to do.
    pd.testing.assert_frame_equal(Store(store.root.parent, "s").runs(), runs)
    files = sorted(os.listdir(store.root / "runs"))
    assert compact(store) == (0, 1)
    assert sorted(os.listdir(store.root / "runs")) == files


def test_only_many_files_are_compacted_before_a_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AUTOMATIC", 3)
    for number, left in enumerate((1, 2, 0)):
        commit(store, number)
        compact_if_many(store)
        assert len(store.small()) == left


def test_a_newer_result_counts_and_is_taken_in(store: Store) -> None:
    job_ids = [commit(store, number, "crashed") for number in range(4)]
    compact(store)
    commit(store, 0, "ok", attempt=2)
    assert store.outcome(job_ids[0]) == ("ok", 2)
    assert store.outcome(job_ids[1]) == ("crashed", 1)
    assert store.outcome("f" * 16) is None
    assert len(store.runs()) == 4
    assert len(store.scores()) == 3
    commit(store, 1, "ok", attempt=2)
    assert compact(store) == (2, 1)
    assert store.outcome(job_ids[0]) == store.outcome(job_ids[1]) == ("ok", 2)
    assert len(store.runs()) == 4


def test_files_of_jobs_that_are_running_are_taken_in_too(store: Store) -> None:
    job_id = [commit(store, number, "crashed") for number in range(3)][1]
    with store.locks.holding(job_id):
        assert compact(store) == (3, 1)
        commit(store, 1, "ok", attempt=2)
    assert store.outcome(job_id) == ("ok", 2)
    assert len(store.runs()) == 3


def test_a_commit_waits_until_the_folder_is_compacted(store: Store) -> None:
    commit(store, 0)
    thread = threading.Thread(target=commit, args=(store, 1))
    with store.locks.exclusive(0) as alone:
        assert alone
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
        assert len(store.runs()) == 1  # whoever has the folder alone can read it
    thread.join(10)
    assert len(store.runs()) == 2


def test_a_folder_in_use_is_not_compacted_and_that_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    messages: list[str] = []
    store = Store(tmp_path, "s", say=messages.append)
    for number in range(3):
        commit(store, number)
    monkeypatch.setattr(module, "WAIT_S", 0.1)
    reading, done = threading.Event(), threading.Event()

    def read() -> None:
        with store.locks.shared():
            reading.set()
            done.wait(30)

    thread = threading.Thread(target=read)
    thread.start()
    reading.wait(30)
    assert compact(store) == (3, 3)
    done.set()
    thread.join()
    assert len(messages) == 1
    assert "not compacted" in messages[0]
    assert compact(store) == (3, 1)


@pytest.mark.parametrize("stop", range(9))
def test_stopped_anywhere_nothing_is_lost(store: Store, stop: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        commit(store, number, "crashed" if number == 1 else "ok")
    compact(store)
    commit(store, 1, "ok", attempt=2)
    commit(store, 3)
    runs, scores = store.runs(), store.scores()
    calls = 0

    def counted(real: object) -> object:
        def call(*arguments: object, **options: object) -> object:
            nonlocal calls
            calls += 1
            if calls == stop:
                raise KeyboardInterrupt
            return real(*arguments, **options)  # type: ignore[operator]

        return call

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", counted(os.replace))
        patch.setattr(Path, "unlink", counted(Path.unlink))
        try:
            compact(store)
        except KeyboardInterrupt:
            pass
        else:
            assert stop == 0
    for _ in range(2):
        reader = Store(store.root.parent, "s")
        pd.testing.assert_frame_equal(reader.runs(), runs)
        pd.testing.assert_frame_equal(reader.scores(), scores)
        compact(store)
    assert len(os.listdir(store.root / "runs")) == 1  # the next one finishes the work
    assert len(os.listdir(store.root / "scores")) <= 2  # scores without a row do not count


def test_a_damaged_compact_file_costs_its_jobs_only(tmp_path: Path) -> None:
    said: list[str] = []
    store = Store(tmp_path, "s", say=said.append)
    for number in range(3):
        commit(store, number)
    compact(store)
    last = commit(store, 3)
    for kind in ("scores", "runs"):
        path = store.root / kind / f"{store.compacts()[0]}.parquet"
        path.write_bytes(path.read_bytes()[:-100])
        assert store.scored() == {last}
        assert "quarantine" in said[-1]
    assert len(store.runs()) == 1
    assert len(said) == 2


def test_the_better_of_two_compact_results_counts_and_it_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    here, there = (Store(tmp_path / name, "s", say=said.append) for name in ("here", "there"))
    for number in range(3):
        commit(here, number, "crashed", attempt=2)
        commit(there, number, "ok", value=40.0)
    compact(here)
    compact(there)
    for kind in ("runs", "scores"):
        for path in (there.root / kind).iterdir():
            (here.root / kind / path.name).write_bytes(path.read_bytes())
    assert here.runs()["status"].tolist() == ["ok"] * 3
    assert len(here.scores()) == 9
    assert len(said) == 1
    assert "3 jobs have two results" in said[0]


def _work(root: Path, first: int) -> None:
    store = Store(root, "s")
    for number in range(first, first + 60):
        commit(store, number)
        if number % 15 == 0:
            compact(store)


def test_readers_never_see_less(store: Store) -> None:
    # Two processes commit and gather at once, while this one reads.
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_work, args=(store.root.parent, first)) for first in (0, 60)]
    for worker in workers:
        worker.start()
    seen = scored = rounds = 0
    while any(worker.is_alive() for worker in workers):
        count, with_scores = len(store.runs()), store.scores()["job_id"].nunique()
        assert count >= seen
        assert with_scores >= scored
        seen, scored, rounds = count, with_scores, rounds + 1
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert rounds > 5
    assert len(store.runs()) == 120
    assert len(store.scores()) == 360
