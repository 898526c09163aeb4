"""A search for the parameters of classical methods, on the signals on which a suite searches those of its networks.

Every parameter that a task declares for a method (`inrbench.tasks.core.base.Task.classical`) is tried at values spaced
evenly in its logarithm, for one method after the other, in this process: a classical method takes seconds. With
``leave_one_out`` each signal gets the value that was best on the others, as networks do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from inrbench.bench.config.expand import jobs
from inrbench.bench.config.job import Job
from inrbench.bench.config.lock import flow
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.suite import Suite
from inrbench.bench.errors import BadInput
from inrbench.bench.training.run_job import attempt
from inrbench.bench.tune import refuse_no_trials, refuse_unfit, searched_task
from inrbench.tasks.core.metrics import describe

DEFAULT_TRIALS = 9


@dataclass(frozen=True)
class Best:
    """The best value of a method's parameter.

    Attributes:
        task, method: as the suite calls them; the method is ``tv/camera`` where the value is for one signal.
        values: by the parameter's name.
        score: the mean of the headline metric on the signals that decided.
        edge: whether it is the first or the last value tried.
    """

    task: str
    method: str
    values: dict[str, float]
    score: float
    edge: bool


def search(
    suite: Suite,
    plugins: Plugins,
    where: str,
    trials: int = DEFAULT_TRIALS,
    say: Callable[[str], None] = lambda _: None,
) -> list[Best]:
    """The best parameters of every classical method of a suite that has any.

    Args:
        trials: values of each parameter.
        say: called with a line for each method that is done.

    Raises:
        BadInput: if there are no trials, the suite's signals are not those of a search (see
            `inrbench.bench.tune.searched_task`), or every trial of a method fails.
    """
    refuse_no_trials(trials)
    choices: list[Best] = []
    for key, settings in suite.tasks.items():
        cls = plugins.tasks.get((settings or {}).get("task", key), where)
        declared = searched_task(suite, key, where) if cls.classical else {}
        for method, ranges in cls.classical.items():
            for parameter, (low, high) in ranges.items():
                values = [float(f"{value:.2g}") for value in np.geomspace(low, high, trials)]
                tried = {**declared, "classical": {method: {parameter: values}}}
                changes = {"tasks": {key: tried}, "repeats": suite.tuning.repeats, "activations": {"relu": {}}}
                trial = suite.model_copy(update=changes)  # a suite has a network; its jobs are not run
                trial_jobs = [job for job in jobs(trial, plugins, where) if job.baseline == method]
                refuse_unfit(trial_jobs, suite, where)
                scores, failures = _scores(trial_jobs, parameter, plugins)
                if not scores:
                    raise BadInput(f"{where}: tasks.{key}: {method}: every trial failed, the first with: {failures[0]}")
                choices += _best(scores, key, method, parameter, suite.tuning.leave_one_out)
                failed = f"; {len(failures)} trials failed, the first with: {failures[0]}" if failures else ""
                say(f"{key}: {method} at {len(values)} values of {parameter}{failed}")
    return choices


def _scores(
    trials: Iterable[Job], parameter: str, plugins: Plugins
) -> tuple[dict[str, dict[float, list[tuple[float, int]]]], list[str]]:
    """Signal -> value -> the headline score of each repeat, with its direction; and what failed trials said."""
    scores: dict[str, dict[float, list[tuple[float, int]]]] = {}
    failures: list[str] = []
    for job in trials:
        outcome = attempt(job, plugins, torch.device("cpu"), lambda _: None)
        if outcome.final_score is not None and outcome.metric is not None:
            score = (outcome.final_score, describe(outcome.metric).direction)
            value = float(job.task.params[parameter])
            scores.setdefault(str(job.source), {}).setdefault(value, []).append(score)
        else:
            failures.append(str(outcome.error))
    return scores, failures


def _best(
    scores: dict[str, dict[float, list[tuple[float, int]]]], key: str, method: str, parameter: str, one_out: bool
) -> list[Best]:
    choices = []
    for signal in scores if one_out else [""]:
        deciding = [by_value for name, by_value in scores.items() if name != signal]
        values = [value for value in next(iter(scores.values()), {}) if all(value in part for part in deciding)]
        if not deciding or not values:
            continue
        means = {value: _mean(score for part in deciding for score in part[value]) for value in values}
        best = max(means, key=lambda value: means[value][1])
        name = f"{method}/{signal}" if one_out else method
        choices.append(Best(key, name, {parameter: best}, means[best][0], best in (min(values), max(values))))
    return choices


def _mean(scores: Iterable[tuple[float, int]]) -> tuple[float, float]:
    """The mean score, and the same with a sign by which higher is better."""
    every = list(scores)
    return float(np.mean([score for score, _ in every])), float(np.mean([score * way for score, way in every]))


def as_yaml(choices: Iterable[Best]) -> str:
    """What was found, as YAML to be put over a suite's tasks, with the scores in comments."""
    lines, every = ["tasks:"], list(choices)
    for task in dict.fromkeys(best.task for best in every):
        lines.append(f"  {task}:\n    classical:")
        for best in (best for best in every if best.task == task):
            values: dict[str, Any] = best.values
            edge = ", at an end of its range" if best.edge else ""
            lines.append(f"      {best.method}: {flow(values)}  # {best.score:.2f}{edge}")
    return "\n".join(lines)
