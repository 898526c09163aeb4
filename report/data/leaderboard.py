"""Comparison of methods over all tasks of a suite, with intervals and groups that take tasks for the sample.

A *case* is a task with one of its signals. Repeats of a case are averaged first, then the cases of a task: tasks have
equal weights. Repeats are paired: the same repeat has the same seeds for data and initialisation in every method. With
x the score of a method and y that of a rival, larger being better:

* mean rank: the rank among the methods in each case and repeat, 1 being best, equal scores sharing their ranks [Demšar,
  JMLR 2006];
* probability of improvement: P(x > y) + P(x = y) / 2 over all pairs of repeats of a case, mean over the rivals [Agarwal
  et al., NeurIPS 2021, arXiv 2108.13264; per case it is the Mann-Whitney U over the number of pairs];
* wins: the share of repeats with x > y, equal scores counting one half: paired, unlike the probability of improvement;
* effect: see `inrbench.report.data.effects`.

A failed run has the last rank and loses to every run that did not fail.

Where networks have more parameters than there are measured values, these do not determine them: such a case does not
count, and a note names it. Rows of earlier versions do not say how many values were measured. A case that has some of
them counts, and a note names it where other rows say it.

The question is which method to use on a further task, so tasks are the sample: an interval is Student's t over the
means of the tasks, and signals and repeats enter it through them. A test simulates its coverage. With fewer than
`CLUSTERS` tasks cases stand in for tasks, and nothing follows for other tasks. Two methods are *separated* where the
paired t-test of their ranks over tasks rejects at 5 % after Holm's correction [Holm, Scand. J. Statist. 6, 1979].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit
from scipy.stats import rankdata

from inrbench.report.data.model import SuiteResults, TaskResults
from inrbench.report.data.stats import ALPHA, holm

Array = NDArray[np.float64]

Case = tuple[str, str]
"""Task and signal."""

CASES = 3
"""Below this number of cases there is no leaderboard: it would rank chance."""

CLUSTERS = 3
"""With fewer tasks than this, cases are taken for the sample."""

FEW = 8
"""Below this number of tasks a note says that the intervals are wide and hardly any two methods can be separated."""


@dataclass(frozen=True)
class Quantity:
    """A value for each method and the ends of its 95 % interval."""

    value: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class Leaderboard:
    """The comparison of the methods of a suite, best mean rank first.

    Attributes:
        methods: keys of the methods.
        cases: (task, signal) of each case.
        repeats: the least and the largest number of repeats of a case.
        mean_rank, improvement: see the module; ``improvement`` is the mean over all rivals.
        wins: (methods, methods), the share of comparisons that the row's method wins against the column's.
        leading: the methods that are not separated from the first one, it among them; corrected for its comparisons
            with all others.
        groups: (first, last) places of each largest set of neighbours of which no two are separated, corrected for all
            pairs: the bars of a critical-difference diagram.
        scores: (methods, cases, repeats) as in `compare`, in this order.
        notes: limits of the comparison in sentences, for the reader.
    """

    methods: Sequence[str]
    cases: Sequence[Case]
    repeats: tuple[int, int]
    mean_rank: Quantity
    improvement: Quantity
    wins: Array
    leading: frozenset[str]
    groups: Sequence[tuple[int, int]]
    scores: Array
    notes: Sequence[str] = field(default=())


def leaderboard(suite: SuiteResults) -> Leaderboard | None:
    """The leaderboard of a suite's activations.

    None where fewer than two plugins have run on all cases in a common repeat, or there are fewer than `CASES` cases:
    one plugin with several settings is a sweep. A task whose headline metric has no direction is left out.
    """
    tasks = [task for task in suite.tasks if task.activations and task.headline.direction]
    plugins = {method.key: method.activation for task in tasks for method in task.activations}
    loose = {(task.key, signal): found for task in tasks for signal, found in _undetermined(task).items()}
    scores: dict[str, dict[Case, dict[int, float]]] = {key: {} for key in plugins}
    for task in tasks:
        for method in task.activations:
            for run in method.runs:
                case = task.key, run.cell[0]
                if case in loose and loose[case].known:
                    continue
                value = run.final(task.headline.name) if run.ok else None
                score = -np.inf if value is None else task.headline.direction * value
                scores[method.key].setdefault(case, {})[run.cell[1]] = score
    order = {task.key: place for place, task in enumerate(tasks)}
    cases = sorted(
        {case for by_case in scores.values() for case in by_case}, key=lambda case: (order[case[0]], case[1])
    )
    complete = [key for key, by_case in scores.items() if len(by_case) == len(cases)]
    if len(cases) < CASES or len({plugins[key] for key in complete}) < 2:
        return None
    repeats = sorted({repeat for key in complete for case in cases for repeat in scores[key][case]})
    table = np.array(
        [[[scores[key][case].get(repeat, np.nan) for repeat in repeats] for case in cases] for key in complete]
    )
    if np.isnan(table).any(axis=0).all(axis=1).any():
        return None
    notes = [
        f"{key} is left out: it has no run on {len(cases) - len(by_case)} of {len(cases)} cases."
        for key, by_case in scores.items()
        if key not in complete
    ]
    if (np.isnan(table).any(axis=0) & ~np.isnan(table).all(axis=0)).any():
        notes.append("Repeats that some method lacks on some case are left out.")
    for known, verdict in ((True, "Not counted"), (False, "Counted")):
        named = ", ".join(f"{'/'.join(case)} ({each.text})" for case, each in loose.items() if each.known is known)
        if named:
            notes.append(f"{verdict}: networks have more parameters than there are measured values on {named}.")
    return compare(complete, cases, table, notes=notes)


@dataclass(frozen=True)
class _Undetermined:
    """The median number of parameters of a case's networks, and the smaller one of values that were measured.

    Attributes:
        known: whether every run of the case says how many were.
    """

    params: int
    measured: int
    known: bool

    @property
    def text(self) -> str:
        return f"{self.params:,} and {self.measured:,}"


def _undetermined(task: TaskResults) -> dict[str, _Undetermined]:
    """The signals of a task on which networks have more parameters than there are measured values."""
    found: dict[str, _Undetermined] = {}
    for signal in task.signals:
        runs = [run for method in task.activations for run in method.ok if run.cell[0] == signal]
        params = sorted(int(size) for run in runs if (size := run.number("params")) is not None)
        measured = [int(count) for run in runs if (count := run.number("measured")) is not None]
        if params and measured and params[len(params) // 2] > min(measured):
            found[signal] = _Undetermined(params[len(params) // 2], min(measured), len(measured) == len(runs))
    return found


def compare(methods: Sequence[str], cases: Sequence[Case], scores: Array, *, notes: Sequence[str] = ()) -> Leaderboard:
    """The leaderboard of an array of scores.

    Args:
        scores: (methods, cases, repeats), larger being better; -inf for a failed run, NaN for one that was not asked
            for. A repeat counts where no method lacks it; each case has one at least.
    """
    counted = _counted(scores)
    ranks = _over_repeats(rankdata(-scores, axis=0), counted)
    order = np.argsort(_units(ranks, cases).mean(axis=1), kind="stable")
    ranks, scores = ranks[order], scores[order]
    names = [methods[index] for index in order]
    units = _units(ranks, cases)
    unlike = [holm(_p_values(units[0] - units[1:])), holm(_p_values(_pairs(units)))]
    leading = {name for name, apart in zip(names[1:], unlike[0], strict=True) if not apart}
    return Leaderboard(
        names,
        cases,
        (int(counted.sum(axis=1).min()), int(counted.sum(axis=1).max())),
        mean_rank=_quantity(units, (1.0, float(len(methods)))),
        improvement=_quantity(_units(_improvements(scores, counted), cases), (0.0, 1.0)),
        wins=wins(scores, cases),
        leading=frozenset({names[0], *leading}),
        groups=_cliques(len(names), unlike[1]),
        scores=scores,
        notes=[*notes, *_limits(cases, int(counted.sum(axis=1).max()))],
    )


def wins(scores: Array, cases: Sequence[Case]) -> Array:
    """Paired wins (methods, methods): the share of repeats in which the row's score is larger, mean over tasks.

    Equal scores count one half. The diagonal is NaN.
    """
    counted = _counted(scores)
    first, second = scores[:, None], scores[None]
    compared = (first > second) + 0.5 * (first == second)
    shares: Array = _units(_over_repeats(compared, counted), cases).mean(axis=-1)
    np.fill_diagonal(shares, np.nan)
    return shares


def _counted(scores: Array) -> NDArray[np.bool_]:
    """The repeats of each case (cases, repeats) that no method lacks."""
    return np.asarray(~np.isnan(scores).any(axis=0))


def _over_repeats(values: Array, counted: NDArray[np.bool_]) -> Array:
    """The mean over the repeats that count of values (…, cases, repeats)."""
    means: Array = np.where(counted, values, 0.0).sum(axis=-1) / counted.sum(axis=-1)
    return means


def _units(values: Array, cases: Sequence[Case]) -> Array:
    """Values (…, cases) as (…, tasks), the mean over the cases of each; as they are where there are few tasks."""
    return np.stack([values[..., places].mean(axis=-1) for places in sample(cases)], axis=-1)


def sample(cases: Sequence[Case]) -> list[list[int]]:
    """The places of the cases of each task; where there are few tasks, of each case alone."""
    tasks = list(dict.fromkeys(task for task, _ in cases))
    if len(tasks) < CLUSTERS:
        return [[place] for place in range(len(cases))]
    return [[place for place, (task, _) in enumerate(cases) if task == name] for name in tasks]


def critical(units: int, hypotheses: int) -> list[float]:
    """Student's t beyond which Holm's procedure rejects where k = 1, …, ``hypotheses`` are left, by k - 1."""
    return [float(stdtrit(units - 1, 1 - ALPHA / (2 * left))) for left in range(1, hypotheses + 1)]


def _quantity(units: Array, bounds: tuple[float, float]) -> Quantity:
    """Means over the units (methods, units) with Student's t interval, cut off where no value can be."""
    count = units.shape[1]
    value = units.mean(axis=1)
    half = stdtrit(count - 1, 1 - ALPHA / 2) * units.std(axis=1, ddof=1) / np.sqrt(count)
    return Quantity(value, np.maximum(value - half, bounds[0]), np.minimum(value + half, bounds[1]))


def _p_values(differences: Array) -> Array:
    """Two-sided p-values of paired t-tests: differences (…, units) against 0."""
    count = differences.shape[-1]
    mean, deviation = differences.mean(axis=-1), differences.std(axis=-1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(deviation > 0, np.abs(mean) * np.sqrt(count) / deviation, np.where(mean == 0, 0.0, np.inf))
    p_values: Array = 2 * stdtr(count - 1, -t)
    return p_values


def _pairs(units: Array) -> Array:
    """The differences (pairs, units) of all pairs of methods, first < second, in order."""
    first, second = np.triu_indices(len(units), 1)
    differences: Array = units[first] - units[second]
    return differences


def _cliques(count: int, separated: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The largest runs of two or more neighbours of which no two are separated, by their first and last place."""
    apart = np.zeros((count, count), dtype=bool)
    apart[np.triu_indices(count, 1)] = separated
    groups: list[tuple[int, int]] = []
    for first in range(count):
        last = first
        while last + 1 < count and not apart[first : last + 2, first : last + 2].any():
            last += 1
        if last > first and (not groups or last > groups[-1][1]):
            groups.append((first, last))
    return groups


def _improvements(scores: Array, counted: NDArray[np.bool_]) -> Array:
    """Comparisons (methods, cases) of a method's repeats with all repeats of its rivals: the share that it wins."""
    shares = np.empty(scores.shape[:2])
    for case, repeats in enumerate(counted):
        values = scores[:, case, repeats]
        first, second = values[:, None, :, None], values[None, :, None, :]
        pairs = ((first > second) + 0.5 * (first == second)).mean(axis=(2, 3))
        np.fill_diagonal(pairs, 0.0)
        shares[:, case] = pairs.sum(axis=1) / (len(scores) - 1)
    return shares


def _limits(cases: Sequence[Case], repeats: int) -> list[str]:
    """Sentences on what the comparison cannot show."""
    tasks = len({task for task, _ in cases})
    notes = []
    if tasks < CLUSTERS:
        number = "One task" if tasks == 1 else "Two tasks"
        notes.append(f"{number}: intervals are over signals, and nothing follows for other tasks.")
    elif tasks < FEW:
        notes.append(f"{tasks} tasks are few: intervals are wide, and only large differences can be separated.")
    if repeats == 1:
        notes.append("One repeat: the spread between seeds is not known by itself; it is part of that between tasks.")
    return notes
