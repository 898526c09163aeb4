"""Outcomes as bytes: a lossless way there and back, and the refusal of whatever is no outcome of the job."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from inrbench.bench.store.schema import Score
from inrbench.bench.training.result import NetworkInfo, Outcome, Timings, decode, encode
from tests.bench.training.jobs import jobs


def test_an_outcome_survives_its_bytes() -> None:
    job = jobs()[0]
    outcome = Outcome(
        "ok",
        metric="psnr",
        steps=1,
        network=NetworkInfo(2, 8, 97, 64, "mlp", True),
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
