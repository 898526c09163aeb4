"""The row of an attempt: columns of the schema, described metrics, and times that are valid only where they compare."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from inrbench.bench.config.job import Job, Plugin
from inrbench.bench.config.settings import Model, Train
from inrbench.bench.machine import provenance
from inrbench.bench.machine.monitor import DeviceUse
from inrbench.bench.runner.row import Attempt, Execution, to_row
from inrbench.bench.store.schema import RUNS, Score
from inrbench.bench.training.result import NetworkInfo, Outcome, Timings, described

SIREN = Plugin("siren", 1, {"omega0": 30.0})
IMAGE = Plugin("image", 1, {"size": 16})
JOB = Job("s", "image", IMAGE, "camera", "camera", "siren", "SIREN", SIREN, None, Model(width=8), Train(steps=100), 0)
ATTEMPT = Attempt(2, "2026-01-01T00:00:00+00:00", "logs/x.log")
ALONE = DeviceUse(shared=False, foreign_cpu=0.01, clock_mhz=2600.0, throttled=False)
SCORES = (Score(100, 0.5, "psnr", 30.0, 1), Score(100, 0.5, "freq_error/3", 0.1, -1))
OK = Outcome(
    "ok",
    metric="psnr",
    steps=100,
    network=NetworkInfo(2, 8, 97, 64, "mlp", compiled=True),
    timings=Timings(0.1, 0.2, 0.5, 0.1, 1.0),
    metrics=described(SCORES),
    scores=SCORES,
)
GOOD = Execution(OK, exclusive=True, use=ALONE)


def test_a_row_has_columns_of_the_schema_only() -> None:
    row = to_row(JOB, ATTEMPT, replace(GOOD, provenance=provenance.of_process(torch.device("cpu"), 1)))
    assert set(row) == set(RUNS.names)
    assert (row["job_id"], row["attempt"], row["status"], row["params"]) == (JOB.job_id, 2, "ok", 97)
    assert (row["step_ms"], row["wall_s"], row["clock_mhz"]) == (5.0, 1.0, 2600.0)


def test_a_row_describes_the_metrics_of_its_scores() -> None:
    metrics = json.loads(to_row(JOB, ATTEMPT, GOOD)["metrics"])
    assert set(metrics) == {"psnr", "freq_error/3"}
    assert metrics["psnr"] == {"label": "PSNR", "unit": "dB", "direction": 1, "format": ".2f"}


def test_a_failure_has_a_row_too() -> None:
    row = to_row(JOB, ATTEMPT, Execution(Outcome("crashed", "its worker was ended"), exclusive=True))
    assert set(row) <= set(RUNS.names)
    assert (row["status"], row["error"], row["timing_valid"]) == ("crashed", "its worker was ended", False)
    assert row["metrics"] is row["step_ms"] is row["clock_mhz"] is None


@pytest.mark.parametrize(
    ("execution", "valid"),
    [
        (GOOD, True),
        (replace(GOOD, exclusive=False), False),  # another slot of the run on the same device
        (replace(GOOD, use=replace(ALONE, shared=True)), False),  # another run, or another program
        (replace(GOOD, use=None), False),
        (replace(GOOD, outcome=replace(OK, resumed_step=50)), False),  # the use before the kill is unknown
        (replace(GOOD, use=replace(ALONE, throttled=True)), True),  # has a column of its own
    ],
)
def test_times_compare_only_where_nobody_else_used_the_device(execution: Execution, valid: bool) -> None:
    assert to_row(JOB, ATTEMPT, execution)["timing_valid"] is valid
