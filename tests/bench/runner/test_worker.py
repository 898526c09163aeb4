"""One job from its declaration to its outcome: timings that add up, final scores, a lossless way through bytes."""

from __future__ import annotations

import json
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
from bench.store.schema import Score
from bench.training.descent import checkpoints
from bench.training.result import NetworkInfo, Outcome, Timings, decode, encode
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


def test_an_outcome_has_the_size_of_the_network_and_the_seconds_of_its_phases() -> None:
    job = jobs(steps=200)[0]
    outcome = execute(job, PLUGINS, CPU)
    network, timings = outcome.network, outcome.timings
    assert network is not None
    assert timings is not None
    assert (outcome.status, outcome.steps, network.depth, network.width) == ("ok", 200, 2, 16)
    assert network.params == 2 * 16 + 16 + 16 * 16 + 16 + 16 + 1
    parts = timings.setup_s + timings.warmup_s + timings.train_s + timings.eval_s
    assert parts == pytest.approx(timings.wall_s, rel=0.05, abs=0.02)
    assert outcome.peak_mem_bytes is not None
    assert outcome.peak_mem_bytes > 10_000_000


def test_scores_stand_at_every_checkpoint_with_a_rising_clock() -> None:
    outcome = execute(jobs()[0], PLUGINS, CPU)
    psnr = [score for score in outcome.scores if score.metric == "psnr"]
    assert [score.step for score in psnr] == checkpoints(20)
    seconds = [score.train_s for score in psnr]
    assert seconds == sorted(seconds)
    assert outcome.timings is not None
    assert seconds[-1] == outcome.timings.train_s
    assert outcome.final_score == psnr[-1].value
    assert {score.metric: score.direction for score in outcome.scores} == {
        "psnr": 1,
        "ssim": 1,
        "loss": -1,
        "path_norm": 0,
    }


def test_the_reconstruction_kept_is_the_one_scored() -> None:
    job = jobs()[0]
    outcome = execute(job, PLUGINS, CPU)
    estimate = outcome.arrays[job.job_id]["reconstruction"]
    truth = outcome.arrays[job.reference]["truth"]
    assert outcome.final_score == pytest.approx(-10 * math.log10(float(np.mean((estimate - truth) ** 2))), abs=1e-4)


def test_warming_up_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.training import run_job as module

    job = jobs()[1]
    with_warmup = execute(job, PLUGINS, CPU).scores[-1].value
    monkeypatch.setattr(module, "WARMUP_STEPS", 0)
    assert execute(job, PLUGINS, CPU).scores[-1].value == with_warmup


def test_baselines_are_scored_by_the_same_metrics() -> None:
    found = {job.method: execute(job, PLUGINS, CPU) for job in jobs("ct", angles=8)}
    metrics = {
        name: {score.metric for score in outcome.scores} - {"loss", "path_norm"} for name, outcome in found.items()
    }
    assert metrics["fbp"] == metrics["tv"] == metrics["relu"] == {"psnr", "ssim", "psnr_circle"}
    assert all(outcome.metric == "psnr" for outcome in found.values())


def test_an_outcome_survives_its_bytes() -> None:
    job = jobs()[0]
    outcome = Outcome(
        "ok",
        metric="psnr",
        steps=1,
        network=NetworkInfo(2, 8, 97, 64, "chain", True),
        timings=Timings(0.1, 0.2, 0.3, 0.4, 1.0),
        scores=(Score(1, 0.1, "psnr", math.inf, 1), Score(1, 0.1, "loss", 0.5, -1)),
        arrays={job.job_id: {"reconstruction": np.ones((2, 3, 1), np.float32)}, job.reference: {"truth": np.zeros(3)}},
    )
    back = decode(encode(outcome), job)
    assert replace(back, arrays={}) == replace(outcome, arrays={})
    for name, group in outcome.arrays.items():
        for key, array in group.items():
            assert np.array_equal(back.arrays[name][key], array)
    broken = decode(encode(Outcome("diverged", scores=(Score(1, 0.1, "psnr", math.nan, 1),))), job)
    assert math.isnan(broken.scores[0].value)
    assert decode(encode(Outcome("error", "no memory")), job) == Outcome("error", "no memory")


def test_a_signal_that_does_not_fit_is_an_error_with_its_cause() -> None:
    job = next(job for job in jobs("ct", signals=["coffee"], angles=8) if job.activation)
    outcome = attempt(job, PLUGINS, CPU, lambda _: None)
    assert outcome.status == "error"
    assert "coffee" in str(outcome.error)


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
        network = execute(job, PLUGINS, CPU).network
        assert network is not None
        assert abs(network.params / 50_000 - 1) <= 0.01, job.method


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"status": "fine"},
        {"status": "ok", "psnr": 3.0},
        {"status": "ok", "job_id": "x"},
        {"status": "ok", "steps": "3"},
        {"status": "ok", "error": 3},
        {"status": "ok", "network": {"depth": 2}},
        {"status": "ok", "timings": [1.0, 2.0]},
        {"status": "ok", "scores": [["psnr", 1.0]]},
        {"status": "ok", "scores": [[1, 0.1, "psnr", "high", 1]]},
        {"status": "ok", "scores": 3},
        {"status": "ok", "arrays": {"x": {"y": [1]}}},
    ],
    ids=str,
)
def test_an_outcome_with_a_wrong_field_is_refused(header: dict[str, Any]) -> None:
    _, _, arrays = encode(Outcome("ok")).partition(b"\n")
    with pytest.raises(ValueError, match="Outcome"):
        decode(json.dumps(header).encode() + b"\n" + arrays, jobs()[0])


def test_an_artifact_of_another_name_is_refused() -> None:
    for name in ("..", "ref-x", "0" * 16):
        with pytest.raises(ValueError, match="no such artifact"):
            decode(encode(Outcome("ok", arrays={name: {"truth": np.zeros(3)}})), jobs()[0])
