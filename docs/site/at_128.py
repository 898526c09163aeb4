"""What is stored of `reference`, for docs/evidence/reference.md: all tasks at a glance, and a table for each."""

from __future__ import annotations

import functools
import math

import numpy as np
import pandas as pd

from docs.site.archive import archived, final
from docs.site.markdown import table
from inrbench.bench.config.suite import load
from inrbench.bench.store.headline import mean_over_signals
from inrbench.report.data.leaderboard import Leaderboard, compare, leaderboard

SUITE, PENALISED, MUON = "reference", "systems-128", "optimizers-128"
APPENDIX = "appendix"
"""The scale of `reference` with further networks on half of the signals."""
LEAST_RANKED = 3
"""Networks of a task, for a rank correlation."""


def tasks() -> list[str]:
    """The tasks of which results are stored, in the order of the suite."""
    stored = set(final(SUITE)["task"])
    return [task for task in load(SUITE)[0].tasks if task in stored]


def overview() -> str:
    """Mean scores on each task: networks by mean rank, the best of a task in bold, and the best classical method."""
    means = networks()
    best = (means * _signs()).max() * _signs()
    rows = []
    ranked = [*mean_ranks()]
    for name in [*ranked, *map(str, means.index.difference(ranked))]:
        pairs = zip(means.loc[name], best, strict=True)
        cells = [f"**{_cell(value)}**" if value == first else _cell(value) for value, first in pairs]
        rows.append((f"`{name}`", *cells))
    classical = best_classical()
    cells = [f"{_cell(classical[task][1])} `{classical[task][0]}`" if task in classical else "—" for task in tasks()]
    rows.append(("*best classical*", *cells))
    return table(("method", *tasks()), rows)


def networks() -> pd.DataFrame:
    """Mean score of each network (rows) on each task (columns), NaN where it was not run."""
    return _means(_networks(SUITE))[tasks()]


def small() -> pd.DataFrame:
    """The same in `reference-small`."""
    return _means(_networks("reference-small"))


def mean_ranks() -> dict[str, float]:
    """The mean rank of each network that was run on all tasks, the best first, as the leaderboard has it."""
    return ranks_on(board())


@functools.cache
def board() -> Leaderboard:
    """The leaderboard of the networks that were run on all tasks."""
    found = leaderboard(archived(SUITE))
    assert found is not None
    return found


def best_classical() -> dict[str, tuple[str, float]]:
    """The classical method with the best mean on each task that has one, and that mean."""
    best, trained = {}, networks().index
    for task in tasks():
        values = values_of(task)
        classical = values.index.difference(trained, sort=False)
        if len(classical):
            best[task] = str(classical[0]), float(values.loc[classical[0]].mean())
    return best


def of_task(task: str) -> str:
    """Mean final score of each method on each signal of a task, and on all of them."""
    values = values_of(task)
    values = values.assign(mean=values.mean(axis=1))
    rows = [(f"`{name}`", *map(_cell, row)) for name, row in zip(values.index, values.to_numpy(), strict=True)]
    return table(("method", *map(str, values.columns[:-1]), "**mean**"), rows)


def values_of(task: str) -> pd.DataFrame:
    """Mean final score of each method (rows, the best mean first) on each signal of a task (columns)."""
    scores = final(SUITE)
    values = scores[scores["task"] == task].pivot_table(index="name", columns="signal", values="value")
    order = (values.mean(axis=1) * float(_signs()[task])).sort_values(ascending=False).index
    return values.reindex(order)


def systems() -> str:
    """Mean scores of networks with a searched penalty of total variation on each task of `systems-128`, beside the same
    networks without it and the best classical method."""
    plain, classical = networks(), best_classical()
    rows = []
    for name, scores in penalised().items():
        for task, score in scores.items():
            method, best = classical[task]
            without = plain[task].get(name.removesuffix("-tv"), math.nan)
            rows.append((f"`{name}`", task, _cell(without), _cell(score), f"{_cell(best)} `{method}`"))
    return table(("network", "task", "without penalty", "with it", "best classical"), rows)


def penalised() -> dict[str, dict[str, float]]:
    """Mean score of each network of `systems-128` on each task on which it was run."""
    means = _means(_networks(PENALISED))
    order = [task for task in tasks() if task in means]
    return {
        str(name): {task: float(row[task]) for task in order if row[task] == row[task]}
        for name, row in means.iterrows()
    }


def optimizers() -> str:
    """Mean scores under Adam and Muon, of the networks of `optimizers-128` that were run under both, by task."""
    rows = []
    for task, pairs in under_muon().items():
        for name, (adam, muon) in sorted(pairs.items(), key=lambda item: -item[1][1]):
            rows.append((task, f"`{name}`", _cell(adam), _cell(muon), f"{muon - adam:+.2f}"))
    return table(("task", "network", "Adam", "Muon", "gain"), rows)


def appendix() -> str:
    """Mean rank and mean scores of all networks on the signals of the scale `appendix`, whose networks are in bold."""
    ranked, means, added = ranks_on(appendix_board()), appendix_means(), set(final(f"{SUITE}-{APPENDIX}")["name"])
    rows = []
    for name, rank in ranked.items():
        shown = f"**`{name}`**" if name in added else f"`{name}`"
        rows.append((shown, f"{rank:.2f}", *map(_cell, means.loc[name])))
    return table(("network", "mean rank", *means.columns), rows)


@functools.cache
def appendix_board() -> Leaderboard:
    """The leaderboard of all networks on the signals of the scale `appendix`."""
    added, others = leaderboard(archived(SUITE, scale=APPENDIX)), board()
    assert added is not None
    common = others.scores[:, [others.cases.index(case) for case in added.cases]]
    return compare([*others.methods, *added.methods], added.cases, np.concatenate([common, added.scores]))


def appendix_means() -> pd.DataFrame:
    """Mean score of each network (rows) on the signals of each task (columns) of the scale `appendix`."""
    added, others = _networks(f"{SUITE}-{APPENDIX}"), _networks(SUITE)
    case = ["task", "signal"]
    common = others.merge(added[case].drop_duplicates(), on=case)
    return _means(pd.concat([common, added]))[tasks()]


def under_muon() -> dict[str, dict[str, tuple[float, float]]]:
    """Of each task the mean score of each network under Adam and under Muon."""
    parts = [mean_over_signals(_networks(suite), "task", "name") for suite in (SUITE, MUON)]
    scores = {key: float(value) for part in parts for key, value in zip(part.index, part.to_numpy(), strict=True)}
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for task, name in scores:
        if (task, f"{name}-muon") in scores:
            found.setdefault(str(task), {})[str(name)] = scores[task, name], scores[task, f"{name}-muon"]
    return {task: found[task] for task in tasks() if task in found}


def ranks() -> str:
    """Of each task the rank correlation (Spearman) of the mean scores of networks with those of the small reference."""
    rows = []
    for task in tasks():
        both = at_both_sizes(task)
        if len(both) < LEAST_RANKED:
            continue
        rows.append((task, str(len(both)), correlation(both)))
    return table(("task", "networks", "rank correlation"), rows)


def at_both_sizes(task: str) -> pd.DataFrame:
    """Mean scores on a task of the networks (rows) that were run in the small reference and here (columns)."""
    return pd.DataFrame({"small": small()[task], "here": networks()[task]}).dropna()


def correlation(both: pd.DataFrame) -> str:
    """The rank correlation (Spearman) of the scores at both sizes."""
    return f"{both['small'].corr(both['here'], 'spearman'):.2f}"


def repeats() -> str:
    """Of each network the mean rank in first repeats, whose initial weights the search has seen, and in second ones,
    and the change of its scores."""
    first, second, change = ranks_of_repeat(0), ranks_of_repeat(1), changes()
    rows = [
        (f"`{name}`", f"{first[name]:.2f}", f"{rank:.2f}", f"{_tenths(change[name].mean())} ± {change[name].std():.1f}")
        for name, rank in second.items()
    ]
    return table(("network", "mean rank, first repeat", "mean rank, second repeat", "change (dB)"), rows)


def ranks_of_repeat(repeat: int) -> dict[str, float]:
    """The mean rank of each network of the leaderboard in one repeat, the best first."""
    return ranks_on(compare(board().methods, board().cases, board().scores[..., [repeat]]))


def changes() -> pd.DataFrame:
    """The second repeat less the first (dB) of each network (columns) on each signal of the tasks with scores in dB."""
    scores = _networks(SUITE)
    scores = scores[~scores["task"].isin(["sdf", "occupancy"])]
    both = scores.pivot_table(index=["task", "signal", "name"], columns="repeat", values="value")
    return (both[1] - both[0]).unstack("name")


def ranks_on(found: Leaderboard) -> dict[str, float]:
    """The mean rank of each network of a leaderboard, the best first."""
    return dict(zip(found.methods, found.mean_rank.value.tolist(), strict=True))


def _means(scores: pd.DataFrame) -> pd.DataFrame:
    return mean_over_signals(scores, "task", "name").unstack("task")


def _networks(suite: str) -> pd.DataFrame:
    """The final scores of networks."""
    scores = final(suite)
    return scores[scores["activation"].notna()]


def _signs() -> pd.Series:
    """Of each task 1 if a higher score is better, else -1."""
    return final(SUITE).groupby("task")["direction"].first()[tasks()]


def _tenths(value: float) -> str:
    return f"{round(value, 1) + 0.0:+.1f}"  # no -0.0


def _cell(value: float) -> str:
    if value != value:
        return "—"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.4f}"
