"""A search for scales and learning rates that gives every activation the same number of trials.

The first trial has the settings that the activation would have without a search. The others are points of one
low-discrepancy sequence over the ranges that the activation and the optimiser declare (``tune=`` of their parameters),
σ_p where the initialisation is by variance, and a range of learning rates: that of the optimiser, the same for all
activations. A parameter that an activation's entry sets to null is off and is not searched; the weight of a penalty of
total variation is searched where the entry has one (``train: {tv: 1.0e-5}``). What the suite sets for a task itself,
under ``per_task``, is the same in all trials. The trials run as jobs of a suite of
their own, on the signals that the suite names under ``tuning``; those must not be the ones that it reports. With
``leave_one_out`` they are the ones that it reports: each signal gets the setting that was best on the others, so that
no signal is lost to the search and none decides about its own.

With several rounds it is successive halving [Jamieson and Talwalkar, AISTATS 2016]: on each task all trials of an
activation have a share of the suite's steps, and the best of them go on to the next round, which starts again with more
steps. The last round has the suite's own. The first trial goes on in any case, so that what is found is at least as
good as the defaults on the tuning signals. Tasks under ``all_steps`` skip the rounds before the last.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, get_args

import pandas as pd
from pydantic import BaseModel
from scipy.stats import qmc

from inrbench.activations.core.base import Activation, LogUniform
from inrbench.bench.config import lock
from inrbench.bench.config.expand import declarations
from inrbench.bench.config.job import Job
from inrbench.bench.config.lock import Lock, TunedSettings, flow
from inrbench.bench.config.plugins import Plugins, Sources
from inrbench.bench.config.settings import Model, Train
from inrbench.bench.config.suite import KINDS, OF_ACTIVATIONS, Round, Suite
from inrbench.bench.errors import BadInput
from inrbench.bench.runner.plan import Plan
from inrbench.bench.store.headline import with_headline
from inrbench.bench.store.store import Store

DEFAULT_TRIALS = 16
SIGMA_P = LogUniform(0.1, 10.0)
"""The range of `Model.sigma_p`."""
TV = LogUniform(1e-7, 1e-3)
"""The range of `Train.tv`, which is searched for an activation whose entry has one."""
DEFAULTS = 0
"""The trial that searches nothing: parameters and learning rate as the suite has them without a lock."""
LEAST_SIGNALS = 3
"""With fewer, a signal's settings would come from one other alone."""
EDGE = 3
"""How many of the outermost values of a setting count as the edge of what was searched, at the most."""

Trials = dict[tuple[str, str], list[int]]
"""(activation, task) -> numbers of the trials."""


def searched_task(suite: Suite, key: str, where: str) -> dict[str, Any]:
    """The settings of a task of a suite for the trials of a search, on the signals of the search.

    Raises:
        BadInput: if the suite names no tuning signals for the task, or one of those that it reports.
    """
    settings = {name: value for name, value in (suite.tasks[key] or {}).items() if name != "classical"}
    if suite.tuning.leave_one_out:
        return settings
    signals = suite.tuning.signals.get(key)
    if not signals:
        raise BadInput(f"{where}: tuning.signals.{key}: missing; name signals other than those reported")
    if common := [signal for signal in signals if signal in (settings.get("signals") or ())]:
        raise BadInput(f"{where}: tuning.signals.{key}: {common[0]} is among the signals reported; name another")
    return {**settings, "signals": signals}


def refuse_no_trials(trials: int | None) -> None:
    """
    Raises:
        BadInput: if the number of trials that the user asks for is not a positive one.
    """
    if trials is not None and trials < 1:
        raise BadInput(f"--trials {trials}: at least 1")


def refuse_unfit(trials: Iterable[Job], suite: Suite, where: str) -> None:
    """
    Raises:
        BadInput: if the jobs of trials are of a sweep, or one signal is left out and a task has fewer than
            `LEAST_SIGNALS`.
    """
    signals: dict[str, set[str]] = {}
    for job in trials:
        signals.setdefault(job.task_key, set()).add(job.signal)
        named = {"tasks": (job.task_key, suite.tasks)}
        if job.baseline is None:
            named["activations"] = (job.method, suite.activations)
        for place, (name, declared) in named.items():
            if name not in declared:
                raise BadInput(f"{where}: {place}: {name} is of a sweep, and a search takes none; give one value")
    for task, names in signals.items() if suite.tuning.leave_one_out else ():
        if len(names) < LEAST_SIGNALS:
            raise BadInput(f"{where}: tasks.{task}.signals: {len(names)}; leave_one_out needs {LEAST_SIGNALS} at least")


class Search:
    """The search that a suite declares.

    Args:
        trials: settings of each activation on each task, instead of the suite's own number.

    Raises:
        BadInput: if the suite cannot be laid out, sweeps over a setting, or names no tuning signals for a task, or one
            of those that it reports.
    """

    def __init__(self, suite: Suite, plugins: Plugins, where: str, trials: int | None = None) -> None:
        tuning = suite.tuning
        self.leave_one_out = tuning.leave_one_out
        refuse_no_trials(trials)
        self.rounds = list(tuning.rounds or [Round(trials=tuning.trials or DEFAULT_TRIALS)])
        if trials is not None:
            self.rounds = [part.model_copy(update={"trials": min(trials, part.trials)}) for part in self.rounds]
            self.rounds[0] = self.rounds[0].model_copy(update={"trials": trials})
        self._suite, self._plugins, self._where = suite, plugins, where
        self._tasks = {key: searched_task(suite, key, where) for key in suite.tasks}
        refuse_unfit(self._declared(), suite, where)

    def all(self) -> Trials:
        """All trials: of each activation and task those with which its search begins."""
        return {
            (name, task): list(range(len(self._points(name, task))))
            for name in self._suite.activations
            for task in self._tasks
            if (chosen := self._entry(name).get("tasks")) is None or task in chosen
        }

    def _declared(self) -> list[Job]:
        """The jobs of the suite on the signals of the search, which are those of `DEFAULTS`."""
        entries = {name: self._entry(name) for name in self._suite.activations}
        for entry in entries.values() if not self.leave_one_out else ():
            if isinstance(particular := entry.get("per_task"), dict):  # it may name signals that are only reported
                entry["per_task"] = {key: value for key, value in particular.items() if "/" not in str(key)}
        changes = {"tasks": self._tasks, "activations": entries, "repeats": 1}
        declared = declarations(self._suite.model_copy(update=changes), self._plugins, self._where)
        return [job for job in declared if job.baseline is None]

    def trials(self, number: int, before: pd.DataFrame | None = None) -> Trials:
        """The trials of a round, by the scores of the round before it."""
        last, late = len(self.rounds) - 1, self._suite.tuning.all_steps
        begin = {cell: trials for cell, trials in self.all().items() if number == (last if cell[1] in late else 0)}
        return begin if before is None else {**begin, **self.best(before, self.rounds[number].trials)}

    def folder(self, number: int) -> str:
        """The name of the results of a round: those of the suite where they are among the last round's."""
        last = number == len(self.rounds) - 1
        return self._suite.suite if last and self.leave_one_out else f"{self._suite.suite}-tune"

    def jobs(self, number: int, trials: Trials) -> list[Job]:
        """The jobs of a round: each trial is an activation of its own, ``siren-t00``, ``siren-t01``, …

        Where two entries have a trial with the same settings, its job is there under both names.
        """
        if not trials:
            return []
        entries: dict[str, dict[str, Any]] = {}
        for (name, task), chosen in trials.items():
            entry, share = self._entry(name), self.rounds[number].share
            usual = {"activation": self._class(name).name, **{key: entry[key] for key in entry if key not in _NAMES}}
            signals = {
                word: _with_share(settings or {}, share)
                for word, settings in (entry.get("per_task") or {}).items()
                if self.leave_one_out and word.startswith(f"{task}/")
            }
            for index in chosen:
                trial = entries.setdefault(f"{name}-t{index:02d}", {**usual, "tasks": [], "per_task": {}})
                trial["tasks"].append(task)
                settings = lock.under(self._settings(name, task, index), self._fixed(name, task))
                settings["train"]["steps"] = self._steps(name, task, share)
                trial["per_task"] |= {task: settings, **signals}
        used = {task for _, task in trials}
        trial_suite = self._suite.model_copy(
            update={
                "suite": self.folder(number),
                "repeats": self._suite.tuning.repeats,
                "tasks": {key: settings for key, settings in self._tasks.items() if key in used},
                "activations": entries,
            }
        )
        return [job for job in declarations(trial_suite, self._plugins, self._where) if job.baseline is None]

    def scores(self, work: Plan, store: Store) -> pd.DataFrame:
        """What the trials of a round reached on each signal.

        Columns are activation, task, task_name, metric, trial, signal, value (mean final score over repeats) and
        goodness (higher is better); both are NaN where a repeat did not end well.
        """
        rows = []
        for job in work.declarations:  # a job without a score, or even a row, counts as one that failed
            activation, _, trial = job.method.rpartition("-t")
            rows.append(
                {
                    "job_id": job.job_id,
                    "status": work.status.get(job.job_id),
                    "activation": activation,
                    "task": job.task_key,
                    "task_name": job.task.name,
                    "metric": self._plugins.tasks.create(job.task).metrics[0],
                    "trial": int(trial),
                    "signal": job.source,
                }
            )
        runs = with_headline(pd.DataFrame(rows), store.scores())
        runs["goodness"] = runs["value"] * runs["direction"]
        keys = ["activation", "task", "task_name", "metric", "trial", "signal"]
        return runs.groupby(keys, as_index=False)[["value", "goodness"]].agg(_mean)

    @staticmethod
    def ranking(scores: pd.DataFrame, without: str | None = None) -> pd.DataFrame:
        """The trials of a round that ended well, the best of each activation and task first.

        Args:
            without: the signal that has no say.

        Returns:
            The columns of `scores` but signal; value and goodness are means over the signals.
        """
        counted = scores[scores["signal"] != without]
        trials = counted.groupby(["activation", "task", "task_name", "metric", "trial"], as_index=False)[
            ["value", "goodness"]
        ].agg(_mean)
        return trials.dropna(subset="goodness").sort_values("goodness", ascending=False, kind="stable")

    def archived(self, rounds: Mapping[int, pd.DataFrame]) -> Iterator[dict[str, Any]]:
        """The rows of `inrbench.bench.store.trials` of the scores of rounds, by their number."""
        cells = self.all()
        settings = {cell: [json.dumps(values) for values in self.values(*cell)] for cell in cells}
        edges = {cell: [", ".join(self._edges(*cell, trial)) for trial in trials] for cell, trials in cells.items()}
        for number, scores in rounds.items():
            for row in scores.to_dict("records"):
                name, task, trial = str(row["activation"]), str(row["task"]), int(row["trial"])
                yield {
                    **{key: row[key] for key in ("task", "activation", "trial", "metric")},
                    "signal": str(row["signal"]),
                    "steps": self._steps(name, task, self.rounds[number].share),
                    "settings": settings[name, task][trial],
                    "score": None if math.isnan(row["value"]) else float(row["value"]),
                    "edges": edges[name, task][trial],
                }

    def best(self, scores: pd.DataFrame, count: int) -> Trials:
        """The best trials of each activation on each task, and `DEFAULTS` where it ended well.

        Where one signal is left out, those that are among the best on all signals but some one.
        """
        chosen: Trials = {}
        for (name, task), group in scores.groupby(["activation", "task"]):
            for signal in self._left_out(group):
                trials = self.ranking(group, signal)["trial"].tolist()
                best = chosen.setdefault((str(name), str(task)), [])
                best += [trial for trial in [*trials[:count], DEFAULTS] if trial in trials and trial not in best]
        return {cell: trials for cell, trials in chosen.items() if trials}

    def _left_out(self, scores: pd.DataFrame) -> list[str | None]:
        return sorted(scores["signal"].unique()) if self.leave_one_out else [None]

    def as_lock(self, rounds: Mapping[int, pd.DataFrame], sources: Sources) -> Lock:
        """The best trial of each activation on each task, by the scores of rounds."""
        activations: dict[str, dict[str, TunedSettings]] = {}
        for (name, task), trials in self.all().items():
            parts = [part[(part["activation"] == name) & (part["task"] == task)] for part in rounds.values()]
            begun, ended = next((part for part in parts if len(part)), parts[0]), parts[-1]
            winners = self.ranking(ended)
            if winners.empty:
                continue
            row = winners.iloc[0]
            activations.setdefault(name, {})[task] = TunedSettings(
                settings=self._settings(name, task, row["trial"]),
                metric=row["metric"],
                score=float(f"{row['value']:.4g}"),
                trials=len(trials),
                failed=len(trials) - len(self.ranking(begun)),
                edges=self._edges(name, task, row["trial"]),
                source=lock.source(sources, row["task_name"], self._class(name).name),
                signals=self._by_signal(name, task, ended) if self.leave_one_out else {},
            )
        return Lock(suite=self._suite.suite, model=self._suite.model, train=self._suite.train, activations=activations)

    def _by_signal(self, name: str, task: str, scores: pd.DataFrame) -> dict[str, dict[str, Any]]:
        """The settings for each signal: those of the trial that is best on the others."""
        best = {signal: self.ranking(scores, signal)["trial"] for signal in scores["signal"].unique()}
        return {signal: self._settings(name, task, trials.iloc[0]) for signal, trials in best.items() if len(trials)}

    def _entry(self, name: str) -> dict[str, Any]:
        """What the suite says of an activation."""
        return dict(self._suite.activations.get(name) or {})

    def _fixed(self, name: str, task: str) -> dict[str, Any]:
        """What the suite sets for an activation on a task itself; it is the same in all trials."""
        return (self._entry(name).get("per_task") or {}).get(task) or {}

    def _merged(self, name: str, task: str, kind: str) -> dict[str, Any]:
        """The ``model`` or the ``train`` that an activation has on a task without a search."""
        merged = dict(getattr(self._suite, kind))
        for level in (self._tasks[task], self._entry(name), self._fixed(name, task)):
            merged |= level.get(kind) or {}
        return merged

    def _class(self, name: str) -> type[Activation]:
        return self._plugins.activations.get(self._entry(name).get("activation", name), self._where)

    def _ranges(self, name: str, task: str) -> dict[str, LogUniform]:
        """The ranges of the learning rate, of the activation's scales, of the optimiser's and of the initialisation's,
        as wide as the suite asks for: ``lr``, ``omega0``, ``optimizer.adam_lr``, ``sigma_p``. What is null in the
        activation's entry, or fixed for the task, has none."""
        rates, factor = self._suite.tuning.rates, self._suite.tuning.widen
        cls, entry, fixed = self._class(name), self._entry(name), self._fixed(name, task)
        model, train = fixed.get("model") or {}, fixed.get("train") or {}
        optimizer = self._plugins.optimizers.get(lock.optimizer(self._merged(name, task, "train"))["name"], self._where)
        span = LogUniform(*rates) if rates else LogUniform(optimizer.rates.low / factor, optimizer.rates.high * factor)
        ranges = {} if "lr" in train else {"lr": span}
        off = {*fixed, *(key for key, value in entry.items() if value is None)}
        options = lock.optimizer(train) if "optimizer" in train else {}
        spaces: list[tuple[str, type[BaseModel], dict[str, LogUniform]]] = [
            ("", cls, _without(cls.search_space(), off)),
            (_OPTIMIZER, optimizer, _without(optimizer.search_space(), options)),
        ]
        if (entry.get("train") or {}).get("tv") and "tv" not in train:
            spaces.append((_TRAIN, Train, {"tv": TV}))
        if self._merged(name, task, "model").get("init") == "variance" and "sigma_p" not in model:
            spaces.append(("", Model, {"sigma_p": SIGMA_P}))
        for prefix, place, space in spaces:
            for key, span in space.items():
                low, high = _bounds(place, key)
                ranges[prefix + key] = LogUniform(max(span.low / factor, low), min(span.high * factor, high))
        return ranges

    def _points(self, name: str, task: str) -> list[dict[str, float]]:
        """The values of every trial of an activation but `DEFAULTS`, whose place is an empty one; of nothing to search
        there are no others."""
        ranges = self._ranges(name, task)
        if not ranges:
            return [{}]
        # Scrambling would make the trials depend on a seed. The first Halton point, the corner 0, is left out.
        points = qmc.Halton(len(ranges), scramble=False).random(self.rounds[0].trials)[1:]
        return [
            {},
            *(
                {
                    key: self._value(name, key, span.at(part))
                    for part, (key, span) in zip(point, ranges.items(), strict=True)
                }
                for point in points
            ),
        ]

    def _value(self, name: str, key: str, value: float) -> float:
        """A value of a range as a trial has it: three digits, or a whole number where the parameter is one."""
        field = self._class(name).model_fields.get(key)
        whole = field is not None and int in (field.annotation, *get_args(field.annotation))
        return round(value) if whole else float(f"{value:.3g}")

    def values(self, name: str, task: str) -> list[dict[str, float]]:
        """The values of every trial of an activation, those of the defaults too where they are numbers."""
        ranges, fields = self._ranges(name, task), self._class(name).model_fields
        usual = {key: self._entry(name).get(key, fields[key].default) for key in ranges if key in fields}
        usual["lr"] = self._merged(name, task, "train").get("lr", Train.model_fields["lr"].default)
        numbers = {key: value for key, value in usual.items() if isinstance(value, int | float)}
        return [
            {key: float(value) for key in ranges if (value := {**numbers, **point}.get(key)) is not None}
            for point in self._points(name, task)
        ]

    def _settings(self, name: str, task: str, trial: int) -> dict[str, Any]:
        """What a trial sets: parameters that are searched or that the activation's entry fixes, and a learning rate if
        searched. It stands under what is fixed for the task, see `inrbench.bench.config.lock.under`."""
        values = self._points(name, task)[trial]
        train: dict[str, Any] = {}
        others = {*values, *self._fixed(name, task), *_OTHER}
        settings: dict[str, Any] = {key: value for key, value in self._entry(name).items() if key not in others}
        if "lr" in values:
            train["lr"] = values.pop("lr")
        if (penalty := values.pop(_TRAIN + "tv", None)) is not None:
            train["tv"] = penalty
        if options := {key: values.pop(key) for key in list(values) if key.startswith(_OPTIMIZER)}:
            options = {key.removeprefix(_OPTIMIZER): value for key, value in options.items()}
            train["optimizer"] = {**lock.optimizer(self._merged(name, task, "train")), **options}
        if train:
            settings["train"] = train
        if "sigma_p" in values:
            settings["model"] = {"sigma_p": values.pop("sigma_p")}
        return {**settings, **values}

    def _steps(self, name: str, task: str, share: float) -> int:
        return _share(self._merged(name, task, "train")["steps"], share)

    def _edges(self, name: str, task: str, trial: int) -> list[str]:
        """The settings of a trial that are among the `EDGE` outermost of all trials; of few trials fewer count."""
        every = self._points(name, task)
        points = [point for point in every if point]
        count = max(1, min(EDGE, len(points) // 8))
        ordered = {key: sorted({point[key] for point in points}) for key in (points[0] if points else ())}
        return [
            f"{key} {end}"
            for key, value in every[trial].items()
            for end, outermost in (("low", ordered[key][:count]), ("high", ordered[key][-count:]))
            if value in outermost
        ]


_OPTIMIZER = "optimizer."
"""Prefix of the optimiser's settings among the names of ranges."""

_TRAIN = "train."
"""Prefix of the settings of training, but for the learning rate."""

_NAMES = ("label", "tasks", "per_task")
"""Keys of an activation in a suite that a trial has none or others of."""

_OTHER = (*OF_ACTIVATIONS, *KINDS)
"""Keys of an activation in a suite that are not parameters of it."""


def _without(space: Mapping[str, LogUniform], keys: Collection[str]) -> dict[str, LogUniform]:
    return {key: span for key, span in space.items() if key not in keys}


def _with_share(settings: dict[str, Any], share: float) -> dict[str, Any]:
    """Settings for one signal with a share of the steps that they set, if they set any."""
    train = dict(settings.get("train") or {})
    if "steps" in train:
        train["steps"] = _share(train["steps"], share)
    return {**settings, "train": train}


def _share(steps: Any, share: float) -> int:
    return max(1, round(share * int(steps)))


def _bounds(cls: type[BaseModel], key: str) -> tuple[float, float]:
    """The values between which a parameter may lie."""
    low, high = 0.0, math.inf
    for item in cls.model_fields[key].metadata:
        low = max(low, getattr(item, "ge", None) or 0.0)
        high = min(high, getattr(item, "le", None) or math.inf)
    return low, high


def _mean(values: pd.Series[float]) -> float:
    """The mean; NaN if there is not a value for one."""
    return float("nan") if values.isna().any() else float(values.mean())


def as_yaml(lock: Lock) -> str:
    """What was found, as YAML to be put under ``activations``, with the scores in comments."""
    lines = ["activations:"]
    for name, tasks in lock.activations.items():
        lines.append(f"  {name}:\n    per_task:")
        for task, cell in tasks.items():
            remarks = [f"{cell.score:.2f}", *(f"{edge} end of its range" for edge in cell.edges)]
            remarks += ["the defaults"] * (not cell.settings)
            remarks += [f"{cell.failed} of {cell.trials} trials failed"] * (cell.failed > 0)
            lines.append(f"      {task}: {flow(cell.settings)}  # {', '.join(remarks)}")
    return "\n".join(lines)
