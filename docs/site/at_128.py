"""What is stored of `reference-128`, for docs/evidence/size-128.md: a row for each task and signal."""

from __future__ import annotations

from docs.site.archive import RESULTS
from docs.site.markdown import table
from inrbench.bench import results


def by_signal() -> str:
    """Mean final PSNR of each method on each signal, and on all signals of a task."""
    final = results.final(RESULTS / "reference-128")
    final["name"] = final["activation"].fillna(final["method"])  # a job of the search has the label of its trial
    values = final.sort_values("kind").pivot_table(index=["task", "signal"], columns="name", values="value", sort=False)
    rows = []
    for task, of_task in values.groupby("task"):
        signals = of_task.index.get_level_values("signal")
        rows += [
            (str(task), str(name), *map(_cell, row)) for name, row in zip(signals, of_task.to_numpy(), strict=True)
        ]
        rows.append((str(task), "**mean**", *map(_cell, of_task.to_numpy().mean(axis=0))))
    return table(("task", "signal", *(f"`{name}`" for name in values.columns)), rows)


def _cell(value: float) -> str:
    return "—" if value != value else f"{value:.2f}"
