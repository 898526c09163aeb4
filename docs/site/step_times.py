"""What a training step costs, from the stored results of `step-times`, for docs/evidence/cost.md."""

from __future__ import annotations

import pandas as pd

from docs.site.archive import final
from docs.site.markdown import table

TASKS = ("image", "ct")
COMPILED = "mlp"
"""The engine of compiled networks."""


def of_activations() -> str:
    """The median step of every activation in steps of ReLU, the cheapest on pictures first."""
    steps, compiled = ratios(), engines() == COMPILED
    rows = [
        (f"`{name}`", *(f"{value:.2f}" for value in row), "yes" if compiled[name] else "no")
        for name, row in zip(map(str, steps.index), steps.to_numpy(), strict=True)
    ]
    return table(("activation", *TASKS, "compiled"), rows)


def ratios() -> pd.DataFrame:
    """The median over repeats of each activation's step (rows) on each task (columns), divided by ReLU's."""
    steps = _networks().pivot_table(index="activation", columns="task", values="step_ms", aggfunc="median")
    return (steps / steps.loc["relu"])[list(TASKS)].sort_values("image")


def engines() -> pd.Series:
    """What trained each activation."""
    return _networks().groupby("activation")["engine"].first()


def spread() -> float:
    """The largest ratio of the slowest to the fastest of the repeats of one activation on one task."""
    steps = _networks().groupby(["activation", "task"])["step_ms"]
    return float((steps.max() / steps.min()).max())


def _networks() -> pd.DataFrame:
    scores = final("step-times")
    networks = scores[scores["activation"].notna()]
    if not networks["timing_valid"].all():
        raise ValueError("step-times: other work ran at the same time; run it again on an idle machine")
    return networks
