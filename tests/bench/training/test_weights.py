"""The final network as tensors and a blueprint."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from inrbench.bench.errors import BadInput
from inrbench.bench.training.result import decode, encode
from inrbench.bench.training.run_job import execute
from inrbench.bench.training.weights import Blueprint, rebuild
from tests.bench.training.jobs import CPU, PLUGINS, job


def test_they_come_out_of_an_encoded_outcome_as_they_went_in() -> None:
    one = job(activation="wire", steps=2)  # with complex weights
    outcome = execute(one, PLUGINS, CPU, keep_weights=True)
    again = decode(encode(outcome), one)
    assert again.blueprint == outcome.blueprint
    assert {name: array.dtype for name, array in again.weights.items()} == {
        name: array.dtype for name, array in outcome.weights.items()
    }
    assert all(np.array_equal(again.weights[name], array) for name, array in outcome.weights.items())


def test_they_are_left_out_by_default() -> None:
    outcome = execute(job(steps=2), PLUGINS, CPU)
    assert (outcome.weights, outcome.blueprint) == ({}, None)


def test_another_version_or_network_is_refused() -> None:
    outcome = execute(job(steps=2), PLUGINS, CPU, keep_weights=True)
    blueprint = Blueprint.from_json(outcome.blueprint or "")
    assert isinstance(rebuild(blueprint, outcome.weights, PLUGINS), torch.nn.Module)
    first = next(iter(outcome.weights))
    with pytest.raises(BadInput, match="builds another network now"):
        rebuild(blueprint, {**outcome.weights, first: outcome.weights[first][:1]}, PLUGINS)
    older = replace(blueprint, activation=replace(blueprint.activation, version=9))
    with pytest.raises(BadInput, match="trained with version 9"):
        rebuild(older, outcome.weights, PLUGINS)
