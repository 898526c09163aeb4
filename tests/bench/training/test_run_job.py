"""One job from its declaration to its outcome: timings that add up, final scores, stopping, what is held out."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from inrbench.activations.core.base import Domain, build
from inrbench.activations.relu import Relu
from inrbench.bench.config import grid
from inrbench.bench.config.job import Job
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.config.suite import Suite
from inrbench.bench.training.descent import checkpoints
from inrbench.bench.training.run_job import attempt, execute, penalty_of
from inrbench.bench.training.sampling import held_out
from inrbench.tasks.signals.load import load
from tests.bench.training.jobs import CPU, PLUGINS, job, jobs, run, values


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
    from inrbench.bench.training import run_job as module

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


def test_a_signal_that_does_not_fit_is_an_error_with_its_cause() -> None:
    job = next(job for job in jobs("ct", signals=["coffee"], angles=8) if job.activation)
    outcome = attempt(job, PLUGINS, CPU, lambda _: None)
    assert outcome.status == "error"
    assert "coffee" in str(outcome.error)


def test_params_solve_the_width_for_every_activation() -> None:
    settings = {
        "suite": "s",
        "repeats": 1,
        "model": {"depth": 3, "params": 50_000},
        "train": {"steps": 1},
        "tasks": {"image": {"size": 16}},
        "activations": dict.fromkeys(PLUGINS.activations.names()),
    }
    for each in grid.jobs(validated(Suite, settings, "s"), PLUGINS, "s"):
        network = execute(each, PLUGINS, CPU).network
        assert network is not None
        assert abs(network.params / 50_000 - 1) <= 0.01, each.method


def test_training_ends_once_the_loss_is_reached() -> None:
    full = run(task="image")
    target = values(full, "loss")[-1] * 3
    stopped = run(task="image", stop_loss=target)
    assert stopped.steps in range(0, 200, 10)
    assert values(stopped, "loss")[-1] <= target * 1.05
    assert stopped.scores[-1].step == stopped.steps


@pytest.mark.parametrize("task", ["denoise", "superres", "ct", "inpaint"])
def test_what_is_held_out_is_not_trained_on(task: str) -> None:
    result = run(task=task, holdout=0.5, stop="heldout", lr=3e-3)
    loss, held = values(result, "loss"), values(result, "heldout_loss")
    assert len(loss) == len(held) > 5
    assert loss[-1] < held[-1]
    best = min(zip(held, sorted({score.step for score in result.scores}), strict=True))
    assert result.chosen_step == best[1]


def test_the_same_measurements_are_held_out_for_every_activation() -> None:
    one, other = job(activation="siren", holdout=0.25), job(activation="relu", holdout=0.25)
    task = PLUGINS.tasks.get("denoise")()
    problem = task.model_copy(update={"size": (24, 24)}).problem(load("coins"), one.data_seed)
    masks = [held_out(each, problem, 0.25) for each in (one, other)]
    assert masks[0] is not None
    assert masks[1] is not None
    assert torch.equal(masks[0], masks[1])
    assert int(masks[0].sum()) == round(0.25 * len(problem.measured))


def test_a_penalty_on_the_path_norm_lowers_it_and_weight_decay_is_another_thing() -> None:
    for activation in ("relu", "bw-relu"):
        plain = run(task="image", activation=activation)
        penalised = run(task="image", activation=activation, path_norm=1e-2)
        decayed = run(task="image", activation=activation, weight_decay=1e-2)
        assert values(penalised, "path_norm")[-1] < 0.8 * values(plain, "path_norm")[-1]
        assert values(decayed, "path_norm")[-1] != values(penalised, "path_norm")[-1]


def test_a_penalty_is_refused_where_there_is_no_norm() -> None:
    with pytest.raises(ValueError, match="SIREN has no path norm"):
        run(task="image", activation="siren", path_norm=1e-2)


def test_the_penalty_of_an_activation_has_the_weight_that_its_parameters_say() -> None:
    def variation(**params: float) -> float:
        one = job(task="image", activation="grid", params=params, lr=1e-2)
        estimate = execute(one, PLUGINS, CPU).arrays[one.job_id]["reconstruction"]
        return float(sum(np.abs(np.diff(estimate, axis=axis)).mean() for axis in (0, 1)))

    free, some, strong = variation(), variation(tv=1e-3), variation(tv=1.0)
    assert strong < 0.1 * free
    assert strong < some < 0.95 * free


def test_both_penalties_together_are_their_sum() -> None:
    class Shrinking(Relu):
        def penalty(self, network: nn.Module) -> Tensor:
            return 3 * next(network.parameters()).square().sum()

    network = build(Shrinking(), Domain(2, 1, (8, 8)), width=8, depth=2, seed=0)
    own, norm = Shrinking().penalty(network), Shrinking().path_norm(network)
    assert norm is not None
    for weight, expected in ((None, own), (0.5, own + 0.5 * norm)):
        found = penalty_of(Shrinking(), weight)(network)
        assert found is not None
        torch.testing.assert_close(found, expected)
    assert penalty_of(Relu(), None)(network) is None


def test_checkpoints_can_be_denser() -> None:
    assert len(values(run(task="image", checkpoints=50), "psnr")) > len(values(run(task="image"), "psnr"))


def test_plain_gradient_descent() -> None:
    losses = values(run(task="image", activation="relu", optimizer="sgd", lr=0.1), "loss")
    assert losses[-1] < losses[0]


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
    return grid.jobs(suite, PLUGINS, "stored.yaml")


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


def test_a_tanh_output_trains_as_one_with_targets_from_minus_one_to_one() -> None:
    """The same network, trained here by hand as papers do it, ends in the same picture once that is in [0, 1]."""
    plain = job(task="image", steps=20)
    assert plain.model is not None
    assert plain.activation is not None
    declared = replace(plain, model=plain.model.model_copy(update={"output": "tanh"}))
    assert declared.job_id != plain.job_id
    outcome = execute(declared, PLUGINS, CPU)
    assert outcome.status == "ok"
    found = outcome.arrays[declared.job_id]["reconstruction"]
    assert 0 < found.min() < found.max() < 1

    problem = PLUGINS.tasks.create(plain.task).problem(load("coins"), plain.data_seed)
    activation = PLUGINS.activations.create(plain.activation)
    network = build(activation, Domain(2, 1, problem.shape), width=24, depth=2, seed=plain.init_seed)
    optimizer = torch.optim.Adam(network.parameters())
    for step in range(20):
        optimizer.param_groups[0]["lr"] = 1e-3 * 0.1 ** (step / 20)
        optimizer.zero_grad()
        (torch.tanh(network(problem.coords)) - (2 * problem.truth - 1)).square().mean().backward()
        optimizer.step()
    expected = (torch.tanh(network(problem.coords)) + 1) / 2
    start = build(activation, Domain(2, 1, problem.shape), width=24, depth=2, seed=plain.init_seed)
    moved = ((torch.tanh(start(problem.coords)) + 1) / 2 - expected).detach().abs().max()
    assert np.abs(found.reshape(-1, 1) - expected.detach().numpy()).max() < 0.01 * float(moved)


def test_a_bounded_network_keeps_its_path_norm_and_its_conditioning() -> None:
    plain = job(task="image", activation="bw-relu", steps=5, diagnostics=True)
    assert plain.model is not None
    declared = replace(plain, model=plain.model.model_copy(update={"output": "tanh"}))
    metrics = [{score.metric for score in execute(each, PLUGINS, CPU).scores} for each in (plain, declared)]
    assert metrics[0] == metrics[1]
    assert "path_norm" in metrics[0]
