"""A stored result recomputed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import inrbench
from inrbench.bench.api.verify import verify
from inrbench.bench.errors import BadInput
from inrbench.bench.store.schema import Score
from inrbench.bench.store.store import Store
from tests.bench.api.test_stored import SUITE
from tests.bench.command import Inrbench


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    suite = {
        **SUITE,
        "tasks": {"image": {"signals": ["camera"], "size": 16}},
        "activations": {"siren": {}, "relu": {"train": {"eval_steps": 3}}},
    }
    return inrbench.run(suite, results=tmp_path_factory.mktemp("results"), progress=False).folder


def altered(stored: Path, folder: Path, change: float) -> Path:
    """A copy of the results in which the scores differ."""
    shutil.copytree(stored, folder)
    store = Store(folder.parent, folder.name)
    scores = store.scores()
    for row in store.table("runs").to_pylist():
        mine = scores[scores["job_id"] == row["job_id"]].drop(columns="job_id").itertuples(index=False)
        store.commit(row, [Score(*score)._replace(value=score.value + change) for score in mine])
    return folder


def test_a_result_of_this_machine_comes_out_with_the_same_bits(stored: Path, inrbench: Inrbench) -> None:
    done = inrbench("verify", stored)
    assert done.returncode == 0
    assert "image · camera · SIREN · repeat" in done.stdout
    assert done.stdout.rstrip().endswith("the same bits")
    second = verify(stored, str(inrbench_ids(stored)[1]))
    assert second.stored == second.recomputed


def inrbench_ids(folder: Path) -> list[str]:
    return sorted(inrbench.Results(folder).final["job_id"])


def test_one_that_was_altered_is_found_out(stored: Path, tmp_path: Path, inrbench: Inrbench) -> None:
    done = inrbench("verify", altered(stored, tmp_path / "far", 9.0))
    assert done.returncode == 1
    assert done.stdout.rstrip().endswith("DOES NOT AGREE")
    near = verify(altered(stored, tmp_path / "near", 1e-6))
    assert near.agrees
    assert near.recomputed != near.stored


def test_results_of_other_settings_do_not_widen_what_is_allowed(stored: Path, tmp_path: Path) -> None:
    folder = tmp_path / stored.name
    shutil.copytree(stored, folder)
    store = Store(tmp_path, stored.name)
    row = next(row for row in store.table("runs").to_pylist() if row["method"] == "siren")
    scores = store.scores()
    mine = [Score(*each[1:]) for each in scores[scores["job_id"] == row["job_id"]].itertuples(index=False)]
    changes = {"model": '{"depth":2,"width":9}', "task_params": '{"size":8}', "activation_version": 9}
    for number, (column, value) in enumerate(changes.items()):
        other = {**row, "job_id": f"fffffffffffffff{number}", column: value}
        store.commit(other, [score._replace(value=score.value + 50) for score in mine])
    values = inrbench.Results(stored).final.query("method == 'siren'")["value"]
    assert len(values) == 2
    assert verify(folder, row["job_id"]).allowed == pytest.approx(values.max() - values.min())


def test_a_result_with_eval_steps_is_recomputed(stored: Path) -> None:
    job = inrbench.Results(stored).job("relu")
    assert "checkpoints" in job["train"]
    found = verify(stored, job["job_id"])
    assert found.stored == found.recomputed


def test_what_cannot_be_recomputed_is_one_line(stored: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no job of that id that ended well"):
        verify(stored, "zzz")
    folder = tmp_path / "other"
    shutil.copytree(stored, folder)
    store = Store(tmp_path, "other")
    for row in store.table("runs").to_pylist():
        store.commit({**row, "activation_version": 99}, [])
    shutil.rmtree(folder / "scores")
    shutil.copytree(stored / "scores", folder / "scores")
    with pytest.raises(BadInput, match="activation siren had version 99 and has"):
        verify(folder)
