"""Numbers of docs/evidence that are in no table of a report, from the results stored in docs/results.

Run it with ``.venv/bin/python docs/examples/answer.py [FOLDER]``.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pandas as pd

from inrbench.bench import results

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1] / "results")
CELL = ["activation", "task", "signal", "repeat"]


def final(suite: str) -> pd.DataFrame:
    """Final headline scores; ``better`` is higher for a better one, minus infinity for a failure."""
    found = results.final(FOLDER / suite)
    return found.assign(better=(found["value"] * found["direction"]).fillna(float("-inf")))


def of_activations(suite: str) -> pd.DataFrame:
    """`final` without the classical methods."""
    return final(suite).query("kind == 'activation'")


def ranks(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean rank over the signals, one row for each task and one column for each activation; 1 is the best."""
    cells = scores.groupby(["task", "signal", "activation"])["better"].mean().unstack()
    return cells.rank(axis=1, ascending=False).groupby("task").mean()


def leaderboard(scores: pd.DataFrame) -> pd.Series[float]:
    """Mean rank over the tasks as in the leaderboard: by signal and repeat, then the means of these."""
    cells = scores.set_index(["task", "signal", "repeat", "activation"])["better"].unstack()
    by_signal = cells.rank(axis=1, ascending=False).groupby(["task", "signal"]).mean()
    return by_signal.groupby("task").mean().mean().sort_values()


def print_worse(what: str, worse: pd.Series[bool]) -> None:
    """The number of cases that ended worse, and those of each activation."""
    print(f"{what} in {worse.sum()} of {len(worse)} cases:")
    print("   ", worse.groupby("activation").sum().loc[lambda count: count > 0].sort_values().to_dict())


MEASURED = {
    "function": 128,
    "occupancy": 410,
    "superres/coffee": 1152,
    "superres/camera": 576,
    "inpaint/camera": 691,
    "deblur/cell": 1008,
    "ct": 1088,
}
"""The measured values of the cases of `reference-small` on which networks, of 1,700 parameters, have more of these."""

SIX = ["bw-relu", "siren", "wire", "gauss", "relu-pe", "relu"]

every = final("reference-small")
reference = every.query("kind == 'activation'")
defaults, ten = of_activations("reference-small-defaults"), of_activations("reference-small-ten")
first = reference.query("repeat == 0")
ordered, after = ranks(reference), ranks(first)

print("Rank correlation (Spearman) of image with the other tasks, suite reference-small:")
print(ordered.T.corr("spearman")["image"].drop("image").sort_values().round(2).to_string(), "\n")
for name in ("grid", "bw-relu", "siren"):
    print(f"Mean rank of {name}:", ordered[name].round(1).sort_values().to_dict())

place = reference["task"] + "/" + reference["signal"]
few = place.isin(MEASURED) | reference["task"].isin(MEASURED)
counted = leaderboard(reference[~few])
print(
    f"\nMore parameters than measured values on {place[few].nunique()} of {place.nunique()} cases; mean ranks without:"
)
print("   ", counted.head(5).round(2).to_dict())
print("    rank correlation with all cases:", round(counted.corr(leaderboard(reference), method="spearman"), 2))

print("\nThe best activation of each signal against the best classical method, mean over the repeats:")
means_of = every.groupby(["task", "signal", "kind", "method"])["better"].mean()
winners = means_of.groupby(["task", "signal", "kind"]).max().unstack().dropna()
print(winners.round(4).to_string())
print(
    f"  classical methods are better on {(winners['baseline'] > winners['activation']).sum()} of {len(winners)} signals"
)

cases = first.set_index(CELL)["better"].to_frame("40 trials")
for name, found in (("10 trials", ten), ("defaults", defaults)):
    cases = cases.join(found.set_index(CELL)["better"].rename(name), how="inner")
    before = ranks(found)
    print(f"\n{name} against the search of 40 trials, repeat 0:")
    total = turned = 0
    for task in after.index:
        pairs = list(itertools.combinations(after.columns, 2))
        signs = [
            (before.loc[task, a] - before.loc[task, b]) * (after.loc[task, a] - after.loc[task, b]) for a, b in pairs
        ]
        total, turned = total + sum(sign != 0 for sign in signs), turned + sum(sign < 0 for sign in signs)
        was, now = before.loc[task].idxmin(), after.loc[task].idxmin()
        print(f"  {task}: first was {was} (rank {after.loc[task, was]:.1f} with 40 trials), is {now}")
    print(f"  {turned} of {total} pairs in the other order ({turned / total:.0%})")
    print_worse("  40 trials ended worse", cases["40 trials"] < cases[name])
print_worse("\n10 trials ended worse than the defaults", cases["10 trials"] < cases["defaults"])

columns = {"defaults": defaults, "10 trials": ten, "40 trials, repeat 0": first, "40 trials": reference}
print("\nMean rank among all:")
table = pd.DataFrame({key: ranks(found).mean() for key, found in columns.items()})
print(table.sort_values("40 trials").round(1).to_string())
print("\nMean rank among the six activations of the paper:")
table = pd.DataFrame({key: ranks(found[found["activation"].isin(SIX)]).mean() for key, found in columns.items()})
print(table.sort_values("40 trials").round(1).to_string())
six = reference[reference["activation"].isin(SIX)]
print("\nBW-ReLU's mean rank among the six with 40 trials:", ranks(six)["bw-relu"].round(1).sort_values().to_dict())
print("\nMean final values of the six with 40 trials:")
values = six.groupby(["task", "activation"])["value"].mean().unstack()
print(values.round(3).to_string())

for suite, wanted in (("reference-small-larger", "5,000 parameters"), ("reference-small-longer", "800 steps")):
    if not (FOLDER / suite).is_dir():
        continue
    other = of_activations(suite)
    print(f"\n{wanted}, repeat 0:")
    for task in sorted(other["task"].unique()):
        changes = pd.DataFrame(
            {
                f"{kind} {what}": of
                for kind, found in (("before", first), ("after", other))
                for what, of in (
                    ("value", found[found["task"] == task].groupby("activation")["value"].mean()),
                    ("rank", ranks(found[found["task"] == task]).iloc[0]),
                )
            }
        )
        agreed = changes["before rank"].corr(changes["after rank"], method="spearman")
        gain = (changes["after value"] - changes["before value"]).median()
        print(f"  {task}: rank correlation {agreed:.2f}, median gain {gain:.2f}")
        print(changes.sort_values("after rank").head(3).round(2).to_string())
        lost = changes.index[changes["after value"] < changes["before value"] - 0.005]
        print(f"    worse than before: {len(lost)} of {len(changes)}: {', '.join(lost)}")
if (FOLDER / "reference-small-noise").is_dir():
    print("\nct with other noise, repeat 0, the best four and the mean of all:")
    for level, part in of_activations("reference-small-noise").groupby("task_params"):
        means = part.groupby("activation")["value"].mean()
        own = ranks(part).mean()
        best_four = ", ".join(f"{name} {means[name]:.2f}" for name in own.nsmallest(4).index)
        agreed = own.corr(after.T["ct"], method="spearman")
        print(f"  {level}: {best_four}; mean {means.mean():.2f}; rank correlation with the suite's noise {agreed:.2f}")
        print(f"    grid {means['grid']:.2f}, rank {own['grid']:.1f} of {len(own)}")
