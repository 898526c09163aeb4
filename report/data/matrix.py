"""Matrix of a suite: the final headline value of every method, networks and classical ones, on every task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from scipy.stats import rankdata

from inrbench.report.data.model import SuiteResults, TaskResults
from inrbench.report.data.stats import Estimate, average, estimate

K = TypeVar("K")


@dataclass(frozen=True)
class Entry:
    """One method on one task.

    Attributes:
        value: the estimate; None where every run failed.
        share: the place among all methods of the task, networks and classical ones: 0 for the best, 1 for the worst.
        best: whether it is the best network of the task.
        partial: whether it lacks a signal that others have, so that its mean does not compare.
        ranked: whether it is a network with all signals that networks have: they compare with one another.
    """

    value: Estimate | None
    share: float
    best: bool = False
    partial: bool = False
    ranked: bool = False


@dataclass(frozen=True)
class Row:
    """One method with an entry for each task, None where it did not run.

    Attributes:
        rank: its mean rank among the networks over all tasks that have networks; None for a classical method and where
            such a task lacks it.
    """

    key: str
    label: str
    classical: bool
    entries: tuple[Entry | None, ...]
    rank: float | None


@dataclass(frozen=True)
class Matrix:
    """Rows of networks, the best mean rank first, then those of classical methods."""

    tasks: tuple[TaskResults, ...]
    rows: tuple[Row, ...]


def matrix(suite: SuiteResults) -> Matrix:
    """The matrix over the tasks that have a value."""
    tasks = tuple(task for task in suite.tasks if any(m.final(task.headline.name) for m in task.methods))
    columns = [_column(task) for task in tasks]
    pairs = zip(tasks, columns, strict=True)
    places = [_places(column, task.headline.direction) for task, column in pairs if task.activations]
    rows = []
    for classical in (False, True):
        labels: dict[str, str] = {}
        for task in tasks:
            for method in task.baselines if classical else task.activations:
                labels.setdefault(method.key, method.label)
        group = []
        for key, label in labels.items():
            ranks = [place.get(key) for place in places]
            rank = None if classical or None in ranks else average(ranks)
            group.append(Row(key, label, classical, tuple(column.get((classical, key)) for column in columns), rank))
        rows += sorted(group, key=lambda row: (row.rank is None, row.rank or 0.0))
    return Matrix(tasks, tuple(rows))


def _column(task: TaskResults) -> dict[tuple[bool, str], Entry]:
    """The entries of a task by kind and key of the method."""
    methods = [(False, method) for method in task.activations] + [(True, method) for method in task.baselines]
    values = {(classical, method.key): estimate(method.final(task.headline.name)) for classical, method in methods}
    whole = _whole(values)
    ranks = _ranks(list(whole.values()), task.headline.direction)
    shares = dict(zip(whole, ((rank - 1) / max(len(whole) - 1, 1) for rank in ranks), strict=True))
    best = next((name for name in whole if not name[0]), None) if task.headline.direction else None
    ranked = _whole({key: item for (classical, key), item in values.items() if not classical})
    return {
        (classical, key): Entry(
            item,
            shares.get((classical, key), 1.0),
            (classical, key) == best,
            item is not None and (classical, key) not in whole,
            not classical and key in ranked,
        )
        for (classical, key), item in values.items()
    }


def _places(column: Mapping[tuple[bool, str], Entry], direction: int) -> dict[str, float]:
    """The ranks of the networks of a task from 1; those without a value, or without a signal, share the last one."""
    networks = {key: entry for (classical, key), entry in column.items() if not classical}
    means = {key: entry.value.mean for key, entry in networks.items() if entry.ranked and entry.value}
    ranks = dict(zip(means, _ranks(list(means.values()), direction), strict=True))
    return {key: ranks.get(key, 1.0 + len(means)) for key in networks}


def _whole(values: Mapping[K, Estimate | None]) -> dict[K, float]:
    """The means of those that have every signal which one of them has."""
    needed = {signal for item in values.values() if item for signal in item.signals}
    return {name: item.mean for name, item in values.items() if item and item.signals == needed}


def _ranks(values: Sequence[float], direction: int) -> list[float]:
    """Ranks from 1, the best; equal values share theirs."""
    return [float(rank) for rank in rankdata([-direction * value for value in values])] if values else []
