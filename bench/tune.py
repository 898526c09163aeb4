"""A search for scales and learning rates that gives every activation the same number of trials.

The trials are points of one low-discrepancy sequence over the activation's declared ranges (``tune=`` of its
parameters) and a range of learning rates that is the same for all. They run as jobs of a suite of their own, on the
signals that the suite names under ``tuning``; those must not be the ones that it reports.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import yaml
from scipy.stats import qmc

from activations.core.base import LogUniform
from bench.config.job import Job
from bench.config.plugins import Plugins
from bench.config.suite import Suite
from bench.errors import BadInput
from bench.runner.plan import Plan
from bench.store.store import Store

LEARNING_RATE = LogUniform(5e-4, 2e-2)
DEFAULT_TRIALS = 16


def trial_suite(chosen: Suite, plugins: Plugins, where: str, trials: int | None = None) -> Suite:
    """The suite whose activations are the trials, ``siren-t00``, ``siren-t01``, …

    Raises:
        BadInput: if the suite names no tuning signals for a task, or one of those that it reports.
    """
    count = trials or chosen.tuning.get("trials", DEFAULT_TRIALS)
    signals = chosen.tuning.get("signals") or {}
    tasks: dict[str, dict[str, Any] | None] = {}
    for key, settings in chosen.tasks.items():
        if not signals.get(key):
            raise BadInput(f"{where}: tuning.signals.{key}: missing; name signals other than those reported")
        if common := set(signals[key]) & set((settings or {}).get("signals") or ()):
            raise BadInput(
                f"{where}: tuning.signals.{key}: {sorted(common)[0]} is among the signals reported; name another"
            )
        tasks[key] = {**(settings or {}), "signals": signals[key]}
    activations: dict[str, dict[str, Any] | None] = {}
    for name, entry in chosen.activations.items():
        cls = plugins.activations.get((entry or {}).get("activation", name), where)
        ranges = cls.search_space()
        # Scrambling would make the trials depend on a seed; the first Halton point, the corner 0, is left out.
        points = qmc.Halton(1 + len(ranges), scramble=False).random(count + 1)[1:]
        fixed = {
            key: value for key, value in (entry or {}).items() if key not in (*ranges, "train", "per_task", "label")
        }
        for index, point in enumerate(points):
            values = {key: _round(span.at(point[1 + axis])) for axis, (key, span) in enumerate(ranges.items())}
            train = {**((entry or {}).get("train") or {}), "lr": _round(LEARNING_RATE.at(point[0]))}
            activations[f"{name}-t{index:02d}"] = {**fixed, "activation": cls.name, **values, "train": train}
    return chosen.model_copy(
        update={
            "suite": f"{chosen.suite}-tune",
            "repeats": chosen.tuning.get("repeats", 1),
            "tasks": tasks,
            "activations": activations,
        }
    )


def _round(value: float) -> float:
    return float(f"{value:.3g}")


def best(work: Plan, store: Store) -> str:
    """For each activation and task the trial with the best mean final score, as YAML to be put under ``activations``.

    A trial with a job that did not end ``ok`` is out of the running; the score found stands in a comment behind it.
    """
    scores = store.scores().sort_values("step").groupby(["job_id", "metric"]).tail(1)
    runs = pd.DataFrame(list(work.rows.values())).merge(
        scores[["job_id", "metric", "value", "direction"]], on=["job_id", "metric"], how="left"
    )
    runs["trial"] = runs["method"]
    runs["activation_key"] = runs["method"].str.replace(r"-t\d+$", "", regex=True)
    runs["goodness"] = (runs["value"] * runs["direction"]).where(runs["status"] == "ok")
    trials = runs.groupby(["activation_key", "task", "trial"], sort=True)["goodness"].agg(
        lambda values: float("nan") if values.isna().any() else values.mean()
    )
    jobs = {(job.method, job.task_key): job for job in work.jobs}
    lines = []
    for activation, group in trials.groupby(level="activation_key"):
        lines.append(f"  {activation}:\n    per_task:")
        for task, ranked in group.droplevel("activation_key").groupby(level="task"):
            if ranked.isna().all():
                lines.append(f"      # {task}: every trial failed")
                continue
            winner = str(ranked.droplevel("task").idxmax())
            lines.append(f"      {task}: {_settings(jobs[winner, str(task)])}  # {winner}: {ranked.max():.2f}")
    ended = pd.Series(runs["status"]).value_counts().to_dict()
    return "\n".join(["activations:", *lines, f"# jobs: {ended}"])


def _settings(job: Job) -> str:
    """A trial's settings as one line of YAML, defaults of the activation that no search varies left out."""
    assert job.activation is not None
    assert job.train is not None
    given = {key: value for key, value in job.activation.params.items() if value is not None}
    values = {**given, "train": {"lr": job.train.lr}}
    text: str = yaml.safe_dump(values, default_flow_style=True, sort_keys=False, width=1000)
    return text.strip()
