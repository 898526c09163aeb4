"""Verdict of each task in short sentences: the method to use, those that are not clearly worse, and how far networks
and classical methods are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inrbench.report.data.model import SuiteResults
from inrbench.report.data.stats import difference
from inrbench.report.labels import MetricLabel, baseline_in_words
from inrbench.report.tables import budget, winners
from inrbench.report.tables.build import FEW, repeats_of
from inrbench.report.tables.winners import Winner

NAMED = 2
"""The largest number of methods that are named one by one."""


@dataclass(frozen=True)
class Verdict:
    """Sentences on one task; the page sets ``answer``, the method to use, in bold.

    Attributes:
        task: the suite's key of the task.
        title: the task's name in sentences.
        before: the words before the answer.
        answer: the method to use, its name alone.
        rest: what follows, from its value on.
    """

    task: str
    title: str
    before: str
    answer: str
    rest: str

    @property
    def text(self) -> str:
        """All of it: ``CT: use total variation (31.20 dB). The best network, SIREN, is 1.20 dB behind.``"""
        return f"{self.title}: {self.before}{self.answer}{self.rest}"


def verdicts(suite: SuiteResults) -> list[Verdict]:
    """The verdict of each task that has a winner, in the suite's order."""
    return [_verdict(winner) for winner in winners.of(suite)]


def _verdict(winner: Winner) -> Verdict:
    task, metric, gap = winner.task, winner.task.headline, _against_classical(winner)
    if winner.classical and gap is not None and gap[0] < 0 and _clear(gap):
        method, item = winner.classical
        behind = f"The best network, {winner.best.label}, is {_amount(metric, -gap[0])} behind."
        rest = [f" ({_score(metric, item.mean)}).", behind, *_size(winner), *_failed(winner)]
        return Verdict(task.key, task.title, "use ", baseline_in_words(method.label), " ".join(rest))
    rivals = _rivals([method.label for method in winner.unseparated])
    rest = [_lead(winner), *_size(winner), *_failed(winner), *rivals]
    if winner.classical and gap is not None:
        rest.append(_classical(metric, baseline_in_words(winner.classical[0].label), gap, bool(rivals)))
    return Verdict(task.key, task.title, "", winner.best.label, " ".join(rest))


def _lead(winner: Winner) -> str:
    """The value of the best network. It leads only if it is first on most signals: one signal can decide a mean."""
    score = _score(winner.task.headline, winner.value)
    if 2 * winner.first_on > winner.signals:
        return f" leads with {score}."
    return f" has the best mean, {score}, but is first on {winner.first_on} of {winner.signals} signals."


def _score(metric: MetricLabel, value: float) -> str:
    """A value with its unit, or with the name of the metric where it has none."""
    return _amount(metric, value) if metric.unit else f"{metric.short} {_amount(metric, value)}"


def _amount(metric: MetricLabel, value: float) -> str:
    """A value with its unit, without an exponent unless it is very small or large."""
    if not metric.spec.endswith("e"):
        return metric.value(value)
    plain = value == 0 or 1e-6 < abs(value) < 1e6
    text = np.format_float_positional(value, 3, fractional=False, trim="-") if plain else f"{value:.2e}"
    return f"{text} {metric.unit}".strip()


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


def _classical(metric: MetricLabel, name: str, gap: tuple[float, float | None], rivals: bool) -> str:
    """A sentence on the best classical method, which is not clearly better than the best network.

    Args:
        rivals: whether the sentence before says of networks that they are not clearly worse.
    """
    subject = name[:1].upper() + name[1:]
    if _clear(gap):
        return f"{subject} is {_amount(metric, gap[0])} behind."
    if rivals and gap[0] > 0:
        return f"Nor is {name}."
    return f"{subject} is not clearly {'worse' if gap[0] > 0 else 'better'}."


def _rivals(labels: Sequence[str]) -> list[str]:
    """A sentence on the methods that are not clearly worse, if there are any."""
    if not labels:
        return []
    named, more = labels[:NAMED], len(labels) - NAMED
    names = [*named, f"{more} more"] if more > 0 else named
    text = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return [f"{text} {'is' if len(labels) == 1 else 'are'} not clearly worse."]


def _size(winner: Winner) -> list[str]:
    """A sentence where the best network is not of the size of the others."""
    off = f"Its number of parameters is more than {budget.TOLERANCE:.0%} off the common one."
    return [off] if budget.Sizes(winner.task).off(winner.best) else []


def _failed(winner: Winner) -> list[str]:
    """A sentence where runs of the best network failed: its mean is of the others."""
    failed, runs = len(winner.best.failed), len(winner.best.runs)
    return [f"{failed} of its {runs} runs failed."] if failed else []


def caveat(suite: SuiteResults) -> str:
    """A sentence on the tasks whose order may be chance, for want of repeats; empty where all have enough."""
    repeats = {
        task.title: min(repeats_of(task).values()) for task in suite.tasks if any(m.ok for m in task.activations)
    }
    few = {title: count for title, count in repeats.items() if count < FEW}
    if not few:
        return ""
    words = (
        "One or two repeats" if len(set(few.values())) > 1 else {1: "One repeat", 2: "Two repeats"}[min(few.values())]
    )
    where = f" on {', '.join(few)}" * (len(few) < len(repeats))
    return f"{words}{where}: the order may be chance."
