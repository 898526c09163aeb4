"""Pictures: reconstructions beside the truth with a detail and their errors, and the activations as curves."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from report.figures import WIDTH, Looks
from report.load import Method, Run, Suite, Task
from report.style import BASELINE_COLOR, parameter, setting
from report.style import metric as shown

Array = NDArray[Any]
FRAME = "#FFD000"  # seen on dark and bright, in grey and in colour
ERRORS = "magma"
COLUMNS = 7
ZOOM = 4


@dataclass(frozen=True)
class Tile:
    """One picture of the panel."""

    label: str
    score: str
    image: Array
    error: Array | None


def reconstructions(suite: Suite, task: Task, signal: str) -> Figure | None:
    """Truth, every method and every baseline side by side; None for what is no grey or colour picture."""
    tiles = _tiles(suite, task, signal)
    if len(tiles) < 2:
        return None
    height, width = tiles[0].image.shape[:2]
    window = detail(tiles[0].image)
    blocks = math.ceil(len(tiles) / COLUMNS)
    columns = math.ceil(len(tiles) / blocks)
    left, gap, foot = 0.2, 0.05, 0.08
    # Few tiles are not blown up to the page's width.
    side = min(1.6, (WIDTH - left - 0.05) / columns - gap)
    tall = side * height / width
    titles = [_title(tile, side) for tile in tiles]
    lines = max(title.count("\n") + 1 for title in titles)
    head = 0.08 + 0.125 * lines
    total_w, total_h = left + columns * (side + gap) + 0.05, blocks * (head + 3 * (tall + gap) + foot)
    figure = Figure(figsize=(total_w, total_h))
    ceiling = _ceiling(tiles)
    for index, tile in enumerate(tiles):
        block, column = divmod(index, columns)
        top = total_h - block * (head + 3 * (tall + gap) + foot) - head
        for row in range(3):
            if row == 2 and tile.error is None:
                box = (left + column * (side + gap), top - 3 * tall - 2 * gap, side, tall)
                _colour_bar(figure, (box[0] / total_w, box[1] / total_h, box[2] / total_w, box[3] / total_h), ceiling)
                continue
            x, y = left + column * (side + gap), top - (row + 1) * tall - row * gap
            axis = figure.add_axes((x / total_w, y / total_h, side / total_w, tall / total_h))
            _draw(axis, tile, row, window, ceiling)
            if row == 0:
                axis.set_title(titles[index], fontsize=7, pad=3, linespacing=1.15)
            if column == 0 and (row < 2 or block):
                axis.set_ylabel(("whole", "detail", "error")[row], fontsize=7, labelpad=2)
    return figure


def activations(suite: Suite, looks: Looks) -> Figure | None:
    """Each nonlinearity as a function of its pre-activation, as stored by its runs; None where none is."""
    panels: list[tuple[str, str, Array, dict[str, Array]]] = []
    seen: set[tuple[str, str]] = set()
    labels: dict[str, list[str]] = {}
    for task in suite.tasks:
        for method in task.activations:
            for run in method.ok:
                settings = run.text("activation_params")
                if (method.key, settings) in seen:
                    continue
                stored = suite.store.arrays(run.job_id) or {}
                if "curve" not in stored or stored["curve"].shape != stored.get("curve_z", np.empty(0)).shape:
                    continue
                seen.add((method.key, settings))
                labels.setdefault(method.key, []).append(settings)
                note = ", ".join(f"{parameter(k)} = {setting(v)}" for k, v in run.settings("activation_params").items())
                panels.append(
                    (method.key, f"{method.label}\n{note}" if note else method.label, stored["curve_z"], stored)
                )
    if not panels:
        return None
    panels.sort(key=lambda panel: (list(looks).index(panel[0]), panel[1]))
    panels = [(key, _wrapped(title), z, stored) for key, title, z, stored in panels]
    lines = max(title.count("\n") + 1 for _, title, _, _ in panels)  # titles of one height keep the panels in line
    columns = min(4, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(max(2.4, 1.75 * columns), 1.5 * rows + 0.2), layout="constrained")
    axes: list[Axes] = [axis for line in figure.subplots(rows, columns, sharex=True, squeeze=False) for axis in line]
    for axis, (key, title, z, stored) in zip(axes, panels, strict=False):
        axis.axhline(0, color="#BBBBBB", lw=0.7, zorder=1)
        axis.axvline(0, color="#BBBBBB", lw=0.7, zorder=1)
        axis.plot(z, stored["curve"], color=looks[key].color, lw=1.4, zorder=3)
        if "curve_imag" in stored and stored["curve_imag"].shape == z.shape:
            axis.plot(z, stored["curve_imag"], color=looks[key].color, lw=0.9, alpha=0.55, ls=(0, (3, 1.5)), zorder=2)
        axis.set_title(title + "\n " * (lines - title.count("\n") - 1), fontsize=7.5)
        for line in (axis.xaxis, axis.yaxis):
            line.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
            line.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
        axis.grid(False)
        axis.margins(x=0)
        sns.despine(ax=axis)
    for index, axis in enumerate(axes):
        axis.set_visible(index < len(panels))
        if index + columns >= len(panels):
            axis.tick_params(labelbottom=True)
    figure.supxlabel("pre-activation z", fontsize=8)
    return figure


def _wrapped(title: str) -> str:
    return "\n".join(textwrap.fill(line, 28) for line in title.split("\n"))


# -- what is drawn -----------------------------------------------------------------------------------------------------


def _tiles(suite: Suite, task: Task, signal: str) -> list[Tile]:
    """The truth first; a method whose artifact is missing or does not fit the truth is left out."""
    truth: Array | None = None
    tiles: list[Tile] = []
    for method in task.methods:
        run = _first(method, signal)
        if run is None:
            continue
        stored = suite.store.arrays(run.job_id)
        if truth is None:
            reference = suite.store.arrays(f"ref-{run.text('problem_id')}") or {}
            truth = _picture(reference.get("truth"))
            tiles = [Tile("truth", " ", truth, None)] if truth is not None else []
        image = _picture((stored or {}).get("reconstruction"))
        if truth is None or image is None or image.shape != truth.shape:
            continue
        error = np.abs(image - truth)
        tiles.append(Tile(method.label, _score(run, task), image, error.mean(axis=2) if error.ndim == 3 else error))
    return tiles


def _first(method: Method, signal: str) -> Run | None:
    """Repeat 0, or the first that ended well."""
    return next((run for run in method.ok if run.cell[0] == signal), None)


def _score(run: Run, task: Task) -> str:
    metric, value = shown(task.metric), run.final(task.metric)
    return " " if value is None else f"{format(value, metric.spec)} {metric.unit}".strip()


def _title(tile: Tile, width: float) -> str:
    """Label and score; a label wider than its tile, in inches, takes up to three lines."""
    room = int(width / 0.068)
    label = tile.label if len(tile.label) <= room else tile.label.replace("[", " [").replace(",", ", ")
    lines = textwrap.wrap(label, room) or [label]
    if len(lines) > 3:
        lines = [*lines[:2], lines[2][: room - 1] + "…"]
    return "\n".join([*lines, tile.score])


def _picture(array: Array | None) -> Array | None:
    """(H, W, 1) as (H, W), (H, W, 3) as it is; None for anything else."""
    if array is None or array.ndim != 3 or array.shape[2] not in (1, 3) or min(array.shape[:2]) < 4:
        return None
    picture: Array = array.astype(np.float64)
    return picture[..., 0] if picture.shape[2] == 1 else picture


def detail(image: Array) -> tuple[int, int, int, int]:
    """Row, column, height and width of the window whose fine structure varies most.

    Coarse shades are taken off first: else the border between a bright and a dark area would win over any texture.
    """
    grey = np.nan_to_num(image.mean(axis=2) if image.ndim == 3 else image)
    height, width = (max(2, size // ZOOM) for size in grey.shape)
    fine = grey - gaussian_filter(grey, min(grey.shape) / 40)
    sums = np.pad(fine**2, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    energy = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width] + sums[:-height, :-width]
    row, column = divmod(int(np.argmax(energy.round(9))), energy.shape[1])  # rounded: ties go to the first, everywhere
    return row, column, height, width


def _ceiling(tiles: Sequence[Tile]) -> float:
    """The top of the error scale, from the median method: one bad method does not dim the others."""
    tops = [float(np.nanpercentile(t.error, 99.5)) for t in tiles if t.error is not None and np.isfinite(t.error).any()]
    top = float(np.median(tops)) * 1.25 if tops else 1.0
    if not math.isfinite(top) or top <= 0:
        return 1.0
    digit = 10.0 ** math.floor(math.log10(top))
    return float(math.ceil(top / digit * 2) / 2 * digit)


# -- drawing -----------------------------------------------------------------------------------------------------------


def _draw(axis: Axes, tile: Tile, row: int, window: tuple[int, int, int, int], ceiling: float) -> None:
    y, x, height, width = window
    if row == 2 and tile.error is not None:
        axis.imshow(tile.error, cmap=ERRORS, vmin=0, vmax=ceiling, interpolation="nearest")
    else:
        image = np.clip(np.nan_to_num(tile.image), 0, 1)
        part = image[y : y + height, x : x + width] if row == 1 else image
        axis.imshow(part, cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect="auto")
    if row == 0:
        box = Rectangle((x - 0.5, y - 0.5), width, height, fill=False, ec=FRAME, lw=1.0)
        axis.add_patch(box)
    axis.set(xticks=[], yticks=[])
    for spine in axis.spines.values():
        spine.set_visible(row == 1)
        spine.set(edgecolor=FRAME, linewidth=1.0)


def _colour_bar(figure: Figure, box: tuple[float, float, float, float], ceiling: float) -> None:
    """In the place of the truth's error, which has none."""
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
