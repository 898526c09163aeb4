"""Choosing a checkpoint without the truth, stopping at a loss, and what is kept from training."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from bench.config import grid
from bench.config.job import Job
from bench.config.plugins import Plugins
from bench.config.settings import Train
from bench.config.strict_yaml import validated
from bench.config.suite import Suite
from bench.errors import BadInput
from bench.training.early_stopping import Point, chosen_step
from bench.training.result import Outcome
from bench.training.run_job import execute, held_out

PLUGINS = Plugins()


def points(*losses: float, heldout: tuple[float, ...] = ()) -> list[Point]:
    held = heldout or (None,) * len(losses)
    return [Point(2**i, loss, other) for i, (loss, other) in enumerate(zip(losses, held, strict=True))]


def test_without_a_rule_the_last_checkpoint_is_chosen() -> None:
    assert chosen_step(None, points(1, 0.5, 0.1)) == 4


def test_a_plateau_is_where_the_loss_hardly_falls_twice_in_a_row() -> None:
    assert chosen_step("plateau", points(1, 0.5, 0.25, 0.249, 0.1, 0.0999, 0.0998, 0.0997)) == 32
    assert chosen_step("plateau", points(1, 0.5, 0.25, 0.125)) == 8


def test_a_slow_start_is_no_plateau() -> None:
    assert chosen_step("plateau", points(1, 0.999, 0.998, 0.997, 0.1, 0.05)) == 32


def test_the_discrepancy_principle_stops_at_the_noise() -> None:
    assert chosen_step("discrepancy", points(1, 0.5, 0.04, 0.01), noise_std=0.2) == 4
    assert chosen_step("discrepancy", points(1, 0.5), noise_std=0.2) == 2
    with pytest.raises(ValueError, match="noise is known"):
        chosen_step("discrepancy", points(1, 0.5))


def test_the_least_loss_on_what_was_held_out_is_chosen() -> None:
    assert chosen_step("heldout", points(1, 0.5, 0.1, 0.01, heldout=(1, 0.6, 0.5, 0.7))) == 4
    with pytest.raises(ValueError, match="holdout"):
        chosen_step("heldout", points(1, 0.5))


def test_a_rule_without_what_it_needs_is_refused() -> None:
    with pytest.raises(BadInput, match="holdout"):
        validated(Train, {"steps": 5, "stop": "heldout"}, "s")


def job(task: str = "denoise", activation: str = "siren", **train: Any) -> Job:
    values = {
        "suite": "s",
        "repeats": 1,
        "model": {"depth": 2, "width": 24},
        "train": {"steps": 200, "lr": 1e-3, **train},
        "tasks": {task: {"signals": ["coins"], "size": [24, 24]}},
        "activations": {activation: {}},
    }
    return next(job for job in grid.jobs(validated(Suite, values, "s"), PLUGINS, "s") if job.activation)


def run(**settings: Any) -> Outcome:
    return execute(job(**settings), PLUGINS, torch.device("cpu"))


def values(outcome: Outcome, metric: str) -> list[float]:
    return [score.value for score in outcome.scores if score.metric == metric]


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
    from tasks.signals.load import load

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


def test_the_path_norm_is_scored_at_every_checkpoint() -> None:
    result = run(task="image", activation="bw-relu")
    assert len(values(result, "path_norm")) == len(values(result, "psnr"))


@pytest.mark.parametrize("activation", PLUGINS.activations.names())
def test_conditioning_is_scored_on_demand_for_every_activation(activation: str) -> None:
    result = run(task="image", activation=activation, diagnostics=True, steps=5)
    names = {score.metric for score in result.scores}
    assert {"dead_units/1", "dead_units/2", "feature_cond/2", "feature_std/2"} <= names
    assert not any("/" in score.metric for score in run(task="image", activation=activation, steps=5).scores)


def test_checkpoints_can_be_denser() -> None:
    assert len(values(run(task="image", checkpoints=50), "psnr")) > len(values(run(task="image"), "psnr"))


def test_plain_gradient_descent() -> None:
    losses = values(run(task="image", activation="relu", optimizer="sgd", lr=0.1), "loss")
    assert losses[-1] < losses[0]
