"""Scores beside the metrics of the task: the path norm, and the conditioning of the layers on demand."""

from __future__ import annotations

import pytest

from tests.bench.training.jobs import PLUGINS, run, values


def test_the_path_norm_is_scored_at_every_checkpoint() -> None:
    result = run(task="image", activation="bw-relu")
    assert len(values(result, "path_norm")) == len(values(result, "psnr"))


LAYERED = [name for name in PLUGINS.activations.names() if name != "grid"]
"""Activations whose networks have layers: a grid has none to be conditioned."""


@pytest.mark.parametrize("activation", LAYERED)
def test_conditioning_is_scored_on_demand_for_every_activation(activation: str) -> None:
    result = run(task="image", activation=activation, diagnostics=True, steps=1)
    names = {score.metric for score in result.scores}
    assert {"dead_units/1", "dead_units/2", "feature_cond/2", "feature_std/2"} <= names


def test_conditioning_is_not_scored_where_nobody_asks_for_it() -> None:
    assert not any("/" in score.metric for score in run(task="image", steps=5).scores)
