"""Small jobs of the tests of training, and the values of their scores."""

from __future__ import annotations

from typing import Any

import torch

from inrbench.bench.config import expand
from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.strict_yaml import validated
from inrbench.bench.config.suite import Suite
from inrbench.bench.training.result import Outcome
from inrbench.bench.training.run_job import execute

PLUGINS = Plugins()
CPU = torch.device("cpu")


def jobs(task: str = "image", steps: int = 20, **settings: object) -> list[Job]:
    """A task's jobs on its own signals at 16 pixels a side: its baselines, ReLU, SIREN and WIRE."""
    values = {
        "suite": "s",
        "repeats": 1,
        "model": {"depth": 2, "width": 16},
        "train": {"steps": steps},
        "tasks": {task: {"size": 16, **settings}},
        "activations": {"relu": {}, "siren": {}, "wire": {}},
    }
    return expand.jobs(validated(Suite, values, "s"), PLUGINS, "s")


def job(task: str = "denoise", activation: str = "siren", params: dict[str, Any] | None = None, **train: Any) -> Job:
    """One job of 200 steps on ``coins`` at 24 pixels a side."""
    values = {
        "suite": "s",
        "repeats": 1,
        "model": {"depth": 2, "width": 24},
        "train": {"steps": 200, "lr": 1e-3, **train},
        "tasks": {task: {"signals": ["coins"], "size": [24, 24]}},
        "activations": {activation: params or {}},
    }
    return next(job for job in expand.jobs(validated(Suite, values, "s"), PLUGINS, "s") if job.activation)


def run(**settings: Any) -> Outcome:
    """The outcome of such a `job`."""
    return execute(job(**settings), PLUGINS, CPU)


def values(outcome: Outcome, metric: str) -> list[float]:
    """The values of a metric at all eval steps."""
    return [score.value for score in outcome.scores if score.metric == metric]
