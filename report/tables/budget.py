"""Sizes of networks against the budget that was asked for (``model: {params: N}``)."""

from __future__ import annotations

from inrbench.report.data.model import Method, Run, Task
from inrbench.report.labels import span

OFF_BUDGET = "¶"
TOLERANCE = 0.05
"""Largest relative deviation from a budget that still counts as an equal size."""


def budget(run: Run) -> float | None:
    """The number of parameters that was asked for; None where a width was."""
    asked = run.settings("model").get("params")
    return None if asked is None else float(asked)


def off_budget(run: Run) -> bool:
    """Whether the number of parameters reached is more than `TOLERANCE` from the one asked for."""
    asked, reached = budget(run), run.number("params")
    return asked is not None and reached is not None and abs(reached - asked) > TOLERANCE * asked


def params(method: Method) -> str:
    """The numbers of parameters reached, with a mark where one is off the budget."""
    text = span(run.number("params") for run in method.ok)
    return f"{text} {OFF_BUDGET}" if any(map(off_budget, method.ok)) else text


def note(task: Task) -> str:
    """The meaning of the mark, with the budgets that were missed; empty if none was."""
    missed = [run for method in task.activations for run in method.ok if off_budget(run)]
    if not missed:
        return ""
    return (
        f"{OFF_BUDGET} More than {TOLERANCE:.0%} from the budget of {span(map(budget, missed))} parameters: the scores "
        "are not those of a network of this size."
    )
