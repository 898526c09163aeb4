"""Identity and seeds: what enters them, what does not, and that they never change."""

from __future__ import annotations

from dataclasses import asdict, replace

from inrbench.bench.config.identity import digest
from inrbench.bench.config.job import Job, Plugin
from inrbench.bench.config.settings import Model, Train

JOB = Job(
    suite="quick",
    task_key="image",
    task=Plugin("image", 1, {"size": 128}),
    source="camera",
    signal="camera",
    method="siren",
    label="SIREN",
    activation=Plugin("siren", 1, {"omega0": 30.0}),
    baseline=None,
    model=Model(depth=3, width=128),
    train=Train(steps=300, lr=1e-3, lr_decay=0.1),
    repeat=0,
)


def test_golden_ids_and_seeds() -> None:
    # If this test fails, every result that anybody has stored no longer belongs to its job.
    assert JOB.job_id == "8999f9d828a6a48a"
    assert (JOB.data_seed, JOB.init_seed) == (2071349884, 518900399)
    assert JOB.problem_id == "d4ae122925c09324"


def test_what_is_not_declared_does_not_enter_the_id() -> None:
    renamed = replace(
        JOB, suite="other", task_key="picture", source="/somewhere/else.png", method="s", label="S", task_label="P"
    )
    assert renamed.job_id == JOB.job_id


def test_everything_declared_enters_the_id() -> None:
    assert JOB.activation is not None
    assert JOB.model is not None
    assert JOB.train is not None
    changed = [
        replace(JOB, task=Plugin("image", 2, {"size": 128})),
        replace(JOB, task=Plugin("image", 1, {"size": 64})),
        replace(JOB, signal="coffee"),
        replace(JOB, activation=Plugin("siren", 2, {"omega0": 30.0})),
        replace(JOB, activation=Plugin("siren", 1, {"omega0": 31.0})),
        replace(JOB, activation=Plugin("finer", 1, {"omega0": 30.0})),
        replace(JOB, model=JOB.model.model_copy(update={"depth": 2})),
        replace(JOB, train=JOB.train.model_copy(update={"lr": 2e-3})),
        replace(JOB, repeat=1),
        replace(JOB, activation=None, baseline="bicubic", model=None, train=None),
    ]
    assert len({JOB.job_id, *(job.job_id for job in changed)}) == len(changed) + 1


def test_the_id_is_the_digest_of_one_canonical_text() -> None:
    for job in (JOB, replace(JOB, activation=None, baseline="bicubic", model=None, train=None)):
        declared = {
            "task": asdict(job.task),
            "signal": job.signal,
            "activation": asdict(job.activation) if job.activation else None,
            "baseline": job.baseline,
            "model": job.model and job.model.declared(),
            "train": job.train and job.train.declared(),
            "repeat": job.repeat,
        }
        assert job.job_id == digest(declared)


def test_a_setting_that_is_off_changes_no_id() -> None:
    assert JOB.train is not None
    assert "weight_decay" in JOB.train.model_dump()
    assert "weight_decay" not in JOB.train.text


def test_seeds_pair_the_activations_and_part_the_repeats() -> None:
    other = replace(JOB, activation=Plugin("relu", 1, {}), method="relu", label="ReLU")
    assert (other.data_seed, other.init_seed) == (JOB.data_seed, JOB.init_seed)
    again = replace(JOB, repeat=1)
    assert again.data_seed != JOB.data_seed
    assert again.init_seed != JOB.init_seed
    assert replace(JOB, signal="coffee").data_seed != JOB.data_seed
    assert replace(JOB, signal="coffee").init_seed == JOB.init_seed


def test_a_job_survives_its_json() -> None:
    assert Job.from_json(JOB.to_json()) == JOB
    baseline = replace(JOB, activation=None, baseline="fbp", model=None, train=None)
    assert Job.from_json(baseline.to_json()) == baseline
