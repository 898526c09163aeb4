"""Final scores in the headline metric: what searches and the interface for Python compare jobs by."""

from __future__ import annotations

import pandas as pd


def with_headline(jobs: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Jobs with two columns more: ``value``, the last value of the job's headline metric, and its ``direction``.

    Args:
        jobs: rows as they are stored; they keep their order and index.
        scores: those of these jobs, in any order.

    Returns:
        ``direction`` is 1 if higher is better, else -1. A failed job has NaN in both columns.
    """
    ordered = scores.sort_values("step", kind="stable").drop_duplicates(["job_id", "metric"], keep="last")
    last = ordered.set_index(["job_id", "metric"])[["value", "direction"]]
    joined = jobs.join(last, on=["job_id", "metric"])
    ended = joined["status"].eq("ok")
    return joined.assign(value=joined["value"].where(ended), direction=joined["direction"].where(ended))


def mean_over_signals(final: pd.DataFrame, *by: str) -> pd.Series:
    """The mean final score of each group of jobs; every signal has the same weight, however often it was repeated.

    Args:
        final: jobs with the columns ``task``, ``signal`` and ``value``, those that failed too.
        by: columns that make a group.

    Returns:
        NaN for a group without a score on some signal that ``final`` has of the group's tasks: a mean over the other
        signals does not compare with those of other groups.
    """
    keys = list(by)
    cells = list(dict.fromkeys([*by, "task", "signal"]))
    signals = final[["task", "signal"]].drop_duplicates().groupby("task").size()
    of_group = final[list(dict.fromkeys([*by, "task"]))].drop_duplicates()
    needed = of_group.assign(signals=of_group["task"].map(signals)).groupby(keys, observed=True)["signals"].sum()
    scored = final.dropna(subset="value").drop_duplicates(cells).groupby(keys, observed=True).size()
    by_signal = final.groupby([*by, "signal"], sort=False, observed=True)["value"].mean()
    means = by_signal.groupby(level=keys, sort=False, observed=True).mean()
    return means.where(scored.eq(needed))
