"""Comparison of methods over all tasks of a suite, with bootstrap intervals.

A *case* is a task with one of its signals; cases have equal weights. Repeats are paired: the same repeat has the same
seeds for data and initialisation in every method. With x the score of a method and y that of a rival, larger being
better:

* mean rank: the rank among the methods in each case and repeat, 1 being best, equal scores sharing their ranks [Demšar,
  JMLR 2006];
* probability of improvement: P(x > y) + P(x = y) / 2 over all pairs of repeats of a case, mean over cases [Agarwal et
  al., NeurIPS 2021, arXiv 2108.13264; per case it is the Mann-Whitney U over the number of pairs];
* interquartile mean: the mean of the middle half of the normalised scores of all cases and repeats [same source];
* performance profile: the share of all cases and repeats whose normalised score exceeds a level τ [same source];
* wins: the share of cases and repeats with x > y, equal scores counting one half: paired, unlike the probability of
  improvement.

A score is normalised within its case: 0 is the mean score of the worst method, 1 that of the best. A failed run has the
last rank, loses to every run that did not fail, and has the normalised score 0.

Intervals are 95 % percentile intervals of a bootstrap that draws cases with replacement and, within a case, repeats,
the same for all methods. (Agarwal et al. keep the cases and draw repeats alone: their intervals hold for the tasks that
were run, these also for others of their kind, and they are wider.) With one case they hold for that case alone, with
one repeat they lack the spread between repeats, and with one of each there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, trim_mean

from inrbench.report.data.model import Suite

Array = NDArray[np.float64]

Case = tuple[str, str]
"""Task and signal."""

Draw = tuple[NDArray[np.int64], NDArray[np.int64]]
"""The drawn cases (K,) and the repeats (K, R) drawn for each."""

RESAMPLES = 2000

FEW = 10
"""Below this number of cases a percentile bootstrap gives intervals that are clearly too narrow."""

LEVELS = np.linspace(0.0, 1.0, 101)
"""Normalised scores at which the performance profile is given."""


@dataclass(frozen=True)
class Quantity:
    """A value for each method, and the ends of its 95 % interval, which are None where there is no interval.

    Each is an array whose first axis is the method.
    """

    value: Array
    low: Array | None
    high: Array | None


@dataclass(frozen=True)
class Leaderboard:
    """The comparison of the methods of a suite, best mean rank first.

    Attributes:
        methods: keys of the methods.
        cases: (task, signal) of each case.
        repeats: number of repeats.
        mean_rank, improvement, iqm: see the module; ``improvement`` is the mean over all rivals.
        wins: (methods, methods), the share of comparisons that the row's method wins against the column's.
        profile: (methods, levels) at `LEVELS`, with bounds of the same shape.
        notes: limits of the comparison in sentences, for the reader.
    """

    methods: Sequence[str]
    cases: Sequence[Case]
    repeats: int
    mean_rank: Quantity
    improvement: Quantity
    iqm: Quantity
    wins: Array
    profile: Quantity
    notes: Sequence[str] = field(default=())


def leaderboard(suite: Suite, seed: int = 0) -> Leaderboard | None:
    """The leaderboard of a suite's activations; None where fewer than two have run on all cases in a common repeat.

    A task whose headline metric has no direction is left out.

    Args:
        seed: of the bootstrap.
    """
    tasks = [task for task in suite.tasks if task.activations and task.headline.direction]
    keys = list(dict.fromkeys(method.key for task in tasks for method in task.activations))
    found: dict[str, dict[Case, dict[int, float]]] = {key: {} for key in keys}
    for task in tasks:
        for method in task.activations:
            for run in method.runs:
                value = run.final(task.headline.name) if run.ok else None
                score = -np.inf if value is None else task.headline.direction * value
                found[method.key].setdefault((task.key, run.cell[0]), {})[run.cell[1]] = score
    cases = list(dict.fromkeys(case for key in keys for case in sorted(found[key])))
    complete = [key for key in keys if len(found[key]) == len(cases)]
    present = [set(found[key][case]) for key in complete for case in cases]
    repeats = sorted(set[int].intersection(*present)) if present else []
    if len(complete) < 2 or not repeats:
        return None
    notes = [
        f"{key} is left out: it has no run on {len(cases) - len(found[key])} of {len(cases)} cases."
        for key in keys
        if key not in complete
    ]
    if any(len(own) > len(repeats) for own in present):
        notes.append("Repeats that some method lacks on some case are left out.")
    order = {task.key: place for place, task in enumerate(tasks)}
    cases.sort(key=lambda case: (order[case[0]], case[1]))
    scores = np.array([[[found[key][case][repeat] for repeat in repeats] for case in cases] for key in complete])
    return compare(complete, cases, scores, notes=notes, seed=seed)


def compare(
    methods: Sequence[str],
    cases: Sequence[Case],
    scores: Array,
    *,
    notes: Sequence[str] = (),
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Leaderboard:
    """The leaderboard of an array of scores.

    Args:
        scores: (methods, cases, repeats), larger being better, -inf for a failed run.
    """
    ranks, normal = rankdata(-scores, axis=0), normalised(scores)
    _, n_cases, n_repeats = scores.shape
    draws = _draws(n_cases, n_repeats, seed, resamples)

    def quantity(statistic: Callable[[Array, Draw], Array], values: Array) -> Quantity:
        value = statistic(values, (np.arange(n_cases), np.tile(np.arange(n_repeats), (n_cases, 1))))
        if not draws:
            return Quantity(value, None, None)
        low, high = np.percentile([statistic(values, draw) for draw in draws], [2.5, 97.5], axis=0)
        return Quantity(value, low, high)

    order = np.argsort(ranks.mean(axis=(1, 2)), kind="stable")
    return Leaderboard(
        [methods[index] for index in order],
        cases,
        n_repeats,
        mean_rank=quantity(_mean, ranks[order]),
        improvement=quantity(_mean_of_pairs, _against_rivals(scores)[order]),
        iqm=quantity(_interquartile, normal[order]),
        wins=wins(scores[order]),
        profile=quantity(_mean, (normal[order][..., None] > LEVELS).astype(float)),
        notes=[*notes, *_limits(cases, n_repeats)],
    )


def normalised(scores: Array) -> Array:
    """Scores (methods, cases, repeats) with 0 for the mean of the worst method of a case and 1 for that of the best.

    A failed run (-inf) gets 0. Where all methods have one mean, all get 1/2.
    """
    finite = np.where(np.isfinite(scores), scores, np.nan)
    counts = np.isfinite(finite).sum(axis=2)
    means = np.where(counts > 0, np.nansum(finite, axis=2) / np.maximum(counts, 1), np.nan)
    low = np.array([np.nanmin(case) if np.isfinite(case).any() else 0.0 for case in means.T])[:, None]
    high = np.array([np.nanmax(case) if np.isfinite(case).any() else 0.0 for case in means.T])[:, None]
    span = np.where(high > low, high - low, 1.0)
    found = np.where(high > low, (finite - low) / span, 0.5)
    return np.where(np.isfinite(scores), found, 0.0)


def wins(scores: Array) -> Array:
    """Paired wins (methods, methods): the share of cases and repeats in which the row's score is larger.

    Equal scores count one half. The diagonal is NaN.
    """
    first, second = scores[:, None], scores[None]
    found: Array = ((first > second) + 0.5 * (first == second)).mean(axis=(2, 3))
    np.fill_diagonal(found, np.nan)
    return found


def _against_rivals(scores: Array) -> Array:
    """Comparisons (methods, cases, repeats, repeats) of each method's score with every repeat of its rivals.

    1, 1/2 or 0 for a score above, equal to or below the rival's, mean over the rivals.
    """
    first, second = scores[:, None, :, :, None], scores[None, :, :, None, :]
    found: Array = (first > second) + 0.5 * (first == second)
    found[np.diag_indices(len(scores))] = 0.0
    total: Array = found.sum(axis=1)
    return total / (len(scores) - 1)


def _draws(cases: int, repeats: int, seed: int, resamples: int) -> list[Draw]:
    """Bootstrap draws of cases and, for each, of repeats; none where there is nothing to draw."""
    if cases == repeats == 1:
        return []
    generator = np.random.default_rng(seed)
    return [
        (generator.integers(cases, size=cases), generator.integers(repeats, size=(cases, repeats)))
        for _ in range(resamples)
    ]


def _mean(values: Array, draw: Draw) -> Array:
    """The mean over cases and repeats of values (methods, cases, repeats, ...)."""
    cases, repeats = draw
    weights = np.zeros(values.shape[1:3])
    np.add.at(weights, (cases[:, None], repeats), 1.0 / repeats.size)
    found: Array = np.tensordot(values, weights, axes=((1, 2), (0, 1)))
    return found


def _mean_of_pairs(values: Array, draw: Draw) -> Array:
    """The mean of comparisons (methods, cases, repeats, repeats) over all pairs of the drawn repeats of a case."""
    cases, repeats = draw
    picked = values[:, cases[:, None, None], repeats[:, :, None], repeats[:, None, :]]
    found: Array = picked.mean(axis=(1, 2, 3))
    return found


def _interquartile(values: Array, draw: Draw) -> Array:
    cases, repeats = draw
    found: Array = trim_mean(values[:, cases[:, None], repeats].reshape(len(values), -1), 0.25, axis=1)
    return found


def _limits(cases: Sequence[Case], repeats: int) -> list[str]:
    """Sentences on what the comparison cannot show."""
    if len(cases) == repeats == 1:
        return ["One case and one repeat: no interval can be given, and the order may be chance."]
    notes = []
    if len(cases) == 1:
        notes.append(
            "One case: the intervals hold for this case alone; other tasks and signals may give another order."
        )
    elif len({task for task, _ in cases}) == 1:
        notes.append("One task: nothing follows for other tasks.")
    if repeats == 1:
        notes.append("One repeat: the intervals are over cases only; the spread between seeds is unknown.")
    if 1 < len(cases) < FEW:
        notes.append(
            f"{len(cases)} cases are few: a bootstrap from fewer than {FEW} gives intervals that are too narrow."
        )
    return notes
