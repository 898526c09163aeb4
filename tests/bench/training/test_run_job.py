"""One job from its declaration to its outcome: timings that add up, final scores, stopping, what is held out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inrbench.bench.config import expand
from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.suite import Suite
from inrbench.bench.training.run_job import attempt, execute
from inrbench.bench.training.sampling import held_out
from inrbench.tasks.signals.load import load
from tests.bench.training.jobs import CPU, PLUGINS, job, jobs, values


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


def test_the_reconstruction_kept_is_the_one_scored() -> None:
    job = jobs()[0]
    outcome = execute(job, PLUGINS, CPU)
    estimate = outcome.arrays[job.job_id]["reconstruction"]
    truth = outcome.arrays[job.reference]["truth"]
    assert outcome.final_score == pytest.approx(-10 * math.log10(float(np.mean((estimate - truth) ** 2))), abs=1e-4)


def test_baselines_are_scored_by_the_same_metrics() -> None:
    found = {job.method: execute(job, PLUGINS, CPU) for job in jobs("ct", angles=8)}
    metrics = {
        name: {score.metric for score in outcome.scores} - {"loss", "path_norm", "path_quasi_norm"}
        for name, outcome in found.items()
    }
    assert metrics["fbp"] == metrics["tv"] == metrics["relu"] == {"psnr", "ssim", "psnr_circle"}
    assert all(outcome.metric == "psnr" for outcome in found.values())


def test_a_signal_that_does_not_fit_is_an_error_with_its_cause() -> None:
    job = next(job for job in jobs("ct", signals=["coffee"], angles=8) if job.activation)
    outcome = attempt(job, PLUGINS, CPU, lambda _: None)
    assert outcome.status == "error"
    assert "coffee" in str(outcome.error)


def test_a_picture_that_changed_after_the_jobs_were_laid_out_is_not_mixed_up(tmp_path: Path) -> None:
    path = tmp_path / "photo.npy"
    np.save(path, np.linspace(0, 1, 900).reshape(30, 30))
    job = next(job for job in jobs(signals=[str(path)]) if job.activation)
    outcome = attempt(job, PLUGINS, CPU, lambda _: None)
    assert outcome.status == "ok"
    assert str(outcome.data_sha256).startswith(job.signal.removeprefix("photo@"))
    assert outcome.data_prepared == "30 × 30 → 16 × 16"
    np.save(path, np.zeros((30, 30)))
    outcome = attempt(job, PLUGINS, CPU, lambda _: None)
    assert outcome.status == "error"
    assert "photo.npy has changed since the run began: it was photo@" in str(outcome.error)


def test_the_same_measurements_are_held_out_for_every_activation() -> None:
    one, other = job(activation="siren", holdout=0.25), job(activation="relu", holdout=0.25)
    task = PLUGINS.tasks.get("denoise")()
    problem = task.model_copy(update={"size": (24, 24)}).problem(load("coins"), one.data_seed)
    masks = [held_out(each, problem, 0.25) for each in (one, other)]
    assert masks[0] is not None
    assert masks[1] is not None
    assert torch.equal(masks[0], masks[1])
    assert int(masks[0].sum()) == round(0.25 * len(problem.measured))


def two_steps(task: str, **settings: Any) -> list[Job]:
    """A task's jobs: its baselines, and SIREN trained for two steps."""
    suite = Suite(
        suite="stored",
        repeats=1,
        model={"depth": 1, "width": 8},
        train={"steps": 2},
        tasks={task: settings},
        activations={"siren": {}},
    )
    return expand.jobs(suite, PLUGINS, "stored.yaml")


@pytest.mark.parametrize("baseline", [True, False])
def test_stored_arrays_are_those_that_were_compared(baseline: bool) -> None:
    """The mean that gradients leave open is in neither the stored truth nor the stored reconstruction."""
    cases = two_steps("poisson", signals=["camera"], size=16)
    job = next(job for job in cases if (job.baseline == "dct") is baseline and (baseline or job.activation is not None))
    outcome = execute(job, PLUGINS, CPU)
    truth, found = outcome.arrays[job.reference]["truth"], outcome.arrays[job.job_id]["reconstruction"]
    assert truth.shape == found.shape == (16, 16, 1)
    assert truth.mean() == pytest.approx(0.5, abs=1e-5)
    assert found.mean() == pytest.approx(0.5, abs=1e-5)
    stored = -10 * np.log10(np.square(found.astype(np.float64) - truth).mean())
    assert stored == pytest.approx(outcome.final_score, abs=1e-3)


@pytest.mark.parametrize(
    ("task", "settings", "rate"), [("audio", {"samples": 64}, 1000.0), ("image", {"size": 16}, None)]
)
def test_the_sampling_rate_of_a_sound_is_stored_beside_its_truth(
    task: str, settings: dict[str, int], rate: float | None
) -> None:
    case = next(case for case in two_steps(task, **settings) if case.activation is not None)
    assert execute(case, PLUGINS, CPU).arrays[case.reference].get("rate") == rate


@pytest.mark.parametrize(("activation", "frozen"), [("siren", 0), ("rff", 2 * 12)])
def test_drawn_numbers_are_counted_beside_the_trained_ones(activation: str, frozen: int) -> None:
    """Random Fourier features of a network 24 wide have 12 frequencies of two coordinates."""
    network = execute(job(activation=activation, steps=5), PLUGINS, CPU).network
    assert network is not None
    assert network.frozen == frozen


LAYERS = """
import torch
from torch import nn
from inrbench.activations import Activation

class Normed(Activation):
    name, label, version = "normed", "normed", 1
    derivatives = 1
    forward = staticmethod(torch.relu)
    def layer(self, i, o, *, first):
        return nn.Sequential(nn.Linear(i, o), nn.BatchNorm1d(o), nn.ReLU())

class Dropped(Activation):
    name, label, version = "dropped", "dropped", 1
    forward = staticmethod(torch.relu)
    def layer(self, i, o, *, first):
        return nn.Sequential(nn.Linear(i, o), nn.ReLU(), nn.Dropout(0.1))
"""


@pytest.fixture
def with_layers(tmp_path: Path) -> Plugins:
    file = tmp_path / "layers.py"
    file.write_text(LAYERS)
    return Plugins([file])


def jobs_of(plugins: Plugins, activation: str, task: str = "image") -> list[Job]:
    suite = Suite(
        suite="s",
        repeats=1,
        model={"depth": 2, "width": 16},
        train={"steps": 30},
        tasks={task: {} if task == "eikonal" else {"size": 24}},
        activations={activation: {}},
    )
    return [job for job in expand.jobs(suite, plugins, "s") if job.activation]


@pytest.mark.parametrize("activation", ["normed", "dropped"])
def test_the_score_of_a_network_with_modes_does_not_depend_on_blocks(
    activation: str, with_layers: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batch normalisation is trained in one block; it and dropout are scored in evaluation mode."""
    job = jobs_of(with_layers, activation)[0]
    found = []
    for rows in ("64", "4096"):
        monkeypatch.setenv("INRBENCH_BLOCK_ROWS", rows)
        torch.manual_seed(0)
        found.append(execute(job, with_layers, CPU))
    few, many = found
    assert few.network is not None
    assert few.network.block_rows == (576 if activation == "normed" else 64)
    if activation == "normed":
        assert few.final_score == many.final_score
    objective = -10 * math.log10(values(many, "loss")[-1])  # of the very values that are scored
    assert many.final_score == pytest.approx(objective, abs=1e-3)


def test_batch_normalisation_is_refused_where_training_needs_derivatives(with_layers: Plugins) -> None:
    outcome = attempt(jobs_of(with_layers, "normed", "eikonal")[0], with_layers, CPU, lambda _: None)
    assert outcome.status == "error"
    assert "depends on other rows (batch normalisation?)" in str(outcome.error)
