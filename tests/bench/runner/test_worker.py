"""One job from its declaration to its row: timings that add up, final scores, results that survive the way home."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from bench.config import grid
from bench.config.job import Job
from bench.config.plugins import Plugins
from bench.config.strict_yaml import validated
from bench.config.suite import Suite
from bench.store.store import RUNS
from bench.training.descent import checkpoints
from bench.training.result import Result, checked, decode, encode
from bench.training.run_job import attempt, execute

PLUGINS = Plugins()
CPU = torch.device("cpu")


def jobs(task: str = "image", steps: int = 20, **settings: object) -> list[Job]:
    values = {
        "suite": "s",
        "repeats": 1,
        "model": {"depth": 2, "width": 16},
        "train": {"steps": steps},
        "tasks": {task: {"size": 16, **settings}},
        "activations": {"relu": {}, "siren": {}, "wire": {}},
    }
    return grid.jobs(validated(Suite, values, "s"), PLUGINS, "s")


def test_a_row_says_what_was_built_and_how_long_it_took() -> None:
    job = jobs(steps=200)[0]
    result = execute(job, PLUGINS, CPU)
    row = job.declared() | result.row
    assert not set(row) - set(RUNS.names)
    assert (row["status"], row["steps"], row["depth"], row["width"]) == ("ok", 200, 2, 16)
    assert row["params"] == 2 * 16 + 16 + 16 * 16 + 16 + 16 + 1
    parts = row["setup_s"] + row["warmup_s"] + row["train_s"] + row["eval_s"]
    assert parts == pytest.approx(row["wall_s"], rel=0.05, abs=0.02)
    assert row["step_ms"] == pytest.approx(1000 * row["train_s"] / 200)
    assert row["peak_mem_bytes"] > 10_000_000


def test_scores_stand_at_every_checkpoint_with_a_rising_clock() -> None:
    result = execute(jobs()[0], PLUGINS, CPU)
    psnr = [score for score in result.scores if score["metric"] == "psnr"]
    assert [score["step"] for score in psnr] == checkpoints(20)
    seconds = [score["train_s"] for score in psnr]
    assert seconds == sorted(seconds)
    assert seconds[-1] == result.row["train_s"]
    assert {score["metric"]: score["direction"] for score in result.scores} == {
        "psnr": 1,
        "ssim": 1,
        "loss": -1,
        "path_norm": 0,
    }


def test_the_reconstruction_kept_is_the_one_scored() -> None:
    job = jobs()[0]
    result = execute(job, PLUGINS, CPU)
    estimate = result.arrays[job.job_id]["reconstruction"]
    truth = result.arrays[f"ref-{job.problem_id}"]["truth"]
    final = [score["value"] for score in result.scores if score["metric"] == "psnr"][-1]
    assert final == pytest.approx(-10 * math.log10(float(np.mean((estimate - truth) ** 2))), abs=1e-4)


def test_warming_up_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.training import run_job as module

    job = jobs()[1]
    with_warmup = execute(job, PLUGINS, CPU).scores[-1]["value"]
    monkeypatch.setattr(module, "WARMUP_STEPS", 0)
    assert execute(job, PLUGINS, CPU).scores[-1]["value"] == with_warmup


def test_baselines_are_scored_by_the_same_metrics() -> None:
    found = {job.method: execute(job, PLUGINS, CPU) for job in jobs("ct", angles=8)}
    metrics = {
        name: {score["metric"] for score in result.scores} - {"loss", "path_norm"} for name, result in found.items()
    }
    assert metrics["fbp"] == metrics["tv"] == metrics["relu"] == {"psnr", "ssim", "psnr_circle"}
    assert all(result.row["metric"] == "psnr" for result in found.values())


def test_a_result_survives_its_bytes() -> None:
    result = Result(
        {"status": "ok", "error": None, "wall_s": 1.5},
        [{"step": 1, "train_s": 0.1, "metric": "psnr", "value": float("nan"), "direction": 1}],
        {"a": {"reconstruction": np.ones((2, 3, 1), np.float32)}, "ref-b": {"truth": np.zeros(3, np.float32)}},
    )
    back = decode(encode(result))
    assert back.row == result.row
    assert math.isnan(back.scores[0]["value"])
    assert back.arrays["a"]["reconstruction"].tolist() == result.arrays["a"]["reconstruction"].tolist()
    assert back.arrays["ref-b"]["truth"].tolist() == [0, 0, 0]
    assert decode(encode(Result({"status": "error"}))).arrays == {}


def test_a_signal_that_does_not_fit_is_a_row_with_its_cause() -> None:
    job = next(job for job in jobs("ct", signals=["coffee"], angles=8) if job.activation)
    result = attempt(job, PLUGINS, CPU, lambda _: None)
    assert result.row["status"] == "error"
    assert "coffee" in result.row["error"]


def test_params_solve_the_width_for_every_activation() -> None:
    values = {
        "suite": "s",
        "repeats": 1,
        "model": {"depth": 3, "params": 50_000},
        "train": {"steps": 1},
        "tasks": {"image": {"size": 16}},
        "activations": dict.fromkeys(PLUGINS.activations.names()),
    }
    for job in grid.jobs(validated(Suite, values, "s"), PLUGINS, "s"):
        row = execute(job, PLUGINS, CPU).row
        assert abs(row["params"] / 50_000 - 1) <= 0.01, job.method


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"row": {"status": "fine"}}, "status"),
        ({"row": {"status": "ok", "psnr": 3.0}}, "column"),
        ({"row": {"status": "ok", "job_id": "x"}}, "suite's to say"),
        ({"scores": [{"metric": "psnr", "value": 1.0}]}, "score"),
        ({"arrays": {"../../x": {"truth": np.zeros(3)}}}, "artifact"),
    ],
)
def test_what_a_plugin_may_have_put_into_a_result_is_checked(changes: dict[str, Any], words: str) -> None:
    job = jobs()[0]
    good = Result(row={"status": "ok"}, arrays={job.job_id: {}, f"ref-{job.problem_id}": {}})
    assert checked(good, job) is good
    with pytest.raises(ValueError, match=words):
        checked(replace(good, **changes), job)
