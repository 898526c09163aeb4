"""Sizes of networks against the budget: the parameters that were asked for, or those of a plain MLP of the width."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import product

from inrbench.report.data.model import Method, Run, TaskResults
from inrbench.report.labels import span

OFF_BUDGET = "¶"
TOLERANCE = 0.05
"""Largest relative deviation from a budget that still counts as an equal size."""

_Shape = tuple[str, int, int]
"""Signal, width and depth: what decides the size of a plain MLP on a task."""


class Sizes:
    """The budgets of a task's networks.

    Where a width was asked for, the budget is that of a plain MLP of this width and depth. Results do not store the
    numbers of coordinates and channels, on which it depends: they are those with which most of the networks are plain.
    Where no network is, there is no budget.

    Args:
        task: the task.
    """

    def __init__(self, task: TaskResults) -> None:
        self._runs = [run for method in task.activations for run in method.ok]
        groups: dict[_Shape, list[Run]] = {}
        for run in self._runs:
            if shape := _shape(run):
                groups.setdefault(shape, []).append(run)
        self._plain = {shape: _plain(shape[1], shape[2], runs) for shape, runs in groups.items()}

    def asked(self, run: Run) -> float | None:
        """The budget of a run in parameters; None where none is known."""
        asked = run.settings("model").get("params")
        if asked is not None:
            return float(asked)
        return self._plain.get(shape) if (shape := _shape(run)) else None

    def missed(self, run: Run) -> bool:
        """Whether the number of parameters reached is more than `TOLERANCE` from the budget."""
        asked, reached = self.asked(run), run.number("params")
        return asked is not None and reached is not None and abs(reached - asked) > TOLERANCE * asked

    def off(self, method: Method) -> bool:
        """Whether a network of a method is off its budget."""
        return any(map(self.missed, method.ok))

    def params(self, method: Method) -> str:
        """The numbers of parameters reached, with a mark where one is off the budget."""
        text = span(run.number("params") for run in method.ok)
        return f"{text} {OFF_BUDGET}" if self.off(method) else text

    def note(self) -> str:
        """The meaning of the mark, with the budgets that were missed; empty if none was."""
        missed = [run for run in self._runs if self.missed(run)]
        if not missed:
            return ""
        widths = any("width" in run.settings("model") for run in missed)
        plain = ", those of a plain MLP of this width" if widths else ""
        return (
            f"{OFF_BUDGET} More than {TOLERANCE:.0%} from the budget of {span(map(self.asked, missed))} "
            f"parameters{plain}: the scores are not those of a network of this size."
        )


OFF = f"{OFF_BUDGET} More than {TOLERANCE:.0%} off its number of parameters, see the task’s table."
"""The meaning of the mark in tables over several tasks."""


def labels(tasks: Iterable[TaskResults]) -> dict[str, str]:
    """The label of every activation by its key, as the first task has it, with a mark where it is off on some task."""
    found: dict[str, str] = {}
    for task in tasks:
        sizes = Sizes(task)
        for method in task.activations:
            label = found.setdefault(method.key, method.label)
            if sizes.off(method) and not label.endswith(OFF_BUDGET):
                found[method.key] = f"{label} {OFF_BUDGET}"
    return found


def _shape(run: Run) -> _Shape | None:
    model = run.settings("model")
    width, depth = model.get("width"), model.get("depth")
    return None if width is None or depth is None else (run.cell[0], int(width), int(depth))


def _plain(width: int, depth: int, runs: Iterable[Run]) -> float | None:
    """Parameters of the plain MLP, of 1 to 4 coordinates and channels, that most networks are; None if none is."""
    reached = Counter(run.number("params") for run in runs)
    sizes = {
        float(width * (coords + 1) + (depth - 1) * (width**2 + width) + channels * (width + 1))
        for coords, channels in product(range(1, 5), repeat=2)
    }
    found = {size: reached[size] for size in sizes if reached[size]}
    return max(found, key=lambda size: (found[size], -size)) if found else None
