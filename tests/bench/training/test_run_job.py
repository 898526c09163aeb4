"""The artifacts of a job."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bench.config import grid
from bench.config.plugins import Plugins
from bench.config.suite import Suite
from bench.training.run_job import execute

PLUGINS = Plugins()


@pytest.mark.parametrize("baseline", [True, False])
def test_what_is_stored_is_what_was_scored(baseline: bool) -> None:
    """The mean that gradients leave open is in neither the stored truth nor the stored reconstruction."""
    suite = Suite(
        suite="stored",
        repeats=1,
        model={"depth": 1, "width": 8},
        train={"steps": 2},
        tasks={"poisson": {"signals": ["camera"], "size": 16}},
        activations={"siren": {}},
    )
    jobs = grid.jobs(suite, PLUGINS, "stored.yaml")
    job = next(job for job in jobs if (job.baseline == "dct") is baseline and (baseline or job.activation is not None))
    result = execute(job, PLUGINS, torch.device("cpu"))
    truth, found = result.arrays[f"ref-{job.problem_id}"]["truth"], result.arrays[job.job_id]["reconstruction"]
    assert truth.shape == found.shape == (16, 16, 1)
    assert truth.mean() == pytest.approx(0.5, abs=1e-5)
    assert found.mean() == pytest.approx(0.5, abs=1e-5)
    stored = -10 * np.log10(np.square(found.astype(np.float64) - truth).mean())
    scored = [score["value"] for score in result.scores if score["metric"] == "psnr"][-1]
    assert stored == pytest.approx(scored, abs=1e-3)
