"""Tasks that an activation won in the small reference."""

from __future__ import annotations

from docs.site.archive import archived
from inrbench.report.labels import number
from inrbench.report.tables import winners


def wins() -> dict[str, list[str]]:
    """The tasks on which an activation has the best mean score, and who is not separated.

    An entry is like ``"grid": ["ct, PSNR (dB) 29.36"]``.

    They are those of the table "Best method of each task" (`inrbench.report.tables.winners`), without classical
    methods.
    """
    suite = archived("reference-small")
    tasks_won: dict[str, list[str]] = {}
    for won in winners.of(suite):
        shared = f" (not separated: {', '.join(method.label for method in won.unseparated)})" if won.unseparated else ""
        score = number(won.value, won.task.headline.spec)
        tasks_won.setdefault(won.best.key, []).append(f"{won.task.key}, {won.task.headline.label} {score}{shared}")
    return tasks_won
