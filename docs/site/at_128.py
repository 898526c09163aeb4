"""What is stored of `reference-128`, for docs/evidence/size-128.md: a table for each task."""

from __future__ import annotations

import pandas as pd

from docs.site.archive import RESULTS
from docs.site.markdown import table
from inrbench.bench import results


def of_task(task: str) -> str:
    """Mean final score of each method on each signal of a task, and on all of them."""
    values = values_of(task)
    values = values.assign(mean=values.mean(axis=1))
    rows = [(f"`{name}`", *map(_cell, row)) for name, row in zip(values.index, values.to_numpy(), strict=True)]
    return table(("method", *map(str, values.columns[:-1]), "**mean**"), rows)


def values_of(task: str) -> pd.DataFrame:
    """Mean final score of each method (rows, the best mean first) on each signal of a task (columns)."""
    final = _final("reference-128")
    values = final[final["task"] == task].pivot_table(index="name", columns="signal", values="value")
    return values.loc[values.mean(axis=1).sort_values(ascending=False).index]


def ranks() -> str:
    """Of each task the rank correlation (Spearman) of the mean scores of networks here with those of `reference`."""
    suites = "reference-128", "reference"
    both = pd.DataFrame({suite: _means(suite) for suite in suites}).dropna()
    rows = [
        (str(task), str(len(means)), _cell(means["reference"].corr(means["reference-128"], "spearman")))
        for task, means in both.groupby("task")
    ]
    return table(("task", "networks", "rank correlation with `reference`"), rows)


def _means(suite: str) -> pd.Series:
    """The mean over signals of each network on each task."""
    final = _final(suite)
    networks = final[final["activation"].notna()]
    return networks.groupby(["task", "name", "signal"])["value"].mean().groupby(["task", "name"]).mean()


def _final(suite: str) -> pd.DataFrame:
    """The final scores, with the name of the entry: a job of the search has the label of its trial."""
    final = results.final(RESULTS / suite)
    return final.assign(name=final["method"].str.replace(r"-t\d+$", "", regex=True))


def _cell(value: float) -> str:
    return "—" if value != value else f"{value:.2f}"
