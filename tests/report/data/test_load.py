import pytest

from bench.config.job import Job, Plugin
from report.data.load import load
from report.source import NoResults


def test_an_empty_folder_says_what_to_run(lab) -> None:
    with pytest.raises(NoResults, match=r"made-up: no results yet; run `inrbench run made-up` first"):
        load(lab.store)


def test_the_final_value_is_the_last_one_and_the_oracle_the_best(lab) -> None:
    lab.job("siren", curve={0: 5.0, 10: 31.0, 100: 30.0})
    (run,) = load(lab.store).runs
    assert run.final("psnr") == 30.0
    assert run.best("psnr", 1) == 31.0
    assert run.best("psnr", -1) == 5.0
    assert run.final("absent") is None


def test_a_metric_that_the_last_step_lacks_has_no_final_value(lab) -> None:
    lab.job("siren", extra=[{"step": 10, "train_s": 1.0, "metric": "ssim", "value": 0.9, "direction": 1}])
    assert load(lab.store).runs[0].final("ssim") is None


def test_a_value_that_is_not_finite_is_none(lab) -> None:
    lab.job("siren", curve={0: 5.0, 100: float("nan")})
    (run,) = load(lab.store).runs
    assert run.final("psnr") is None
    assert run.best("psnr", 1) == 5.0


def test_methods_come_best_first_and_failed_ones_last(lab) -> None:
    for method, level in (("a", 20.0), ("b", 30.0), ("c", 25.0)):
        lab.job(method, level)
    lab.job("failed", status="oom")
    lab.job("partial", 50.0, signal="camera")
    for method in "abc":
        lab.job(method, 20.0, signal="coffee")
    (task,) = load(lab.store).tasks
    assert [method.key for method in task.activations] == ["b", "c", "a", "partial", "failed"]


def test_a_metric_to_minimise_sorts_upwards(lab) -> None:
    for method, level in (("a", 2.0), ("b", 1.0)):
        extra = [{"step": 100, "train_s": 1.0, "metric": "mse", "value": level, "direction": -1}]
        lab.job(method, extra=extra, metric="mse")
    assert [method.key for method in load(lab.store).tasks[0].activations] == ["b", "a"]


def test_results_of_earlier_settings_are_left_out(lab) -> None:
    lab.job("siren", 10.0, job_id="old", train='{"steps": 5}', started_at="2025-01-01")
    lab.job("siren", 30.0, job_id="new", started_at="2026-01-01")
    suite = load(lab.store)
    assert [run.job_id for run in suite.runs] == ["new"]
    assert suite.superseded == 1


def declared(task: str, method: str = "siren", **fields) -> Job:
    plugin = Plugin("image", 1, {})
    values = {"signal": "camera", "source": "camera", "label": method, "baseline": None, "model": {}, "train": {}}
    return Job(
        suite="made-up", task_key=task, task=plugin, method=method, activation=Plugin("siren", 1, {}), repeat=0,
        **{**values, **fields},
    )  # fmt: skip


def test_only_the_named_jobs_are_reported(lab) -> None:
    job = declared("image")
    keep, _ = lab.job("siren", job_id=job.job_id), lab.job("relu")
    assert [run.job_id for run in load(lab.store, [job]).runs] == [keep]
    with pytest.raises(NoResults):
        load(lab.store, [])


def test_tasks_come_in_the_order_in_which_they_are_declared(lab) -> None:
    jobs = [declared(task, signal=task) for task in ("superres", "ct", "image")]
    for job in jobs:
        lab.job("siren", task=job.task_key, job_id=job.job_id)
    assert [task.key for task in load(lab.store, jobs).tasks] == ["superres", "ct", "image"]
    assert [task.key for task in load(lab.store, jobs[::-1]).tasks] == ["image", "ct", "superres"]


def test_one_job_under_two_tasks_is_shown_under_both(lab) -> None:
    first, second = declared("plain", label="SIREN"), declared("again", "sine", label="Sine")
    assert first.job_id == second.job_id
    lab.job("siren", 31.0, task="plain", job_id=first.job_id)
    tasks = load(lab.store, [first, second, second]).tasks
    assert [(task.key, [(m.key, m.label, len(m.runs)) for m in task.activations]) for task in tasks] == [
        ("plain", [("siren", "SIREN", 1)]),
        ("again", [("sine", "Sine", 1)]),
    ]
    assert [task.activations[0].final("psnr") for task in tasks] == [{("camera", 0): 31.0}] * 2


def test_two_methods_of_one_label_are_told_apart(lab) -> None:
    lab.job("siren[omega0=10]", label="SIREN")
    lab.job("siren[omega0=20]", label="SIREN")
    labels = {method.label for method in load(lab.store).tasks[0].activations}
    assert labels == {"SIREN (siren[omega0=10])", "SIREN (siren[omega0=20])"}
