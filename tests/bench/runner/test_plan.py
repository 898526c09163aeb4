"""Plans: what is to do, in which part, and what was made by a plugin that has changed since."""

from __future__ import annotations

from pathlib import Path

import pytest

from inrbench.bench.config import expand
from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Plugins, source_sha256
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.config.suite import Suite
from inrbench.bench.errors import BadInput
from inrbench.bench.runner import plan
from inrbench.bench.store.schema import Score
from inrbench.bench.store.store import Store

PLUGINS = Plugins()
SCORE = Score(1, 0.5, "psnr", 30.0, 1)


@pytest.fixture(scope="module")
def jobs() -> list[Job]:
    values = {
        "suite": "s",
        "repeats": 20,
        "model": {"depth": 2, "width": 16},
        "train": {"steps": 2},
        "tasks": {"image": {"size": 16}},
        "activations": {"relu": {}, "siren": {}},
    }
    return expand.jobs(validated(Suite, values, "s"), PLUGINS, "s")


def commit(store: Store, job: Job, **changes: object) -> None:
    store.commit({**job.columns(), "status": "ok", "attempt": 1, **changes}, [SCORE])


def test_shards_part_the_jobs(jobs: list[Job], tmp_path: Path) -> None:
    store = Store(tmp_path, "s")
    parts = [plan.make(jobs, store, shard=(part, 3)).todo for part in (1, 2, 3)]
    assert all(parts)
    assert sorted(job.job_id for part in parts for job in part) == sorted(job.job_id for job in jobs)
    fewer = plan.make(jobs[: len(jobs) // 2], store, shard=(2, 3)).todo
    assert {job.job_id for job in fewer} <= {job.job_id for job in parts[1]}


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3", "", "1/3/5"])
def test_bad_shards(text: str) -> None:
    with pytest.raises(BadInput, match="--shard"):
        plan.shard(text)
    assert plan.shard("2/8") == (2, 8)


def test_a_job_without_readable_scores_is_to_do_and_keeps_count_of_its_attempts(
    jobs: list[Job], tmp_path: Path
) -> None:
    said: list[str] = []
    store = Store(tmp_path, "s", say=said.append)
    for job in jobs[:3]:
        commit(store, job)
    store.scores_file(jobs[0].job_id).write_bytes(b"hello")
    store.scores_file(jobs[1].job_id).unlink()
    work = plan.make(jobs[:3], store)
    assert work.todo == jobs[:2]
    assert work.attempts == {job.job_id: 1 for job in jobs[:3]}
    assert len(said) == 1


def test_a_changed_plugin_of_the_same_version_is_told(jobs: list[Job], tmp_path: Path) -> None:
    store = Store(tmp_path, "s")
    now = {name: source_sha256(PLUGINS.tasks.get("image"), PLUGINS.activations.get(name)) for name in ("relu", "siren")}
    for job in jobs[:8]:
        name = job.activation.name if job.activation else None
        commit(store, job, source_sha256="0" * 64 if name == "siren" else now["relu"] if name else None)
    count = sum(job.activation is not None and job.activation.name == "siren" for job in jobs[:8])
    assert count
    assert plan.changed_sources(plan.make(jobs, store), PLUGINS.sources()) == {"image × siren": count}


def test_a_job_that_two_tasks_declare_runs_once_and_keeps_both_names(tmp_path: Path) -> None:
    values = {
        "suite": "s",
        "repeats": 2,
        "model": {"depth": 2, "width": 16},
        "train": {"steps": 2},
        "tasks": {"image": {"size": 16}, "again": {"task": "image", "size": 16}},
        "activations": {"relu": {}},
    }
    declared = expand.declarations(validated(Suite, values, "s"), PLUGINS, "s")
    work = plan.make(declared, Store(tmp_path, "s"))
    assert [(job.task_key, job.repeat) for job in work.todo] == [("image", 0), ("image", 1)]
    assert {(job.task_key, job.job_id) for job in work.declarations} == {
        (task, job.job_id) for task in ("image", "again") for job in work.todo
    }
