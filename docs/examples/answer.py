"""Numbers of docs/answer.md that stand in no table of a report, from the results stored in docs/results.

Run it with ``.venv/bin/python docs/examples/answer.py [FOLDER]``.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pandas as pd

from bench import results

FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1] / "results")
CELL = ["activation", "task", "signal", "repeat"]


def final(suite: str) -> pd.DataFrame:
    """Final headline scores of the activations; ``better`` is higher for a better one, minus infinity for a failure."""
    found = results.final(FOLDER / suite).query("kind == 'activation'")
    return found.assign(better=(found["value"] * found["direction"]).fillna(float("-inf")))


def ranks(found: pd.DataFrame) -> pd.DataFrame:
    """Mean rank over the signals, one row for each task and one column for each activation; 1 is the best."""
    cells = found.groupby(["task", "signal", "activation"])["better"].mean().unstack()
    return cells.rank(axis=1, ascending=False).groupby("task").mean()


reference, defaults, deep = final("reference"), final("reference-defaults"), final("reference-deep")
first = reference.query("repeat == 0")
ordered = ranks(reference)

print("Rank correlation (Spearman) of image with the other tasks, suite reference:")
print(ordered.T.corr("spearman")["image"].drop("image").sort_values().round(2).to_string(), "\n")
for name in ("grid", "bw-relu", "siren"):
    print(f"Mean rank of {name}:", ordered[name].round(1).sort_values().to_dict())

print("\nDefaults of the plugins against the search, repeat 0:")
before, after = ranks(defaults), ranks(first)
for task in after.index:
    pairs = list(itertools.combinations(after.columns, 2))
    turned = [(before.loc[task, a] - before.loc[task, b]) * (after.loc[task, a] - after.loc[task, b]) for a, b in pairs]
    best = before.loc[task].idxmin()
    print(
        f"  {task}: {sum(t < 0 for t in turned)} of {sum(t != 0 for t in turned)} pairs in the other order; "
        f"first with defaults: {best}, whose mean rank is {after.loc[task, best]:.1f} after the search"
    )
both = first.set_index(CELL).join(defaults.set_index(CELL)["better"].rename("default"), how="inner")
worse = both["better"] < both["default"]
print(f"  the search ended worse than the defaults in {worse.sum()} of {len(worse)} cases:")
print("   ", worse.groupby("activation").sum().loc[lambda count: count > 0].sort_values().to_dict())

print("\nMean rank among the six activations of the paper:")
six = sorted(deep["activation"].unique())
table = pd.DataFrame(
    {
        "10 trials": ranks(reference[reference["activation"].isin(six)]).mean(),
        "40 trials": ranks(deep).mean(),
        "defaults": ranks(defaults[defaults["activation"].isin(six)]).mean(),
    }
)
print(table.sort_values("40 trials").round(2).to_string())
print("\nBW-ReLU's mean rank among the six with 40 trials:", ranks(deep)["bw-relu"].round(1).sort_values().to_dict())
deeper = deep.query("repeat == 0").set_index(CELL)["better"].rename("deep")
gained = both.join(deeper, how="inner")
counts = pd.DataFrame(
    {
        "10 trials worse than default": gained["better"] < gained["default"],
        "40 trials worse than default": gained["deep"] < gained["default"],
        "40 trials better than 10": gained["deep"] > gained["better"],
    }
)
print(f"Of {len(gained) // len(six)} cases each:\n{counts.groupby('activation').sum().to_string()}")

for suite, wanted in (("reference-larger", "5,000 parameters"), ("reference-longer", "800 steps")):
    if not (FOLDER / suite).is_dir():
        continue
    other = final(suite)
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
if (FOLDER / "reference-noise").is_dir():
    print("\nct with other noise, repeat 0, the best four and the mean of all:")
    for level, part in final("reference-noise").groupby("task_params"):
        means = part.groupby("activation")["value"].mean()
        best = ", ".join(f"{name} {means[name]:.2f}" for name in ranks(part).mean().nsmallest(4).index)
        agreed = ranks(part).mean().corr(ordered.T["ct"], method="spearman")
        print(f"  {level}: {best}; mean {means.mean():.2f}; rank correlation with the suite's noise {agreed:.2f}")
