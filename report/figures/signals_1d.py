"""Reconstructions of a one-dimensional signal: the curve of each method on the truth, and its error below."""

from __future__ import annotations

import math

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from inrbench.report.data.reconstructions import Array, Reconstruction, Reconstructions, title
from inrbench.report.figures.axes import WIDTH, Styles, log_axis
from inrbench.report.figures.style import BASELINE_COLOR

COLUMNS = 3
LONG = 2000
"""The number of samples above which a curve is unreadable, so that its envelope and an excerpt are drawn."""
EXCERPT = 400
BINS = 500
TRUTH = "#1C1E21"


def draw(restored: Reconstructions, styles: Styles) -> Figure | None:
    """One panel for each method; None unless the truth is (N, 1) with at least four samples."""
    if restored.truth.ndim != 2 or restored.truth.shape[1] != 1 or len(restored.truth) < 4:
        return None
    truth = restored.truth[:, 0]
    long = len(truth) > LONG
    blocks = math.ceil(len(restored.estimates) / COLUMNS)
    columns = math.ceil(len(restored.estimates) / blocks)
    heights = [0.75, 1.1, 0.6] if long else [1.25, 0.6]
    figure = Figure(figsize=(max(3.4, WIDTH * columns / COLUMNS), blocks * (sum(heights) + 0.75)), layout="constrained")
    grid = figure.subplots(blocks * len(heights), columns, sharey="row", squeeze=False,
                           gridspec_kw={"height_ratios": heights * blocks})  # fmt: skip
    window = excerpt(truth)
    low, high = _range(truth)
    floor, ceiling = _errors(restored, truth)
    x = (2 * np.arange(len(truth)) + 1) / len(truth) - 1  # centres of equal cells of (-1, 1)
    for index in range(blocks * columns):
        block, column = divmod(index, columns)
        axes: list[Axes] = [grid[block * len(heights) + row][column] for row in range(len(heights))]
        if index >= len(restored.estimates):
            for axis in axes:
                axis.set_visible(False)
            continue
        estimate = restored.estimates[index]
        values = estimate.values[:, 0]
        colour = styles[estimate.key].color if estimate.key in styles else BASELINE_COLOR
        if long:
            _envelope(axes[0], truth, values, colour, window)
            axes[0].set_ylim(low, high)
        main, error = axes[-2:]
        part = slice(window, window + EXCERPT) if long else slice(None)
        place = np.arange(len(truth)) if long else x
        main.plot(place[part], truth[part], color=TRUTH, lw=1.1, zorder=2)
        main.plot(place[part], values[part], color=colour, lw=1.1, zorder=3, alpha=0.9)
        main.set_ylim(*_range(truth[part]))
        # The error of all samples: that of the excerpt alone may be untypical.
        bins = _bins(np.abs(values - truth), np.max) if long else np.abs(values - truth)
        error.plot(_bins(place, np.mean) if long else x, np.clip(bins, floor, None), color=colour, lw=0.9)
        error.set_ylim(floor, ceiling)
        log_axis(error, "y")
        error.set_xlabel("sample" if long else "x")
        for axis in axes:
            axis.margins(x=0)
            axis.xaxis.set_major_locator(MaxNLocator(4))
            sns.despine(ax=axis)
        if not long:
            main.tick_params(labelbottom=False)
        if column == 0:
            for axis, name in zip(axes, ["whole", "excerpt", "|error|"] if long else ["value", "|error|"], strict=True):
                axis.set_ylabel(name)
        axes[0].set_title(_title(estimate, columns))
    figure.align_ylabels()
    return figure


def excerpt(truth: Array) -> int:
    """The first of the `EXCERPT` samples with the largest differences, where the signal is hardest to fit."""
    if len(truth) <= EXCERPT:
        return 0
    energy = np.pad(np.nan_to_num(np.diff(truth)) ** 2, (1, 0)).cumsum()
    sums = energy[EXCERPT - 1 :] - energy[: len(energy) - EXCERPT + 1]
    return int(np.argmax(sums.round(9)))  # rounded, so that ties go to the first on every machine


def _title(estimate: Reconstruction, columns: int) -> str:
    return title(estimate.label, estimate.score, WIDTH / columns - 0.5).replace("\n ", "")


def _range(truth: Array) -> tuple[float, float]:
    """The limits of the value axis, from the truth: a method that diverges is cut off, and its error shows it."""
    finite = truth[np.isfinite(truth)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    room = 0.15 * (high - low) or 0.5
    return low - room, high + room


def _errors(restored: Reconstructions, truth: Array) -> tuple[float, float]:
    """The limits of the error axis of all methods: the least median and the largest error, at most four decades."""
    sizes = [np.abs(item.values[:, 0] - truth) for item in restored.estimates]
    finite = [size[np.isfinite(size)] for size in sizes]
    tops = [float(size.max()) for size in finite if size.size and size.max() > 0]
    middles = [float(np.median(size)) for size in finite if size.size and np.median(size) > 0]
    if not tops:
        return 1e-3, 1.0
    top = 10 ** math.ceil(math.log10(min(max(tops), 1e6)))
    bottom = 10 ** math.floor(math.log10(min([*middles, top]) / 3))
    return max(bottom, top * 1e-4), top


def _bins(values: Array, reduce: object) -> Array:
    """`BINS` values of a long signal, one for each of as many equal parts."""
    assert callable(reduce)
    return np.array([reduce(np.nan_to_num(part)) for part in np.array_split(values, BINS)])


def _envelope(axis: Axes, truth: Array, values: Array, colour: str, window: int) -> None:
    """Draw the range of values in each part, that of the truth behind it, and mark the excerpt."""
    at = _bins(np.arange(len(truth), dtype=float), np.mean)
    axis.fill_between(at, _bins(truth, np.min), _bins(truth, np.max), color="#B9BDC3", lw=0, zorder=2)
    axis.fill_between(at, _bins(values, np.min), _bins(values, np.max), color=colour, alpha=0.65, lw=0, zorder=3)
    axis.axvspan(window, window + EXCERPT, color="#FFD000", alpha=0.45, lw=0, zorder=4)
    axis.tick_params(labelbottom=False)
