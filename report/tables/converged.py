"""Mark of scores whose training had not converged; `inrbench.report.data.converged` has the rule."""

from __future__ import annotations

from inrbench.report.data.converged import FALL, LAST, still_falling
from inrbench.report.data.model import Method

FALLING = "‖"
NOTE = (
    f"{FALLING} Not converged: in more than half of the runs the data loss still fell by more than {FALL:.0%} over "
    f"the last {LAST:.0%} of the steps."
)


def mark(method: Method) -> str:
    """The mark behind a method's final score, empty where training had converged."""
    return f" {FALLING}" if still_falling(method) else ""


def note(text: str) -> str:
    """The meaning of the mark; empty if it is not in ``text``, that of all cells of a table."""
    return NOTE if FALLING in text else ""
