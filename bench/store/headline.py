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
    last = scores.sort_values("step").groupby(["job_id", "metric"])[["value", "direction"]].last()
    joined = jobs.join(last, on=["job_id", "metric"])
    ended = joined["status"].eq("ok")
    return joined.assign(value=joined["value"].where(ended), direction=joined["direction"].where(ended))


def mean_over_signals(final: pd.DataFrame, *by: str) -> pd.Series:
    """The mean final score of each group of jobs; every signal has the same weight, however often it was repeated.

    Args:
        final: jobs with the columns ``signal`` and ``value``, those that failed too.
        by: columns that make a group.

    Returns:
        NaN for a group of which all jobs on some signal failed: its mean over the others would be too good.
    """
    signals = final.groupby([*by, "signal"], sort=False, observed=True)["value"].mean()
    groups = signals.groupby(level=list(by), sort=False, observed=True)
    return groups.mean().where(groups.count() == groups.size())
