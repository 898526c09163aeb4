"""Reconstructions of an image: beside the truth, with a magnified detail and the error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy.ndimage import gaussian_filter

from inrbench.report.data.reconstructions import Array, Reconstructions, title
from inrbench.report.figures.axes import WIDTH
from inrbench.report.figures.style import BASELINE_COLOR

FRAME = "#FFD000"  # seen on dark and bright, in grey and in colour
ERRORS = "magma"
COLUMNS = 7
ZOOM = 4
Box = tuple[float, float, float, float]
"""Left, bottom, width, height."""


@dataclass(frozen=True)
class Tile:
    """One column of the figure; the truth has no error."""

    label: str
    score: str
    image: Array
    error: Array | None


def draw(restored: Reconstructions) -> Figure | None:
    """The truth, all methods and all baselines side by side; None unless the truth is a grey or colour image."""
    made = tiles(restored)
    if len(made) < 2:
        return None
    height, width = made[0].image.shape[:2]
    window = detail(made[0].image)
    blocks = math.ceil(len(made) / COLUMNS)
    columns = math.ceil(len(made) / blocks)
    left, gap, foot = 0.2, 0.05, 0.08
    # A few tiles keep their size and do not fill the width of the page.
    side = min(1.6, (WIDTH - left - 0.05) / columns - gap)
    tall = side * height / width
    titles = [title(tile.label, tile.score, side) for tile in made]
    lines = max(text.count("\n") + 1 for text in titles)
    head = 0.08 + 0.125 * lines
    total_w, total_h = left + columns * (side + gap) + 0.05, blocks * (head + 3 * (tall + gap) + foot)
    figure = Figure(figsize=(total_w, total_h))
    # One axes in inches for all images: creating one for each takes longer than drawing the images.
    canvas = figure.add_axes((0, 0, 1, 1), xlim=(0, total_w), ylim=(0, total_h), autoscale_on=False)
    canvas.set_axis_off()
    most = ceiling(made)
    for index, tile in enumerate(made):
        block, column = divmod(index, columns)
        x, top = left + column * (side + gap), total_h - block * (head + 3 * (tall + gap) + foot) - head
        canvas.text(x + side / 2, top + 3 / 72, titles[index], fontsize=7, linespacing=1.15, ha="center", va="baseline")
        for row in range(3):
            y = top - (row + 1) * tall - row * gap
            if row == 2 and tile.error is None:
                _colour_bar(figure, (x / total_w, y / total_h, side / total_w, tall / total_h), most)
                continue
            _panel(canvas, (x, y, side, tall), tile, row, window, most)
            if column == 0 and (row < 2 or block):
                word = ("whole", "detail", "error")[row]
                canvas.text(x - 2 / 72, y + tall / 2, word, fontsize=7, rotation=90, ha="right", va="center")
    return figure


# -- content -------------------------------------------------------------------------------------------------------


def tiles(restored: Reconstructions) -> list[Tile]:
    """The columns, the truth first; empty unless the truth is a grey or colour image."""
    truth = _picture(restored.truth)
    if truth is None:
        return []
    made = [Tile("truth", " ", truth, None)]
    for estimate in restored.estimates:
        image = _picture(estimate.values)
        assert image is not None  # it has the shape of the truth
        error = np.abs(image - truth)
        made.append(Tile(estimate.label, estimate.score, image, error.mean(axis=2) if error.ndim == 3 else error))
    return made


def _picture(array: Array) -> Array | None:
    """(H, W, 1) as (H, W), (H, W, 3) as it is; None for anything else."""
    if array.ndim != 3 or array.shape[2] not in (1, 3) or min(array.shape[:2]) < 4:
        return None
    return array[..., 0] if array.shape[2] == 1 else array


def detail(image: Array) -> tuple[int, int, int, int]:
    """Row, column, height and width of the window whose fine structure varies most.

    The image is high-pass filtered first: else an edge between bright and dark areas would outweigh any texture.
    """
    grey = np.nan_to_num(image.mean(axis=2) if image.ndim == 3 else image)
    height, width = (max(2, size // ZOOM) for size in grey.shape)
    fine = grey - gaussian_filter(grey, min(grey.shape) / 40)
    sums = np.pad(fine**2, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    energy = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    row, column = divmod(int(np.argmax(energy.round(9))), energy.shape[1])  # rounded: ties go to the first, everywhere
    return row, column, height, width


def ceiling(tiles: Sequence[Tile]) -> float:
    """The top of the error scale, from the median method, so that one bad method does not darken the others."""
    tops = [float(np.nanpercentile(t.error, 99.5)) for t in tiles if t.error is not None and np.isfinite(t.error).any()]
    top = float(np.median(tops)) * 1.25 if tops else 1.0
    if not math.isfinite(top) or top <= 0:
        return 1.0
    digit = 10.0 ** math.floor(math.log10(top))
    return float(math.ceil(top / digit * 2) / 2 * digit)


# -- drawing -----------------------------------------------------------------------------------------------------------


def _panel(canvas: Axes, box: Box, tile: Tile, row: int, window: tuple[int, int, int, int], ceiling: float) -> None:
    (left, bottom, side, tall), (y, x, height, width) = box, window
    extent = (left, left + side, bottom, bottom + tall)
    if row == 2 and tile.error is not None:
        canvas.imshow(tile.error, cmap=ERRORS, vmin=0, vmax=ceiling, interpolation="nearest", aspect="auto",
                      extent=extent)  # fmt: skip
        return
    image = np.clip(np.nan_to_num(tile.image), 0, 1)
    part = image[y : y + height, x : x + width] if row == 1 else image
    canvas.imshow(part, cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect="auto", extent=extent)
    frame = box
    if row == 0:
        across, down = side / image.shape[1], tall / image.shape[0]
        frame = (left + x * across, bottom + tall - (y + height) * down, width * across, height * down)
    canvas.add_patch(Rectangle(frame[:2], *frame[2:], fill=False, ec=FRAME, lw=1.0))


def _colour_bar(figure: Figure, box: Box, ceiling: float) -> None:
    """Draw the colour bar in the place of the error of the truth."""
    x, y, width, height = box
    axis = figure.add_axes((x + 0.06 * width, y + 0.42 * height, 0.8 * width, 0.1 * height))
    axis.imshow(np.linspace(0, 1, 256)[None], cmap=ERRORS, aspect="auto", extent=(0, ceiling, 0, 1))
    axis.set(yticks=[], xticks=[0, ceiling])
    zero, top = axis.set_xticklabels(["0", f"≥ {ceiling:g}"])
    zero.set_horizontalalignment("left")
    top.set_horizontalalignment("right")
    axis.tick_params(labelsize=6.5, length=2, pad=1.5)
    axis.set_title("|estimate − truth|", fontsize=6.5, pad=3)
    for spine in axis.spines.values():
        spine.set(edgecolor=BASELINE_COLOR, linewidth=0.5)
