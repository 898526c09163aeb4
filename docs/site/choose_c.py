"""Rules that choose c, side by side, from the stored results of `choose-c`, for docs/paper.md."""

from __future__ import annotations

from collections.abc import Iterator

from docs.site.archive import archived
from docs.site.markdown import table
from inrbench.report.tables.selection import Candidate, Choice, choices

RULES = ("least path norm", "least path quasi-norm", "least c that fits")


def rules(scale: str | None = None) -> str:
    """What each rule chooses on each task, and how far that is below the best c, at a scale of the suite."""
    rows = []
    for task, choice in of_tasks(scale):
        best = choice.oracle
        if best is None or best.score is None:
            continue
        cells = [_cell(choice, item) for item in by_rule(choice)]
        rows.append((task, f"{best.value:g} ({choice.metric.value(best.score)})", *cells))
    return table(("task", "best c", *RULES), rows)


def of_tasks(scale: str | None = None) -> Iterator[tuple[str, Choice]]:
    """The one choice of each task."""
    for task in archived("choose-c", scale=scale).tasks:
        (choice,) = choices(task)
        yield task.key, choice


def by_rule(choice: Choice) -> tuple[Candidate | None, ...]:
    """What each of the `RULES` chooses among the values that fit the data equally well."""
    fitting = [item for item in choice.candidates if not item.excluded]
    return choice.chosen, choice.by_quasi_norm, min(fitting, key=lambda item: item.value, default=None)


def _cell(choice: Choice, item: Candidate | None) -> str:
    gap = choice.gap_of(item)
    return "—" if item is None or gap is None else f"{item.value:g} ({-gap:+.2f})" if gap else f"{item.value:g} (0)"
