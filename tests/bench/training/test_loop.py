"""A training run: warm-up, eval steps, stopping, what is held out, penalties, and a bounded output."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from inrbench.activations.core.base import Domain, build
from inrbench.bench.config import expand
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.config.suite import Suite
from inrbench.bench.training.run_job import execute
from inrbench.bench.training.scoring import eval_steps
from inrbench.tasks.signals.load import load
from tests.activations.plugins import OWN_LAYERS
from tests.bench.training.jobs import CPU, PLUGINS, job, jobs, run, values


def test_scores_stand_at_every_eval_step_with_a_rising_clock() -> None:
    outcome = execute(jobs()[0], PLUGINS, CPU)
    psnr = [score for score in outcome.scores if score.metric == "psnr"]
    assert [score.step for score in psnr] == eval_steps(20)
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
        "path_quasi_norm": 0,
    }


def test_warming_up_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from inrbench.bench.training import loop as module

    job = jobs()[1]
    with_warmup = execute(job, PLUGINS, CPU).scores[-1].value
    monkeypatch.setattr(module, "WARMUP_STEPS", 0)
    assert execute(job, PLUGINS, CPU).scores[-1].value == with_warmup


def test_params_solve_the_width_for_every_activation() -> None:
    settings = {
        "suite": "s",
        "repeats": 1,
        "model": {"depth": 3, "params": 50_000},
        "train": {"steps": 1},
        "tasks": {"image": {"size": 16}},
        "activations": dict.fromkeys(PLUGINS.activations.names()),
    }
    for each in expand.jobs(validated(Suite, settings, "s"), PLUGINS, "s"):
        network = execute(each, PLUGINS, CPU).network
        assert network is not None
        coarse = each.method in OWN_LAYERS  # their sizes come in larger steps
        assert abs(network.params / 50_000 - 1) <= (0.03 if coarse else 0.01), each.method


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


def test_eval_steps_can_be_denser() -> None:
    assert len(values(run(task="image", eval_steps=50), "psnr")) > len(values(run(task="image"), "psnr"))


def test_plain_gradient_descent() -> None:
    losses = values(run(task="image", activation="relu", optimizer="sgd", lr=0.1), "loss")
    assert losses[-1] < losses[0]


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
