"""A search for scales and learning rates that gives every activation the same number of trials.

The first trial has the settings that the activation would have without a search. The others are points of one
low-discrepancy sequence over the activation's declared ranges (``tune=`` of its parameters) and a range of learning
rates that is the same for all. They run as jobs of a suite of their own, on the signals that the suite names under
``tuning``; those must not be the ones that it reports.

With several rounds it is successive halving [Jamieson and Talwalkar, AISTATS 2016]: on each task all trials of an
activation have a share of the suite's steps, and the best of them go on to the next round, which starts anew with more
steps. The last round has the suite's own. The first trial goes on in any case, so that what is found is at least as
good as the defaults on the tuning signals.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from scipy.stats import qmc

from inrbench.activations.core.base import Activation, LogUniform
from inrbench.bench.config import lock
from inrbench.bench.config.grid import jobs
from inrbench.bench.config.job import Job
from inrbench.bench.config.lock import Found, Lock, flow
from inrbench.bench.config.plugins import Plugins, Sources
from inrbench.bench.config.suite import Round, Suite
from inrbench.bench.errors import BadInput
from inrbench.bench.runner.plan import Plan
from inrbench.bench.store.headline import with_headline
from inrbench.bench.store.store import Store

LEARNING_RATE = LogUniform(5e-4, 2e-2)
DEFAULT_TRIALS = 16
DEFAULTS = 0
"""The trial that searches nothing: parameters and learning rate as the suite has them without a lock."""

Trials = dict[tuple[str, str], list[int]]
"""(activation, task) -> numbers of the trials."""


class Search:
    """The search that a suite declares.

    Args:
        trials: settings of each activation on each task, in place of the suite's own number.

    Raises:
        BadInput: if the suite names no tuning signals for a task, or one of those that it reports.
    """

    def __init__(self, suite: Suite, plugins: Plugins, where: str, trials: int | None = None) -> None:
        tuning = suite.tuning
        self.rounds = list(tuning.rounds or [Round(trials=tuning.trials or DEFAULT_TRIALS)])
        if trials is not None:
            self.rounds = [part.model_copy(update={"trials": min(trials, part.trials)}) for part in self.rounds]
            self.rounds[0] = self.rounds[0].model_copy(update={"trials": trials})
        self._suite, self._plugins, self._where = suite, plugins, where
        self._tasks: dict[str, dict[str, Any]] = {}
        for key, settings in suite.tasks.items():
            signals = tuning.signals.get(key)
            if not signals:
                raise BadInput(f"{where}: tuning.signals.{key}: missing; name signals other than those reported")
            if common := set(signals) & set((settings or {}).get("signals") or ()):
                raise BadInput(
                    f"{where}: tuning.signals.{key}: {sorted(common)[0]} is among the signals reported; name another"
                )
            self._tasks[key] = {**(settings or {}), "signals": signals}

    def all(self) -> Trials:
        """The trials of the first round."""
        return {
            (name, task): list(range(self.rounds[0].trials))
            for name, entry in self._suite.activations.items()
            for task in (entry or {}).get("tasks") or self._tasks
        }

    def jobs(self, number: int, trials: Trials) -> list[Job]:
        """The jobs of a round: each trial is an activation of its own, ``siren-t00``, ``siren-t01``, …"""
        entries: dict[str, dict[str, Any]] = {}
        for (name, task), chosen in trials.items():
            for index in chosen:
                entry = entries.setdefault(f"{name}-t{index:02d}", {"tasks": [], "per_task": {}})
                entry |= self._entry(name, index)
                entry["tasks"].append(task)
                entry["per_task"][task] = {"train": {"steps": self._steps(name, task, self.rounds[number].share)}}
        used = {task for _, task in trials}
        trial_suite = self._suite.model_copy(
            update={
                "suite": f"{self._suite.suite}-tune",
                "repeats": self._suite.tuning.repeats,
                "tasks": {key: settings for key, settings in self._tasks.items() if key in used},
                "activations": entries,
            }
        )
        return [job for job in jobs(trial_suite, self._plugins, self._where) if job.baseline is None]

    def ranking(self, work: Plan, store: Store) -> pd.DataFrame:
        """The trials of a round that ended well, the best of each activation and task first.

        Columns are activation, task, task_name, trial, metric, value (mean final score) and goodness, of which more is
        better.
        """
        runs = with_headline(pd.DataFrame(list(work.rows.values())), store.scores())
        runs[["activation", "trial"]] = runs["method"].str.extract(r"^(.*)-t(\d+)$")
        runs["goodness"] = runs["value"] * runs["direction"]
        runs["task_name"] = runs["job_id"].map({job.job_id: job.task.name for job in work.jobs})
        trials = runs.groupby(["activation", "task", "task_name", "trial", "metric"], as_index=False)[
            ["value", "goodness"]
        ].agg(_mean)
        trials["trial"] = trials["trial"].astype(int)
        return trials.dropna(subset="goodness").sort_values("goodness", ascending=False, kind="stable")

    def best(self, ranking: pd.DataFrame, count: int) -> Trials:
        """The best trials of each activation on each task, and `DEFAULTS` where it ended well."""
        chosen: Trials = {}
        for (name, task), group in ranking.groupby(["activation", "task"])["trial"]:
            trials = group.tolist()
            chosen[str(name), str(task)] = trials[:count] + [DEFAULTS] * (DEFAULTS in trials[count:])
        return chosen

    def found(self, first: pd.DataFrame, last: pd.DataFrame, sources: Sources) -> Lock:
        """The best trial of each activation on each task, by the rankings of the first and of the last round."""
        ended = first.groupby(["activation", "task"]).size()
        activations: dict[str, dict[str, Found]] = {}
        for name, task in self.all():
            winners = last[(last["activation"] == name) & (last["task"] == task)]
            if winners.empty:
                continue
            row = winners.iloc[0]
            trials = self.rounds[0].trials
            activations.setdefault(name, {})[task] = Found(
                settings=self._settings(name, row["trial"]),
                metric=row["metric"],
                score=float(f"{row['value']:.4g}"),
                trials=trials,
                failed=trials - int(ended[name, task]),
                edges=self._edges(name, row["trial"]),
                source=lock.source(sources, row["task_name"], self._class(name).name),
            )
        return Lock(suite=self._suite.suite, model=self._suite.model, train=self._suite.train, activations=activations)

    def _class(self, name: str) -> type[Activation]:
        entry = self._suite.activations.get(name) or {}
        return self._plugins.activations.get(entry.get("activation", name), self._where)

    def _ranges(self, name: str) -> dict[str, LogUniform]:
        """The range of the learning rate and those of the activation's scales, as wide as the suite asks for."""
        cls, factor = self._class(name), self._suite.tuning.widen
        ranges = {"lr": LogUniform(LEARNING_RATE.low / factor, LEARNING_RATE.high * factor)}
        for key, span in cls.search_space().items():
            low, high = _bounds(cls, key)
            ranges[key] = LogUniform(max(span.low / factor, low), min(span.high * factor, high))
        return ranges

    def _points(self, name: str) -> list[dict[str, float]]:
        """The values of every trial of an activation but `DEFAULTS`, whose place is an empty one."""
        ranges = self._ranges(name)
        # Scrambling would make the trials depend on a seed. The first Halton point, the corner 0, is left out.
        points = qmc.Halton(len(ranges), scramble=False).random(self.rounds[0].trials)[1:]
        return [
            {},
            *(
                {key: _round(span.at(part)) for part, (key, span) in zip(point, ranges.items(), strict=True)}
                for point in points
            ),
        ]

    def _settings(self, name: str, trial: int) -> dict[str, Any]:
        """What a trial sets: parameters that are searched or that the suite fixes, and a learning rate if searched."""
        entry = self._suite.activations.get(name) or {}
        values = self._points(name)[trial]
        train = {"train": {"lr": values.pop("lr")}} if values else {}
        fixed = {key: value for key, value in entry.items() if key not in {*values, *_OTHER}}
        return {**fixed, **values, **train}

    def _entry(self, name: str, trial: int) -> dict[str, Any]:
        own = (self._suite.activations.get(name) or {}).get("train") or {}
        settings = self._settings(name, trial)
        return {"activation": self._class(name).name, **settings, "train": {**own, **settings.get("train", {})}}

    def _steps(self, name: str, task: str, share: float) -> int:
        own = (self._suite.activations.get(name) or {}).get("train") or {}
        steps = {**self._suite.train, **(self._tasks[task].get("train") or {}), **own}["steps"]
        return max(1, round(share * int(steps)))

    def _edges(self, name: str, trial: int) -> list[str]:
        points = self._points(name)
        return [
            f"{key} {end}"
            for key, value in points[trial].items()
            for end, outermost in (("low", min), ("high", max))
            if value == outermost(point[key] for point in points if point)
        ]


_OTHER = ("activation", "train", "per_task", "label", "tasks")
"""Keys of an activation in a suite that are no parameters of it."""


def _bounds(cls: type[Activation], key: str) -> tuple[float, float]:
    """The values between which a parameter may lie."""
    low, high = 0.0, math.inf
    for item in cls.model_fields[key].metadata:
        low = max(low, getattr(item, "ge", None) or 0.0)
        high = min(high, getattr(item, "le", None) or math.inf)
    return low, high


def _mean(values: pd.Series[float]) -> float:
    """The mean; NaN if there is no value for one."""
    return float("nan") if values.isna().any() else float(values.mean())


def _round(value: float) -> float:
    return float(f"{value:.3g}")


def as_yaml(found: Lock) -> str:
    """What was found, as YAML to be put under ``activations``, with the scores in comments."""
    lines = ["activations:"]
    for name, tasks in found.activations.items():
        lines.append(f"  {name}:\n    per_task:")
        for task, cell in tasks.items():
            remarks = [f"{cell.score:.2f}", *(f"{edge} end of its range" for edge in cell.edges)]
            remarks += ["the defaults"] * (not cell.settings)
            remarks += [f"{cell.failed} of {cell.trials} trials failed"] * (cell.failed > 0)
            lines.append(f"      {task}: {flow(cell.settings)}  # {', '.join(remarks)}")
    return "\n".join(lines)
