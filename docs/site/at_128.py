"""What is stored of `reference-128`, for docs/evidence/size-128.md: a table for each task."""

from __future__ import annotations

import pandas as pd

from docs.site.archive import RESULTS
from docs.site.markdown import table
from inrbench.bench import results


def of_task(task: str) -> str:
    """Mean final score of each method on each signal of a task, and on all of them; the best mean first."""
    final = _final("reference-128")
    values = final[final["task"] == task].pivot_table(index="name", columns="signal", values="value", sort=False)
    values = values.assign(mean=values.mean(axis=1)).sort_values("mean", ascending=False)
    rows = [(f"`{name}`", *map(_cell, row)) for name, row in zip(values.index, values.to_numpy(), strict=True)]
    return table(("method", *map(str, values.columns[:-1]), "**mean**"), rows)


def ranks() -> str:
    """Of each task the rank correlation (Spearman) of the mean scores of networks here with those of `reference`."""
    suites = "reference-128", "reference"
    means = {suite: _networks(suite).groupby(["task", "name"])["value"].mean() for suite in suites}
    both = pd.DataFrame(means).dropna()
    rows = [
        (str(task), str(len(of_task)), _cell(of_task["reference"].corr(of_task["reference-128"], "spearman")))
        for task, of_task in both.groupby("task")
    ]
    return table(("task", "networks", "rank correlation with `reference`"), rows)


def _networks(suite: str) -> pd.DataFrame:
    final = _final(suite)
    return final[final["activation"].notna()]


def _final(suite: str) -> pd.DataFrame:
    """The final scores, with the name of the entry: a job of the search has the label of its trial."""
    final = results.final(RESULTS / suite)
    return final.assign(name=final["method"].str.replace(r"-t\d+$", "", regex=True))


def _cell(value: float) -> str:
    return "—" if value != value else f"{value:.2f}"
