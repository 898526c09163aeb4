"""Published numbers beside those of the stored suites, for docs/evidence/published.md."""

from __future__ import annotations

import itertools

import pandas as pd

from docs.site.archive import final
from docs.site.markdown import table
from inrbench.bench.store.headline import mean_over_signals
from inrbench.report.data.published import Published, published
from inrbench.tasks.core.metrics import METRICS

SUITES = ("paper-neurofield", "reference", "reference-small")
"""Suites of many activations, whose results are stored."""

LEAST = 5
"""Methods in common, below which there is nothing to compare."""

Source = tuple[str, str, str, str]


def source(item: Published) -> Source:
    """What is equal in all the numbers of one experiment: paper, task, metric and data."""
    return item.paper, item.task, item.metric, item.data


def measured(suite: str, task: str, metric: str) -> pd.Series:
    """Mean final value of each activation on the tasks of a plugin in a stored suite, by the plugin's name."""
    scores = final(suite)
    own = scores[scores["name"].eq(scores["activation"]) & scores["task_name"].eq(task) & scores["metric"].eq(metric)]
    return mean_over_signals(own, "activation")


def agreement(one: pd.Series, other: pd.Series) -> tuple[float, int]:
    """Spearman's rank correlation over the methods that both have, and their number."""
    both = pd.concat([one, other], axis=1, join="inner")
    return float(both.corr("spearman").to_numpy()[0, 1]), len(both)


def beside_measured() -> str:
    """For each published experiment that shares enough methods with a stored suite: its numbers, ours, and how far the
    orders agree."""
    parts = []
    for (paper, task, metric, data), group in itertools.groupby(published(), source):
        items = list(group)
        theirs = pd.Series({item.method: item.value for item in items})
        ours = {suite: measured(suite, task, metric) for suite in SUITES}
        ours = {suite: own for suite, own in ours.items() if len(own.index.intersection(theirs.index)) >= LEAST}
        if not ours:
            continue
        info = METRICS[metric].info
        rows = [
            (
                f"`{name}`",
                format(value, info.format),
                *(_cell(values, str(name), info.format) for values in ours.values()),
            )
            for name, value in theirs.sort_values(ascending=False).items()
        ]
        agreed = []
        for suite, values in ours.items():
            correlation, count = agreement(theirs, values)
            agreed.append(f"{correlation:.2f} with `{suite}` ({count} methods)")
        arxiv = f" (arXiv {items[0].arxiv})" if items[0].arxiv else ""
        parts += [
            f"### {paper}: {task}, {data}\n",
            f"{paper}{arxiv}. Their networks: {items[0].size}. Their protocol: {items[0].protocol}. {info.label}"
            f"{f' in {info.unit}' if info.unit else ''}. Rank correlation (Spearman): {', '.join(agreed)}.\n",
            table(("method", "published", *(f"`{suite}`" for suite in ours)), rows),
        ]
    return "\n".join(parts)


def _cell(values: pd.Series, name: str, form: str) -> str:
    return format(values[name], form) if name in values.index else "—"
