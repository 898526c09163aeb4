"""Means, confidence intervals and ties: the statistics of every table and figure.

A *cell* is one value of one method on one signal in one repeat. Signals are fixed, repeats are drawn, so

* the mean of a method is the mean over signals of its means over repeats;
* its interval is Student's t over the repeats, each repeat counted as its mean over the signals (n_repeats - 1 degrees
  of freedom). Only repeats that have every signal of the method enter it. One repeat has no interval;
* two methods are compared by pairing: the same repeat has the same seeds for data and initialisation, so the interval
  is that of the difference, again over repeats. A method is *tied* with the best if that interval contains 0.

The intervals are not corrected for multiple comparisons: a tie is weak evidence, and so is a small gap outside of one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scipy.special import stdtrit

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
    signals = sorted({signal for signal, _ in cells})
    means = [interval([value for (name, _), value in cells.items() if name == signal])[0] for signal in signals]
    complete = _by_repeat(cells)
    half = interval(complete)[1] if complete else None
    return Estimate(math.fsum(means) / len(means), half, len(cells), frozenset(signals))


def difference(first: Cells, second: Cells) -> tuple[float, float | None] | None:
    """Mean of ``first - second`` over the cells that both have, and the half-width of its 95 % interval."""
    paired = {key: first[key] - second[key] for key in sorted(first) if key in second}
    per_repeat = _by_repeat(paired)
    return interval(per_repeat) if per_repeat else None


def leaders(methods: Mapping[str, Cells], direction: int) -> set[str]:
    """The best method and all that are tied with it.

    Only methods with a value for every signal compete: a mean without the hard signals would be too good. With a single
    repeat the spread is unknown, and the best method is alone.

    Args:
        methods: the cells of each method.
        direction: +1 where higher is better, -1 where lower is better, 0 where neither: then the set is empty.
    """
    needed = {signal for cells in methods.values() for signal, _ in cells}
    means = {
        name: found.mean
        for name, cells in methods.items()
        if (found := estimate(cells)) is not None and found.signals == needed
    }
    if not means or direction == 0:
        return set()
    best = max(sorted(means), key=lambda name: direction * means[name])
    tied = {best}
    for name in means:
        gap = difference(methods[best], methods[name])
        if name != best and gap is not None and gap[1] is not None and abs(gap[0]) <= gap[1]:
            tied.add(name)
    return tied


def average(values: Iterable[float | None]) -> float | None:
    """The plain mean of the values that are not None, None without any."""
    found = [value for value in values if value is not None]
    return math.fsum(found) / len(found) if found else None
