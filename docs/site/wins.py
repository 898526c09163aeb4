"""Tasks that an activation won, from stored results of the repository."""

from __future__ import annotations

import json
from pathlib import Path

from bench import results


def wins(folder: Path) -> dict[str, list[str]]:
    """The tasks on which an activation has the best mean final score: plugin -> ``["ct: 30.10 dB", …]``, tasks sorted.

    The score is the task's headline metric at the last step, averaged over signals and repeats. A method that lacks one
    of the task's signals and repeats, or failed there, cannot win, and classical methods do not take part. Several
    parameters of one activation are methods of their own.

    Args:
        folder: the results of one suite; without stored results nothing was won.
    """
    if not (folder / "runs").is_dir():
        return {}
    runs = results.runs(folder).query("kind == 'activation'")
    scores = results.scores(folder).sort_values("step").groupby(["job_id", "metric"])[["value", "direction"]].last()
    runs = runs.join(scores, on=["job_id", "metric"])
    runs.loc[runs["status"] != "ok", "value"] = float("nan")
    found: dict[str, list[str]] = {}
    for task, group in runs.groupby("task", sort=True):
        cells = len(group[["signal", "repeat"]].drop_duplicates())
        means = group.groupby(["activation", "method"])["value"].agg(["mean", "count"]).query("count == @cells")
        directions = group["direction"].dropna()
        if means.empty or directions.empty or not directions.iloc[0]:
            continue
        best = (means["mean"] * int(directions.iloc[0])).idxmax()
        shown = _described(group["metrics"].iloc[0], group["metric"].iloc[0], float(means.loc[best, "mean"]))
        found.setdefault(str(best[0]), []).append(f"{task}: {shown}")
    return found


def _described(metrics: str | None, metric: str, value: float) -> str:
    """A score as tables show it: ``30.10 dB``, or the name of the metric before a number without unit."""
    info = json.loads(metrics or "{}").get(metric, {})
    number = format(value, info.get("format") or ".4g")
    unit = info.get("unit")
    return f"{number} {unit}" if unit else f"{info.get('label') or metric} {number}"
