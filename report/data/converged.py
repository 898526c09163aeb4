"""Rule for training that had not converged: the data loss still fell by more than 20 % over the last fifth of the
steps.

Losses are stored at eval steps, which are spaced evenly on a logarithmic scale, so the loss at four fifths of the
steps is interpolated between its neighbours, linearly in the logarithms of step and loss. A decaying learning rate
levels the loss off by itself: a run that passes may still be far from what more steps would reach. The rule is relative
and holds for every data loss that is zero for a perfect fit. Where noise keeps it from zero, it
says that the noise is reached.
"""

from __future__ import annotations

import math

import numpy as np

from inrbench.report.data.model import Method, Run

LAST = 0.2
"""Share of the steps, at the end, over which the loss is compared."""
FALL = 0.2
"""Largest fall over that share that still counts as converged, relative to the loss at its beginning."""
FLOOR = 1e-7
"""A loss below this has converged: what is left is rounding."""


def converged(run: Run) -> bool | None:
    """Whether a run had converged at its last step.

    None where that is not asked: the run did not end well, ended at its ``stop_loss``, or has no loss stored at or
    before four fifths of its steps.
    """
    points = [(point.step, point.value) for point in run.curves.get("loss", ()) if math.isfinite(point.value)]
    points = [(step, value) for step, value in points if step > 0]
    if not run.ok or not points:
        return None
    (last, final), begin = points[-1], (1 - LAST) * points[-1][0]
    if last < run.settings("train").get("steps", last) or points[0][0] > begin:
        return None
    if final < FLOOR:
        return True
    steps, losses = np.log(np.array(points).T.clip(min=np.finfo(float).tiny))
    before = math.exp(float(np.interp(math.log(begin), steps, losses)))
    return final > (1 - FALL) * before


def counts(method: Method) -> tuple[int, int]:
    """The number of runs that had not converged, and of those that were asked."""
    outcomes = [converged(run) for run in method.runs]
    return outcomes.count(False), len(outcomes) - outcomes.count(None)


def still_falling(method: Method) -> bool:
    """Whether more than half of a method's runs that were asked had not converged."""
    falling, asked = counts(method)
    return 2 * falling > asked
