"""Loading of results: order, declared names, the descriptions of metrics."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inrbench.bench.config.job import Job, Plugin
from inrbench.bench.store.schema import Score
from inrbench.report.data.load import load
from inrbench.report.labels import MetricLabel
from inrbench.report.source import NoResults
from tests.report.laboratory import Lab


def test_an_empty_folder_names_the_command_to_run(lab: Lab) -> None:
    with pytest.raises(NoResults, match=r"made-up: no results yet; run `inrbench run made-up` first"):
        load(lab.store)


def test_methods_come_best_first_and_failed_ones_last(lab: Lab) -> None:
    for method, level in (("a", 20.0), ("b", 30.0), ("c", 25.0)):
        lab.job(method, level)
    lab.job("failed", status="oom")
    lab.job("partial", 50.0, signal="camera")
    for method in "abc":
        lab.job(method, 20.0, signal="coffee")
    (task,) = load(lab.store).tasks
    assert [method.key for method in task.activations] == ["b", "c", "a", "partial", "failed"]


def test_a_metric_to_minimise_sorts_upwards(lab: Lab) -> None:
    for method, level in (("a", 2.0), ("b", 1.0)):
        extra = [Score(100, 1.0, "mse", level, -1)]
        lab.job(method, extra=extra, metric="mse")
    assert [method.key for method in load(lab.store).tasks[0].activations] == ["b", "a"]


def test_results_of_earlier_settings_are_left_out(lab: Lab) -> None:
    lab.job("siren", 10.0, job_id="old", train='{"steps": 5}', started_at="2025-01-01")
    lab.job("siren", 30.0, job_id="new", started_at="2026-01-01")
    suite = load(lab.store)
    assert [run.job_id for run in suite.runs] == ["new"]
    assert suite.superseded == 1


def declared(task: str, method: str = "siren", **fields: Any) -> Job:
    plugin = Plugin("image", 1, {})
    values: dict[str, Any] = {
        "signal": "camera",
        "source": "camera",
        "label": method,
        "baseline": None,
        "model": {},
        "train": {},
    }
    return Job(
        suite="made-up", task_key=task, task=plugin, method=method, activation=Plugin("siren", 1, {}), repeat=0,
        **{**values, **fields},
    )  # fmt: skip


def test_only_the_named_jobs_are_reported(lab: Lab) -> None:
    job = declared("image")
    keep, _ = lab.job("siren", job_id=job.job_id), lab.job("relu")
    assert [run.job_id for run in load(lab.store, [job]).runs] == [keep]
    with pytest.raises(NoResults):
        load(lab.store, [])


def test_tasks_come_in_the_order_in_which_they_are_declared(lab: Lab) -> None:
    jobs = [declared(task, signal=task) for task in ("superres", "ct", "image")]
    for job in jobs:
        lab.job("siren", task=job.task_key, job_id=job.job_id)
    assert [task.key for task in load(lab.store, jobs).tasks] == ["superres", "ct", "image"]
    assert [task.key for task in load(lab.store, jobs[::-1]).tasks] == ["image", "ct", "superres"]


def test_one_job_under_two_tasks_is_shown_under_both(lab: Lab) -> None:
    first, second = declared("plain", label="SIREN"), declared("again", "sine", label="Sine")
    assert first.job_id == second.job_id
    lab.job("siren", 31.0, task="plain", job_id=first.job_id)
    tasks = load(lab.store, [first, second, second]).tasks
    assert [(task.key, [(m.key, m.label, len(m.runs)) for m in task.activations]) for task in tasks] == [
        ("plain", [("siren", "SIREN", 1)]),
        ("again", [("sine", "Sine", 1)]),
    ]
    assert [task.activations[0].final("psnr") for task in tasks] == [{("camera", 0): 31.0}] * 2


def test_the_title_of_a_task_is_its_label_and_tells_tasks_of_one_plugin_apart(lab: Lab) -> None:
    labels = {
        "ct": "CT", "image": "Pictures", "image-large": "Pictures", "holes": "Inpainting", "noise[cycles=8.0]": "Noise"
    }  # fmt: skip
    jobs = [declared(task, signal=task, task_label=label) for task, label in labels.items()]
    for job in jobs:
        lab.job("siren", task=job.task_key, job_id=job.job_id)
    titles = [task.title for task in load(lab.store, jobs).tasks]
    assert titles == ["CT", "Pictures", "Pictures (image-large)", "Inpainting", "Noise, cycles 8.0"]
    titles = [task.title for task in load(lab.store).tasks]
    assert titles == ["ct", "holes", "image", "image-large", "noise, cycles 8.0"]


def test_two_methods_of_one_label_are_told_apart(lab: Lab) -> None:
    lab.job("siren[omega0=10]", label="SIREN")
    lab.job("siren[omega0=20]", label="SIREN")
    labels = {method.label for method in load(lab.store).tasks[0].activations}
    assert labels == {"SIREN (siren[omega0=10])", "SIREN (siren[omega0=20])"}


def test_a_metric_is_shown_as_the_newest_row_describes_it(lab: Lab) -> None:
    old = json.dumps({"psnr": {"label": "old name", "unit": "", "direction": 1, "format": ".1f"}})
    lab.job("siren", metrics=old)
    assert lab.task().headline == MetricLabel("psnr", "old name", "", 1, ".1f")
    lab.job("relu", repeat=1)  # a later date
    assert lab.task().headline == MetricLabel("psnr", "PSNR", "dB", 1, ".2f")
    assert lab.task().metrics["loss"] == MetricLabel("loss", "data loss", "", -1, ".2e")


def test_a_metric_without_description_keeps_its_name_and_the_direction_of_its_scores(lab: Lab) -> None:
    lab.job("siren", extra=[lab.score("blur", 100, 0.3, -1)], metrics=None)
    assert list(lab.task().metrics.values()) == [
        MetricLabel("psnr", "psnr", "", 1, ".4g"),
        MetricLabel("blur", "blur", "", -1, ".4g"),
        MetricLabel("loss", "loss", "", -1, ".4g"),
    ]


def test_metrics_without_direction_or_of_a_family_are_diagnostics(lab: Lab) -> None:
    extra = [lab.score("path_norm", 100, 3.0), lab.score("freq_error/1", 100, 0.1, -1), lab.score("lsd", 100, 2.0, -1)]
    lab.job("siren", extra=extra)
    assert list(lab.task().metrics) == ["psnr", "lsd", "loss"]
    assert lab.task().diagnostics == ("freq_error/1", "path_norm")


@pytest.mark.parametrize("junk", ["{}", "[]", '{"psnr": 3}', '{"psnr": {"format": "zz", "direction": 7}}'])
def test_an_unusable_description_counts_as_none(lab: Lab, junk: str) -> None:
    lab.job("siren", metrics=junk)
    assert lab.task().headline == MetricLabel("psnr", "psnr", "", 1, ".4g")
