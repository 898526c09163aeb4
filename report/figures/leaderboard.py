"""The charts of the leaderboard: mean ranks, probabilities of improvement, effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from inrbench.report.data.effects import Scale, typical
from inrbench.report.data.leaderboard import Leaderboard
from inrbench.report.figures.axes import WIDTH, Styles

RANKED = 20
"""The largest number of methods in the figure of the leaderboard, the best ones."""


def draw(board: Leaderboard, scaled: Sequence[Scale], names: Mapping[str, str], styles: Styles) -> Figure:
    """Mean ranks with the bars of a critical-difference diagram, probabilities of improvement, effects by signal."""
    shown = list(enumerate(board.methods))[:RANKED]
    figure = Figure(figsize=(WIDTH, max(2.1, 0.22 * len(shown) + 1.0)), layout="constrained")
    panels = 2 + bool(scaled)
    axes: list[Axes] = list(
        np.atleast_1d(figure.subplots(1, panels, gridspec_kw={"width_ratios": [1.4, 1, 1.4][:panels]}))
    )
    quantities = [("mean rank", board.mean_rank), ("probability of\nimprovement", board.improvement)]
    for axis, (title, item) in zip(axes, quantities, strict=False):
        for place, key in shown:
            style, value = styles[key], float(item.value[place])
            axis.plot([item.low[place], item.high[place]], [place, place], color=style.color, lw=1.6)
            axis.plot([value], [place], style.marker, color=style.color, ms=6, mec="white", mew=0.6, zorder=3)
        axis.set_xlabel(title)
    _groups(axes[0], board, len(shown))
    axes[1].axvline(0.5, color="#999999", lw=0.8, ls=(0, (3, 2)), zorder=1)
    if scaled:
        _effects(axes[2], scaled, shown, styles)
    for axis in axes:
        axis.set_yticks(range(len(shown)), [names[key] for _, key in shown] if axis is axes[0] else [])
        axis.set_ylim(len(shown) - 0.5, -0.5)
        axis.tick_params(axis="y", length=0)
        axis.xaxis.set_major_locator(MaxNLocator(4))
        sns.despine(ax=axis, left=True)
    return figure


def _groups(axis: Axes, board: Leaderboard, shown: int) -> None:
    """A bar beside each group of neighbours that are not separated, right of all intervals."""
    right = float(board.mean_rank.high[:shown].max())
    step = 0.04 * (right - float(board.mean_rank.low[:shown].min()) or 1.0)
    groups = [(first, min(last, shown - 1)) for first, last in board.groups if first < shown - 1]
    for number, (first, last) in enumerate(dict.fromkeys(groups)):
        x = right + (1.5 + number) * step
        axis.plot([x, x], [first - 0.25, last + 0.25], color="#555555", lw=2.2, solid_capstyle="butt")


def _effects(axis: Axes, scaled: Sequence[Scale], shown: Sequence[tuple[int, str]], styles: Styles) -> None:
    """A small dot for each signal of each task and a large one for the median over tasks; 0 and 1 are dashed."""
    for place, key in shown:
        style = styles[key]
        signals = [value for scale in scaled for value in scale.effects.get(key, {}).values()]
        axis.plot(signals, [place] * len(signals), "o", color=style.color, ms=2.5, alpha=0.5, mew=0)
        if (value := typical(scaled, key)) is not None:
            axis.plot([value], [place], style.marker, color=style.color, ms=6, mec="white", mew=0.6, zorder=3)
    for end in (0, 1):
        axis.axvline(end, color="#999999", lw=0.8, ls=(0, (3, 2)), zorder=1)
    axis.set_xlim(max(axis.get_xlim()[0], -3.0), min(axis.get_xlim()[1], 3.0))
    axis.set_xlabel("effect: weakest classical\nmethod 0, best 1")
