"""Reconstructions of a volume or a clip: three central slices, with the outline of the truth if it is a solid."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inrbench.report.data.reconstructions import Array, Reconstructions, title
from inrbench.report.figures.axes import WIDTH

COLUMNS = 7
OUTLINE = "#E4572E"
PLANES = ("slice across axis 1", "slice across axis 2", "slice across axis 3")


def draw(restored: Reconstructions) -> Figure | None:
    """Columns are the truth and the methods, rows the slices; None unless the truth is (D, H, W, 1) or (D, H, W, 3).

    Values below zero make the truth a signed distance, which is drawn in two colours that meet at zero.
    """
    if restored.truth.ndim != 4 or restored.truth.shape[3] not in (1, 3) or min(restored.truth.shape[:3]) < 4:
        return None
    panels = [("truth", " ", restored.truth), *((item.label, item.score, item.values) for item in restored.estimates)]
    blocks = math.ceil(len(panels) / COLUMNS)
    columns = math.ceil(len(panels) / blocks)
    left, gap = 0.2, 0.05
    side = min(1.5, (WIDTH - left - 0.05) / columns - gap)
    titles = [title(label, score, side) for label, score, _ in panels]
    head = 0.08 + 0.125 * max(text.count("\n") + 1 for text in titles)
    block_h = head + 3 * (side + gap) + 0.08
    total_w, total_h = left + columns * (side + gap) + 0.05, blocks * block_h
    figure = Figure(figsize=(total_w, total_h))
    outlines = [_slice(restored.truth, row) for row in range(3)]
    level, reach = _surface(restored.truth), float(np.abs(restored.truth).max())
    for index, (_, _, values) in enumerate(panels):
        block, column = divmod(index, columns)
        for row in range(3):
            x = left + column * (side + gap)
            y = total_h - block * block_h - head - (row + 1) * side - row * gap
            axis = figure.add_axes((x / total_w, y / total_h, side / total_w, side / total_h))
            _panel(axis, _slice(values, row), reach if level == 0 else None)
            if index and level is not None and outlines[row].min() < level < outlines[row].max():
                axis.contour(outlines[row], levels=[level], colors=[OUTLINE], linewidths=0.8)
            if row == 0:
                axis.set_title(titles[index], fontsize=7, pad=3, linespacing=1.15)
            if column == 0:
                axis.set_ylabel(PLANES[row], fontsize=6.5, labelpad=2)
    return figure


def _surface(truth: Array) -> float | None:
    """The level of the surface: 0 of a signed distance, 1/2 of an indicator function; None for densities and clips."""
    if truth.min() < 0:
        return 0.0
    return 0.5 if np.isin(truth, (0, 1)).all() else None


def _slice(values: Array, row: int) -> Array:
    """The central plane across one axis: (h, w), or (h, w, 3) in colour."""
    plane: Array = values.take(values.shape[row] // 2, axis=row)
    return plane[..., 0] if plane.shape[2] == 1 else plane


def _panel(axis: Axes, plane: Array, reach: float | None) -> None:
    """One slice, in grey or colour for values in [0, 1], else in two colours for values in [-reach, reach]."""
    if reach is None:
        axis.imshow(np.clip(np.nan_to_num(plane), 0, 1), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    else:
        axis.imshow(np.nan_to_num(plane), cmap="PuOr", vmin=-reach, vmax=reach, interpolation="nearest")
    axis.set(xticks=[], yticks=[])
    for spine in axis.spines.values():
        spine.set(edgecolor="#9A9A9A", linewidth=0.5)
