"""Eval steps, and the scores beside the metrics of the task: path norm, and conditioning of the layers on demand."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from inrbench.bench.engine.engine import AutogradEngine
from inrbench.bench.training.scoring import eval_steps, evaluate
from tests.activations.plugins import OWN_LAYERS
from tests.bench.training.jobs import PLUGINS, run, values


@given(st.integers(1, 1_000_000), st.integers(1, 60))
def test_eval_steps_rise_to_the_last_step(total: int, count: int) -> None:
    steps = eval_steps(total, count)
    assert steps[-1] == total
    assert steps == sorted(set(steps))
    assert steps[0] >= 1
    assert len(steps) <= count + 1


def test_eval_steps_are_log_spaced() -> None:
    steps = eval_steps(10_000)
    assert steps[0] == 1
    late = [b / a for a, b in pairwise(steps[8:])]
    assert max(late) / min(late) < 1.1


def test_the_path_norm_is_scored_at_every_eval_step() -> None:
    result = run(task="image", activation="bw-relu")
    assert len(values(result, "path_norm")) == len(values(result, "psnr"))


LAYERED = [name for name in PLUGINS.activations.names() if name not in OWN_LAYERS]
"""Activations whose networks have as many layers as the depth says."""


@pytest.mark.parametrize("activation", LAYERED)
def test_conditioning_is_scored_on_demand_for_every_activation(activation: str) -> None:
    result = run(task="image", activation=activation, diagnostics=True, steps=1)
    names = {score.metric for score in result.scores}
    assert {"dead_units/1", "dead_units/2", "feature_cond/2", "feature_std/2"} <= names


def test_conditioning_is_not_scored_where_nobody_asks_for_it() -> None:
    assert not any("/" in score.metric for score in run(task="image", steps=5).scores)


def test_evaluation_is_in_evaluation_mode_and_leaves_the_modes_as_they_were() -> None:
    network = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5), nn.Linear(8, 1))
    network[2].eval()
    coords = torch.rand(100, 2)
    found = evaluate(AutogradEngine(network), coords, 30)
    assert [module.training for module in network] == [True, True, False]
    assert network.training
    torch.testing.assert_close(found, network.eval()(coords).detach())
