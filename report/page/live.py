"""Data of the page's interactive figures, as plain values for JSON: curves, scores against time, reconstructions."""

from __future__ import annotations

import base64
import io
import wave
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import matplotlib
import numpy as np
from PIL import Image
from scipy.ndimage import rotate, zoom

from inrbench.report.data.leaderboard import Leaderboard, critical, sample
from inrbench.report.data.model import Method, SuiteResults, TaskResults, Timing
from inrbench.report.data.reconstructions import Array, Reconstructions, reconstructions
from inrbench.report.data.stats import Cells, by_signal, estimate
from inrbench.report.data.trials import SearchedMethod, searched
from inrbench.report.figures import cost, gallery, images
from inrbench.report.figures.axes import Styles, series
from inrbench.report.labels import MetricLabel, baseline, slug
from inrbench.report.tables import budget
from inrbench.report.tables.build import measures

BUDGET = 6_000_000
"""The largest size in bytes of all pictures and sounds of the interactive figures; later ones are only drawn."""

VIEWS = 24
"""Directions, or slices, of a volume."""

SIDE = 48
"""The longest side of a volume that is turned; a larger one is reduced."""

RATE = 44_100
"""Samples per second at which a signal is played whose own rate is not known or cannot be played."""

LEAST_RATE = 3_000
"""The lowest sampling rate in Hz that browsers play."""

AUDIBLE = 8_000
"""The least number of samples that is worth playing."""


def numbered(suite: SuiteResults) -> dict[str, list[str]]:
    """The labels of each method by key; a method's number is its place. The best of the first tasks come first."""
    methods: dict[str, list[str]] = {}
    for task in suite.tasks:
        for method in task.activations:
            labels = methods.setdefault(method.key, [])
            labels += [method.label] if method.label not in labels else []
    return methods


def live(suite: SuiteResults, styles: Styles, ranked: Leaderboard | None = None) -> dict[str, Any]:
    """The methods with their styles, the data of each figure by its name in `report.figures.gallery`, the scores behind
    the leaderboard, None where there is none, and those behind the marks of each task's table."""
    methods = numbered(suite)
    numbers = {key: number for number, key in enumerate(methods)}
    figures: dict[str, Any] = {}
    for task in suite.tasks[: gallery.TASKS]:
        shown = replace(task, activations=task.activations[: gallery.METHODS])
        plots = {"convergence": _curves(shown, numbers), "cost": _cloud(shown, numbers)}
        plots["tuning"] = _tuning(shown, searched(suite, shown), numbers)
        for name, plot in plots.items():
            if plot["series"]:
                figures[f"{name}-{slug(task.key)}"] = plot
    left = BUDGET
    for name, viewer in _viewers(suite, numbers):
        size = _size(viewer)
        if size <= left:
            left -= size
            figures[name] = viewer
    looks = [
        {"key": key, "labels": labels, "color": styles[key].color, "dash": _dash(styles[key].line)}
        for key, labels in methods.items()
    ]
    board = _board(ranked, numbers) if ranked else None
    marks = {task.key: _marks(task, numbers) for task in suite.tasks}
    return {"methods": looks, "figures": figures, "board": board, "marks": marks}


def _board(ranked: Leaderboard, numbers: Mapping[str, int]) -> dict[str, Any]:
    """The methods of the leaderboard and their scores on the repeats that count, None for a failed run.

    ``units`` are the cases of each unit of the sample, ``critical`` Student's t beyond which the k-th smallest of k
    p-values is rejected; see `inrbench.report.data.leaderboard`.
    """
    counted = np.asarray(~np.isnan(ranked.scores).any(axis=0))
    scores = [[[_short(value) for value in case[repeats]] for case, repeats in zip(cases, counted, strict=True)]
              for cases in ranked.scores]  # fmt: skip
    units = sample(ranked.cases)
    return {"methods": [numbers[key] for key in ranked.methods], "scores": scores, "units": units,
            "critical": [_short(value) for value in critical(len(units), len(ranked.methods))]}  # fmt: skip


FIRST = 2
"""The place of the first column of scores in a task's table."""


def _marks(task: TaskResults, numbers: Mapping[str, int]) -> dict[str, Any]:
    """What bold, ‡, ≈ and ¶ depend on in a task's table: for each column the mean, the variance and the number of the
    repeats of each method and signal; the methods off their budget; and the signals that classical methods have. See
    `inrbench.report.data.stats.leaders`."""
    sizes = budget.Sizes(task)
    columns = [
        {
            "column": place,
            "direction": measure.metric.direction * measure.ranks,
            "methods": {numbers[method.key]: _moments(measure.cells(method)) for method in task.activations},
        }
        for place, measure in enumerate(measures(task).values(), FIRST)
    ]
    off = [numbers[method.key] for method in task.activations if sizes.off(method)]
    classical = sorted({signal for method in task.baselines for signal, _ in method.final(task.headline.name)})
    return {"columns": columns, "off": off, "classical": classical}


def _moments(cells: Cells) -> dict[str, list[float]]:
    """Mean, variance and number of the repeats by signal; nine digits, as small differences decide."""
    found = {}
    for signal, values in by_signal(cells).items():
        variance = float(np.var(values, ddof=1)) if len(values) > 1 else 0.0
        found[signal] = [float(f"{value:.9g}") for value in (np.mean(values), variance, len(values))]
    return found


def _dash(line: Any) -> str:
    """A line style as SVG writes it."""
    return "solid" if isinstance(line, str) else ",".join(f"{3 * part:g}px" for part in line[1])


# -- curves ------------------------------------------------------------------------------------------------------------


def _curves(task: TaskResults, numbers: Mapping[str, int]) -> dict[str, Any]:
    """The headline metric by step and, for each timing, by seconds."""
    lines: list[dict[str, Any]] = []
    for method in task.activations:
        if len(series(method, task.headline.name)) < 2:
            continue
        single = method.timings[0] if len(method.timings) == 1 else None
        lines.append(_series(task, method, numbers, None, seconds=single is not None))
        lines += [_series(task, method, numbers, timing) for timing in method.timings]
    return _plot(task, "curves", lines)


def _series(
    task: TaskResults, method: Method, numbers: Mapping[str, int], timing: Timing | None, seconds: bool = True
) -> dict[str, Any]:
    points = series(method, task.headline.name, timing)
    return {
        "method": numbers[method.key],
        "axis": "seconds" if timing else "step",
        "note": _note(task, timing) if timing else "",
        "step": [step for step, _, _ in points],
        "seconds": [_short(time) if seconds else None for _, time, _ in points],
        "value": [_short(item.mean) for _, _, item in points],
        "half": [_short(item.half) for _, _, item in points],
    }


def _note(task: TaskResults, timing: Timing) -> str:
    """What sets this timing apart from the others of the task."""
    devices = task.hardware()
    parts = [timing.hardware] * (len(devices) > 1) + [f"§ {timing.engine}"] * task.other_engine(timing)
    return ", ".join(parts)


def _cloud(task: TaskResults, numbers: Mapping[str, int]) -> dict[str, Any]:
    """The final value and the cost of each method: the training time for each timing, and the parameters."""
    points = []
    for hardware in task.hardware():
        for point in cost.timed(task, hardware):
            note = ", ".join([hardware] * (len(task.hardware()) > 1) + ["§ another engine"] * point.hollow)
            points.append(_point(point, numbers, "seconds", note))
    points += [_point(point, numbers, "params", "") for point in cost.sized(task)]
    return _plot(task, "cloud", points) | {"direction": task.headline.direction}


def _point(point: cost.CostPoint, numbers: Mapping[str, int], axis: str, note: str) -> dict[str, Any]:
    return {"method": numbers[point.method.key], "axis": axis, "note": note, axis: [_short(point.cost.mean)],
            "value": [_short(point.value.mean)], "half": [_short(point.value.half)]}  # fmt: skip


def _tuning(task: TaskResults, found: Sequence[SearchedMethod], numbers: Mapping[str, int]) -> dict[str, Any]:
    """The expected best score of each method by the number of trials."""
    metric = task.headline
    lines: list[dict[str, Any]] = []
    for method in found:
        counts = range(1, len(method.trials) + 1)
        values = [_short(method.expected_best(count)) for count in counts]
        lines.append({"method": numbers[method.key], "axis": "trials", "note": "", "trials": list(counts),
                      "value": values, "half": [None] * len(values)})  # fmt: skip
    label = MetricLabel(metric.name, f"expected best {metric.short}", metric.unit, metric.direction, metric.spec)
    return _plot(replace(task, baselines=(), metrics={metric.name: label}), "curves", lines)


def _plot(task: TaskResults, kind: str, series: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    lines = [
        {"label": baseline(method.label), "value": _short(item.mean)}
        for method in task.baselines
        if (item := estimate(method.final(task.headline.name)))
    ]
    values = [value for entry in series for value in entry["value"]]
    decades = task.headline.direction < 0 and bool(values) and min(values) > 0 and max(values) > 30 * min(values)
    metric = {"label": task.headline.label, "short": task.headline.short, "unit": task.headline.unit, "log": decades}
    return {"kind": kind, "metric": metric, "series": series, "lines": lines}


def _short(value: float | None) -> float | None:
    """Six significant digits, to keep the page small."""
    return None if value is None or not np.isfinite(value) else float(f"{value:.6g}")


# -- reconstructions ---------------------------------------------------------------------------------------------------


def _viewers(suite: SuiteResults, numbers: Mapping[str, int]) -> Iterator[tuple[str, dict[str, Any]]]:
    tasks = suite.tasks[: gallery.TASKS]
    for task in tasks:
        shown = replace(task, activations=task.activations[: gallery.METHODS])
        for signal in task.signals[: max(1, gallery.PICTURES // len(tasks))]:
            restored = reconstructions(suite, shown, signal)
            viewer = (_pictures(restored) or _volumes(restored) or _sounds(restored)) if restored else None
            if restored and viewer:
                for tile, item in zip(viewer["tiles"], restored.estimates, strict=True):
                    tile |= {"method": numbers.get(item.key, -1), "label": item.label, "score": item.score.strip()}
                yield f"reconstructions-{slug(task.key)}-{slug(signal)}", viewer


def _pictures(restored: Reconstructions) -> dict[str, Any] | None:
    """The truth, and the estimate and the error of each method, as pictures."""
    tiles = images.tiles(restored)
    if len(tiles) < 2:
        return None
    top, (height, width) = images.ceiling(tiles), tiles[0].image.shape[:2]
    made = [
        {"image": _png(tile.image), "error": _mapped(tile.error / top)} for tile in tiles[1:] if tile.error is not None
    ]
    return {"kind": "pictures", "width": width, "height": height, "top": f"{top:g}", "truth": _png(tiles[0].image),
            "tiles": made}  # fmt: skip


def _volumes(restored: Reconstructions) -> dict[str, Any] | None:
    """The truth and each estimate from `VIEWS` directions around the first axis, and in as many slices across it."""
    truth = restored.truth
    if truth.ndim != 4 or truth.shape[3] not in (1, 3) or min(truth.shape[:3]) < 4:
        return None
    low, high = float(np.nanmin(truth)), float(np.nanmax(truth))
    if low < 0:  # a signed distance: its inside is what can be looked at
        low, high = 0.0, 0.01 * high

    def views(values: Array) -> dict[str, str]:
        grey = np.nan_to_num(values.mean(axis=3))
        grey = np.clip((low - grey if float(np.nanmin(truth)) < 0 else grey - low) / ((high - low) or 1.0), 0, 1)
        return {"turn": _png(np.concatenate(_turned(grey), axis=1)), "slices": _png(np.concatenate(_cut(grey), axis=1))}

    return {"kind": "volumes", "views": VIEWS, "truth": views(truth),
            "tiles": [views(item.values) for item in restored.estimates]}  # fmt: skip


def _turned(grey: Array) -> list[Array]:
    """Maximum-intensity projections, darker towards the back, at equal angles around the first axis."""
    grey = zoom(grey, min(1.0, SIDE / max(grey.shape)), order=1)
    room = [(0, 0)] + [(max(0, (max(grey.shape[1:]) * 3 // 2 - side) // 2),) * 2 for side in grey.shape[1:]]
    grey = np.pad(grey, room)
    shade = np.linspace(1.0, 0.35, grey.shape[1])[None, :, None]
    return [
        np.max(rotate(grey, 360 * view / VIEWS, axes=(1, 2), reshape=False, order=1) * shade, axis=1)
        for view in range(VIEWS)
    ]


def _cut(grey: Array) -> list[Array]:
    return [grey[place] for place in np.linspace(0, len(grey) - 1, VIEWS).round().astype(int)]


def _sounds(restored: Reconstructions) -> dict[str, Any] | None:
    """The truth and each estimate as sound, at one loudness."""
    if restored.truth.ndim != 2 or restored.truth.shape[1] != 1 or len(restored.truth) < AUDIBLE:
        return None
    peak = float(np.abs(np.nan_to_num(restored.truth)).max()) or 1.0
    rate = round(restored.rate) if restored.rate and restored.rate >= LEAST_RATE else RATE
    return {"kind": "sounds", "rate": rate, "recorded": restored.rate, "truth": _wav(restored.truth / peak, rate),
            "tiles": [{"sound": _wav(item.values / peak, rate)} for item in restored.estimates]}  # fmt: skip


def _png(values: Array) -> str:
    """A picture with values in [0, 1], (H, W) or (H, W, 3), as a data URI."""
    return _encoded(Image.fromarray(_bytes(values)))


def _mapped(values: Array) -> str:
    """Values in [0, 1], (H, W), in the colours of errors, as a picture with a palette: a third of the bytes."""
    picture = Image.fromarray(_bytes(values), "L")
    colours = matplotlib.colormaps[images.ERRORS](np.arange(256))[:, :3]
    picture.putpalette(_bytes(colours).tobytes())
    return _encoded(picture)


def _bytes(values: Array) -> Array:
    return np.asarray((255 * np.clip(np.nan_to_num(values), 0, 1)).round().astype(np.uint8))


def _encoded(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "png", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _wav(values: Array, rate: int) -> str:
    """Samples in [-1, 1] as a 16-bit WAV file in a data URI."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((32767 * np.clip(np.nan_to_num(values[:, 0]), -1, 1)).round().astype("<i2").tobytes())
    return f"data:audio/wav;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _size(value: Any) -> int:
    """The number of characters of all texts."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, list) else 0
