"""Trials of the search for settings: the expected best score of fewer trials, and the settings that are nearly best.

The score of a trial is its mean over the signals of the search. Of the n trials of a method the expected best of k is
the mean of the best score over all subsets of k: with y₁ ≤ … ≤ yₙ it is Σᵢ yᵢ C(i−1, k−1) / C(n, k), which is unbiased.
[Dodge et al., EMNLP 2019, arXiv 1909.03004] draw with replacement, Σᵢ yᵢ ((i/n)ᵏ − ((i−1)/n)ᵏ), which is biased to the
low side for trials that are points of one sequence and never drawn twice. A trial that failed counts as the worst one
that ended well, for it costs as much.

Where the search went in rounds, the trials of the first round count, all of which had the same number of steps.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inrbench.report.data.model import SuiteResults, TaskResults
from inrbench.report.data.stats import average
from inrbench.report.data.sweeps import TOLERANCE


@dataclass(frozen=True)
class Trial:
    """One trial: its settings by name, and its score, None where it failed on some signal."""

    settings: Mapping[str, float]
    score: float | None


@dataclass(frozen=True)
class SearchedMethod:
    """The trials of one method on a task.

    Attributes:
        key, label: of the method.
        direction: +1 where higher is better, -1 where lower is better.
        steps: of the training of each trial.
        trials: in the order of the search; the first one has the defaults.
    """

    key: str
    label: str
    direction: int
    steps: int
    trials: tuple[Trial, ...]

    @property
    def scores(self) -> list[float]:
        """The scores of the trials that ended well."""
        return [trial.score for trial in self.trials if trial.score is not None]

    @property
    def failed(self) -> int:
        """The number of trials that failed."""
        return len(self.trials) - len(self.scores)

    @property
    def best(self) -> float:
        """The score of the best trial."""
        return max(self.scores, key=lambda score: self.direction * score)

    def expected_best(self, count: int) -> float:
        """The expected best score of ``count`` of the trials, drawn without replacement."""
        goodness = sorted(self.direction * score for score in self.scores)
        return self.direction * expected_maximum([goodness[0]] * self.failed + goodness, count)

    @property
    def near(self) -> list[Trial]:
        """The trials within `TOLERANCE` of the best one."""
        goodness = self.direction * self.best - TOLERANCE
        return [trial for trial in self.trials if trial.score is not None and self.direction * trial.score >= goodness]

    def good_ranges(self) -> dict[str, GoodValues]:
        """For each setting the lowest and the highest value among the trials that are nearly best."""
        ranges = {}
        for name in {name: None for trial in self.trials for name in trial.settings}:
            tried = [trial.settings[name] for trial in self.trials if name in trial.settings]
            good = [trial.settings[name] for trial in self.near if name in trial.settings]
            if good:
                ranges[name] = GoodValues(min(good), max(good), min(good) == min(tried), max(good) == max(tried))
        return ranges


@dataclass(frozen=True)
class GoodValues:
    """The values of a setting in the trials that are nearly best.

    Attributes:
        low, high: the lowest and the highest of them.
        open_low, open_high: whether no trial had a lower or a higher one.
    """

    low: float
    high: float
    open_low: bool
    open_high: bool

    def __str__(self) -> str:
        if self.low == self.high:
            edge = "≤ " * (self.open_low and not self.open_high) + "≥ " * (self.open_high and not self.open_low)
            return f"{edge}{self.low:g}"
        return f"{'≤ ' * self.open_low}{self.low:g} to {'≥ ' * self.open_high}{self.high:g}"


def expected_maximum(values: Sequence[float], count: int) -> float:
    """The mean of the maximum over all subsets of ``count`` of some values.

    Example:
        >>> expected_maximum([1.0, 2.0, 4.0], 2)  # of {1, 2}, {1, 4} and {2, 4}
        3.3333333333333335
    """
    ordered, subsets = sorted(values), math.comb(len(values), count)
    return math.fsum(value * (math.comb(place, count - 1) / subsets) for place, value in enumerate(ordered))


def searched(suite: SuiteResults, task: TaskResults) -> list[SearchedMethod]:
    """The trials of each method of a task that ended well at least once, in the order of the task's methods.

    Empty where none were kept, or where they were judged by another metric than the task's headline metric.
    """
    if not task.headline.direction:
        return []
    rows: dict[str, dict[int, dict[int, list[Mapping[str, object]]]]] = defaultdict(lambda: defaultdict(dict))
    for row in suite.trials:
        if (row["task"], row["metric"]) == (task.key, task.headline.name):
            rows[row["activation"]][row["steps"]].setdefault(row["trial"], []).append(row)
    found = []
    for method in task.activations:
        if not (rounds := rows.get(method.key)):
            continue
        steps, trials = max(rounds.items(), key=lambda item: (len(item[1]), item[0]))
        own = SearchedMethod(
            method.key, method.label, task.headline.direction, steps, tuple(_trial(trials[n]) for n in sorted(trials))
        )
        found += [own] * bool(own.scores)
    return found


def _trial(rows: Sequence[Mapping[str, object]]) -> Trial:
    """A trial from its rows, one for each signal."""
    scores = [row["score"] for row in rows]
    known = [float(score) for score in scores if isinstance(score, int | float) and math.isfinite(score)]
    settings = json.loads(str(rows[0]["settings"]))
    return Trial(settings, average(known) if len(known) == len(scores) else None)
