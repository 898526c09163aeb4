"""Choosing an eval step without the truth.

The score at the last step needs no choice, and the best over all eval steps needs the truth. Between them stand rules
that a user could follow on data of their own:

- ``plateau``: the first eval step from which the data loss hardly falls any more;
- ``discrepancy``: the first eval step whose data loss is no more than that of the truth is expected to be, from the
  noise that the measurements are known to have [Morozov, Soviet Math. Dokl. 1966]; for the losses that say what that
  is (`inrbench.tasks.core.losses.DataLoss.noise_level`): l2, l1 and poisson, without weights; a job is refused if its
  data differ from the operator by more than their noise, as those of a closed form do;
- ``heldout``: the eval step at which the loss on measurements kept from training is least.

A rule that never fires chooses the last eval step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

PLATEAU_SLOPE = 0.1
"""The loss has a plateau where it falls more slowly than step ** -PLATEAU_SLOPE, twice in a row."""

LEARNT = 0.25
"""Before the loss has fallen to this share of the first one, a flat stretch is a slow start and no plateau."""


@dataclass(frozen=True)
class EvalPoint:
    """The data losses at an eval step: of the measurements in training, and of those kept from it."""

    step: int
    loss: float
    heldout: float | None = None


def chosen_step(rule: str | None, points: Sequence[EvalPoint], noise_level: float | None = None) -> int:
    """The eval step that a rule chooses; without a rule the last one.

    Args:
        noise_level: the loss that the truth is expected to have, where it is known.

    Raises:
        ValueError: if the rule needs what there is not: a known noise, or measurements kept from training.
    """
    last = points[-1].step
    if rule == "plateau":
        learnt = LEARNT * points[0].loss
        flat = [b.loss <= learnt and _slope(a, b) < PLATEAU_SLOPE for a, b in pairwise(points)]
        return next((points[i + 1].step for i in range(len(flat) - 1) if flat[i] and flat[i + 1]), last)
    if rule == "discrepancy":
        if noise_level is None:
            raise ValueError("stop: discrepancy needs measurements whose noise is known; set the task's noise")
        return next((point.step for point in points if point.loss <= noise_level), last)
    if rule == "heldout":
        held = [(point.heldout, point.step) for point in points if point.heldout is not None]
        if not held:
            raise ValueError("stop: heldout needs measurements kept from training; set train.holdout")
        return min(held)[1]
    return last


def _slope(before: EvalPoint, after: EvalPoint) -> float:
    """How fast the loss falls between two eval steps, in decades a decade of steps."""
    if after.loss <= 0 or before.loss <= 0:
        return 0.0
    return -math.log(after.loss / before.loss) / math.log(after.step / before.step)
