"""Verdict of each task in one sentence: the best method, those that it is not clearly better than, and the best
classical method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inrbench.report.data.model import SuiteResults
from inrbench.report.data.stats import difference
from inrbench.report.labels import MetricLabel, baseline
from inrbench.report.tables import winners
from inrbench.report.tables.winners import Winner

NAMED = 2
"""The largest number of methods that are named one by one."""


@dataclass(frozen=True)
class Verdict:
    """A sentence on one task; the page sets ``answer``, the method to use, in bold.

    Attributes:
        task: the suite's key of the task.
        answer: the method to use, its name alone.
        rest: the rest of the sentence, from its value on.
    """

    task: str
    answer: str
    rest: str

    @property
    def text(self) -> str:
        """The whole sentence: ``ct: TV (classical, 31.20 dB); the best network, SIREN, is 1.20 dB behind.``"""
        return f"{self.task}: {self.answer}{self.rest}"


def verdicts(suite: SuiteResults) -> list[Verdict]:
    """The verdict of each task that has a winner, in the suite's order."""
    return [_verdict(winner) for winner in winners.of(suite)]


def _verdict(winner: Winner) -> Verdict:
    metric = winner.task.headline
    gap = _against_classical(winner)
    if winner.classical and gap is not None and gap[0] < 0 and _clear(gap):
        method, item = winner.classical
        behind = f"the best network, {winner.best.label}, is {metric.value(-gap[0])} behind"
        return Verdict(winner.task.key, baseline(method.label), f" (classical, {_score(metric, item.mean)}); {behind}.")
    rivals = _rivals([method.label for method in winner.unseparated])
    if winner.classical and gap is not None:
        name = baseline(winner.classical[0].label)
        clear = f"; {metric.value(gap[0])} ahead of {name}"
        rivals += clear if _clear(gap) else f"; not clearly better than {name}"
    return Verdict(winner.task.key, winner.best.label, f" ({_score(metric, winner.value)}){rivals}.")


def _score(metric: MetricLabel, value: float) -> str:
    """A value with its unit, or with the name of the metric where it has none."""
    return metric.value(value) if metric.unit else f"{metric.short} {metric.value(value)}"


def _against_classical(winner: Winner) -> tuple[float, float | None] | None:
    """By how much the best network is better than the best classical method, with the half-width of the interval."""
    if winner.classical is None:
        return None
    name, direction = winner.task.headline.name, winner.task.headline.direction
    network, classical = winner.best.final(name), winner.classical[0].final(name)
    if len({repeat for _, repeat in classical}) == 1:  # all repeats have the same measurements: it was run once for all
        once = {signal: value for (signal, _), value in classical.items()}
        classical = {cell: once[cell[0]] for cell in network if cell[0] in once}
    found = difference(network, classical)
    return None if found is None else (direction * found[0], found[1])


def _clear(gap: tuple[float, float | None]) -> bool:
    """Whether the interval of a difference leaves out 0; one repeat has no interval, and its difference is believed."""
    return abs(gap[0]) > (gap[1] or 0.0)


def _rivals(labels: Sequence[str]) -> str:
    """The methods that are not clearly worse."""
    if not labels:
        return ""
    named, more = labels[:NAMED], len(labels) - NAMED
    names = [*named, f"{more} more"] if more > 0 else named
    text = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"; {text} {'is' if len(labels) == 1 else 'are'} not clearly worse"
