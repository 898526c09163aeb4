"""Means, confidence intervals and comparisons: the statistics of every table and figure.

A *cell* is one value of one method on one signal in one repeat. Signals are fixed, repeats are drawn, so

* the mean of a method is the mean over signals of its means over repeats;
* its interval is Student's t over the repeats, each repeat counted as its mean over the signals (n_repeats - 1 degrees
  of freedom). Only repeats that have every signal of the method enter it. One repeat has no interval;
* the best method is the one with the best mean. Another is *separated* from it if Welch's t-test of their means rejects
  at 5 % after Holm's correction over all the others [S. Holm, Scand. J. Statist. 6, 1979]. Variances are those within
  each signal; where some signals have a single repeat, they are pooled over the signals of the method that have
  several. They are not pooled over methods, which differ by orders of magnitude: one wild method would hide all
  differences. Repeats are not paired: results of two activations from one seed do not correlate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

Cells = Mapping[tuple[str, int], float]
"""Finite values by (signal, repeat)."""


@dataclass(frozen=True)
class Estimate:
    """A mean with the half-width of its 95 % interval.

    Attributes:
        mean: over signals, of the means over repeats.
        half: half-width of the interval, None with fewer than two complete repeats.
        n: number of values that entered the mean.
        signals: the signals that have a value.
    """

    mean: float
    half: float | None
    n: int
    signals: frozenset[str]


def interval(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean of ``values`` and half-width of its 95 % Student-t interval, None for a single value.

    Example:
        >>> mean, half = interval([1.0, 2.0, 3.0])
        >>> mean, round(half, 4)
        (2.0, 2.4841)
    """
    n = len(values)
    mean = math.fsum(values) / n
    if n < 2:
        return mean, None
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    return mean, float(stdtrit(n - 1, 0.975)) * math.sqrt(variance / n)


def _by_repeat(cells: Cells) -> list[float]:
    """For each repeat that has every signal, in order: its mean over the signals."""
    signals = sorted({signal for signal, _ in cells})
    repeats = sorted({repeat for _, repeat in cells})
    rows = [[cells[signal, repeat] for signal in signals if (signal, repeat) in cells] for repeat in repeats]
    return [math.fsum(row) / len(row) for row in rows if len(row) == len(signals)]


def estimate(cells: Cells) -> Estimate | None:
    """The mean of a method and its interval, None without a value."""
    if not cells:
        return None
    means = signal_means(cells)
    complete = _by_repeat(cells)
    half = interval(complete)[1] if complete else None
    return Estimate(math.fsum(means.values()) / len(means), half, len(cells), frozenset(means))


def difference(first: Cells, second: Cells) -> tuple[float, float | None] | None:
    """Mean of ``first - second`` over the cells that both have, and the half-width of its 95 % interval, as `estimate`
    has them; None without a common cell."""
    item = estimate({key: first[key] - second[key] for key in first if key in second})
    return None if item is None else (item.mean, item.half)


ALPHA = 0.05
"""Level of every comparison."""


def leaders(methods: Mapping[str, Cells], direction: int) -> list[str]:
    """The best method, then those that are not separated from it, by their means.

    No method is listed whose mean is worse than that of a method that is separated. Only methods with a value for every
    signal compete: a mean without the hard signals would be too good. With a single repeat the spread is unknown, and
    the best method is alone.

    Args:
        methods: the cells of each method.
        direction: +1 where higher is better, -1 where lower is better, 0 where neither: then there is none.
    """
    needed = {signal for cells in methods.values() for signal, _ in cells}
    means = {
        name: item.mean
        for name, cells in methods.items()
        if (item := estimate(cells)) is not None and item.signals == needed
    }
    if not means or direction == 0:
        return []
    order = sorted(sorted(means), key=lambda name: -direction * means[name])
    if all(len(values) == 1 for name in means for values in by_signal(methods[name]).values()):
        return order[:1]
    separated = holm(np.array([p_value(methods[order[0]], methods[name]) for name in order[1:]]))
    return order[: 1 + int(np.argmax(np.append(separated, True)))]


def p_value(first: Cells, second: Cells) -> float:
    """Two-sided p-value of Welch's t-test of two means over the same signals; 1 if one has no signal repeated."""
    gap, parts = 0.0, []
    for cells, sign in ((first, 1), (second, -1)):
        groups = by_signal(cells).values()
        means = [math.fsum(values) / len(values) for values in groups]
        squares = [
            math.fsum((value - mean) ** 2 for value in values) for values, mean in zip(groups, means, strict=True)
        ]
        spare = [len(values) - 1 for values in groups]
        if not any(spare):
            return 1.0
        gap += sign * math.fsum(means) / len(means)
        weights = [1 / len(values) / len(groups) ** 2 for values in groups]
        if all(spare):
            parts += [(square / n * weight, n) for square, n, weight in zip(squares, spare, weights, strict=True)]
        else:
            parts.append((math.fsum(squares) / sum(spare) * math.fsum(weights), sum(spare)))
    variance = math.fsum(part for part, _ in parts)
    if variance == 0:
        return 1.0 if gap == 0 else 0.0
    freedom = variance**2 / math.fsum(part**2 / n for part, n in parts)  # Satterthwaite's
    return 2 * float(stdtr(freedom, -abs(gap) / math.sqrt(variance)))


def by_signal(cells: Cells) -> dict[str, list[float]]:
    """The values of each signal, in the order of the repeats."""
    groups: dict[str, list[float]] = {}
    for (signal, _), value in sorted(cells.items()):
        groups.setdefault(signal, []).append(value)
    return groups


def signal_means(cells: Cells) -> dict[str, float]:
    """The mean over the repeats of each signal."""
    return {signal: math.fsum(values) / len(values) for signal, values in by_signal(cells).items()}


def holm(p_values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The hypotheses that Holm's procedure rejects: p₍ᵢ₎ ≤ α / (m − i + 1) for all up to this one, in rising order."""
    order = np.argsort(p_values, kind="stable")
    passed = p_values[order] <= ALPHA / np.arange(len(p_values), 0, -1)
    rejected = np.zeros(len(p_values), dtype=bool)
    rejected[order] = np.logical_and.accumulate(passed)
    return rejected


def average(values: Iterable[float | None]) -> float | None:
    """The plain mean of the values that are not None, None without any."""
    present = [value for value in values if value is not None]
    return math.fsum(present) / len(present) if present else None
