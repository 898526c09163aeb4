"""Figure of a task: truth, measurements and a classical reconstruction side by side."""

from __future__ import annotations

import io

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from docs.site.example import Array, Example, Measured, measured
from inrbench.report.figures.style import BASELINE_COLOR, styled
from inrbench.report.labels import baseline

TRUTH = "#1C1E21"


def draw(example: Example, score: str) -> bytes:
    """The figure as PNG; of a volume or a clip the middle along the first axis.

    Args:
        example: the solved problem.
        score: the score of the first baseline as text.
    """
    panels: list[tuple[str, Array | Measured]] = [("truth", example.truth)]
    measurements = measured(example.problem)
    panels.append((measurements.title, measurements))
    if example.estimates:
        name = next(iter(example.estimates))
        panels.append((f"{baseline(name)}\n{score}", example.estimates[name]))
    line = example.truth.ndim == 2
    with styled():
        figure = Figure(figsize=((2.6 if line else 1.9) * len(panels), 1.8 if line else 2.25), layout="constrained")
        for axis, (title, panel) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            axis.set_title(title, fontsize=8)
            if line:
                _curve(axis, panel, example.truth)
            else:
                _picture(axis, panel, example.truth)
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=144)
    return out.getvalue()


def _curve(axis: Axes, panel: Array | Measured, truth: Array) -> None:
    x = (2 * np.arange(len(truth)) + 1) / len(truth) - 1
    if isinstance(panel, Measured):
        assert panel.values is not None
        axis.plot(x, panel.values[:, 0], ".", color=BASELINE_COLOR, ms=2.5)
    else:
        axis.plot(x, panel[:, 0], color=TRUTH if panel is truth else BASELINE_COLOR, lw=0.9)
    room = 0.1 * float(np.ptp(truth)) or 0.5
    axis.set_ylim(float(truth.min()) - room, float(truth.max()) + room)
    axis.set_xlabel("x")
    axis.margins(x=0)
    sns.despine(ax=axis)


def _picture(axis: Axes, panel: Array | Measured, truth: Array) -> None:
    values = panel.values if isinstance(panel, Measured) else panel
    axis.grid(False)
    axis.set(xticks=[], yticks=[])
    for spine in axis.spines.values():
        spine.set(edgecolor="#9A9A9A", linewidth=0.5)
    if values is None:
        assert isinstance(panel, Measured)
        assert panel.points is not None
        axis.scatter(panel.points[:, -1], panel.points[:, -2], s=1.2, color=BASELINE_COLOR, lw=0)
        axis.set(xlim=(-1, 1), ylim=(1, -1), aspect="equal")
        return
    plane = values[len(values) // 2] if values.ndim == 4 else values
    plane = plane[..., 0] if plane.shape[-1] == 1 else plane
    if isinstance(panel, Measured) and not panel.same_scale:
        plane = (plane - np.nanmin(plane)) / (float(np.nanmax(plane) - np.nanmin(plane)) or 1.0)
        axis.imshow(plane, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        if plane.shape[:2] != truth.shape[:2]:  # a sinogram has no natural aspect
            axis.set(aspect="auto", box_aspect=1)
    elif truth.min() < 0:
        reach = float(np.abs(truth).max())
        axis.imshow(plane, cmap="PuOr", vmin=-reach, vmax=reach, interpolation="nearest")
    else:
        axis.set_facecolor("#F3E3C3")  # where nothing was measured
        shown = np.clip(plane, 0, 1)
        if plane.ndim == 3:  # matplotlib leaves out no colours that are NaN
            alpha = 1.0 - np.isnan(shown).any(axis=2, keepdims=True)
            shown = np.concatenate([np.nan_to_num(shown), alpha], axis=2)
        axis.imshow(shown, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
