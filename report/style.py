"""How things look and are called: metrics, colours, markers, numbers. A method looks the same in every figure."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
import seaborn as sns
from matplotlib.colors import to_hex, to_rgb

LineStyle = str | tuple[int, tuple[float, ...]]


@dataclass(frozen=True)
class Metric:
    """How a metric is shown. ``spec`` formats a value; ``short`` has no unit."""

    name: str
    short: str
    unit: str
    spec: str

    @property
    def label(self) -> str:
        return f"{self.short} ({self.unit})" if self.unit else self.short


_METRICS = {
    metric.name: metric
    for metric in (
        Metric("psnr", "PSNR", "dB", ".2f"),
        Metric("ssim", "SSIM", "", ".4f"),
        Metric("psnr_circle", "PSNR in circle", "dB", ".2f"),
        Metric("ssim_circle", "SSIM in circle", "", ".4f"),
        Metric("psnr_unseen", "PSNR on unseen pixels", "dB", ".2f"),
        Metric("snr", "SNR", "dB", ".2f"),
        Metric("lsd", "log-spectral distance", "dB", ".2f"),
        Metric("loss", "data loss", "", ".2e"),
        Metric("mse", "MSE", "", ".2e"),
        Metric("mae", "MAE", "", ".2e"),
        Metric("iou", "IoU", "", ".4f"),
        Metric("lpips", "LPIPS", "", ".4f"),
    )
}


def metric(name: str) -> Metric:
    """How a metric is shown; one not known here keeps its raw name."""
    return _METRICS.get(name, Metric(name, name, "", ".4g"))


_BASELINES = {"tv": "TV", "fbp": "FBP", "sirt": "SIRT", "cgls": "CGLS"}


def baseline(label: str) -> str:
    """A classical method's name as papers write it."""
    return _BASELINES.get(label, label)


# -- colours and markers -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """The colour, marker and line of one method."""

    color: str
    marker: str
    line: LineStyle


# Okabe and Ito's palette, without its yellow (unreadable on white), then Paul Tol's "muted".
_FIXED = {
    "bw-relu": ("#D55E00", "o"),
    "siren": ("#0072B2", "s"),
    "wire": ("#009E73", "^"),
    "gauss": ("#CC79A7", "D"),
    "relu-pe": ("#E69F00", "v"),
    "relu": ("#4D4D4D", "X"),
    "finer": ("#56B4E9", "P"),
    "fourier": ("#882255", "p"),
    "mfn": ("#332288", "h"),
}
_REST = ("#117733", "#999933", "#44AA99", "#AA4499", "#661100", "#6699CC", "#DDCC77")
_REST_MARKERS = ("<", ">", "d", "8", "H", "*", "p")
_LINES: tuple[LineStyle, ...] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1.5, 1, 1.5)), (0, (3, 1, 1, 1, 1, 1)))
_SHADES = (0.0, 0.4, -0.35, 0.6, -0.55)
BASELINE_LINES: tuple[LineStyle, ...] = ((0, (4, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)), (0, (2, 1, 2, 3)))
BASELINE_COLOR = "#6B6B6B"


def looks(methods: Iterable[tuple[str, str]]) -> dict[str, Look]:
    """A look for each method, fixed by its activation; variants of one activation differ in shade and line.

    Args:
        methods: pairs (method key, activation plugin).
    """
    families: dict[str, list[str]] = {}
    for key, activation in sorted(set(methods), key=lambda pair: (pair[1], _natural(pair[0]))):
        families.setdefault(activation, []).append(key)
    taken: set[int] = set()
    found = {}
    for activation, keys in families.items():
        if activation in _FIXED:
            color, marker = _FIXED[activation]
        else:
            # By hash, so that another plugin in the suite seldom changes it; the next free one where two meet.
            start = zlib.crc32(activation.encode())
            slots = [(start + shift) % len(_REST) for shift in range(len(_REST))]
            slot = next((slot for slot in slots if slot not in taken), None)
            dim = slot is None  # more plugins than colours: the palette again, darker
            slot = slots[0] if slot is None else slot
            taken.add(slot)
            color, marker = _shaded(_REST[slot], -0.4 if dim else 0.0), _REST_MARKERS[slot]
        # Swept variants run from dark to light with their parameter, so that a figure shows its order.
        swept = [key for key in keys if "[" in key]
        for index, key in enumerate(keys):
            shade = _SHADES[index % len(_SHADES)]
            if len(swept) > 2:
                shade = -0.6 + 1.2 * swept.index(key) / (len(swept) - 1) if key in swept else 0.0
            found[key] = Look(_shaded(color, shade), marker, _LINES[index % len(_LINES)])
    return found


def _shaded(color: str, amount: float) -> str:
    """Towards white for a positive amount, towards black for a negative one."""
    target = 1.0 if amount > 0 else 0.0
    red, green, blue = (channel + (target - channel) * abs(amount) for channel in to_rgb(color))
    return to_hex((red, green, blue))


def _natural(key: str) -> list[tuple[bool, float, str]]:
    parts = re.split(r"(\d+(?:\.\d+)?)", key)
    return [(False, float(part), "") if index % 2 else (True, 0.0, part) for index, part in enumerate(parts)]


# -- figures -----------------------------------------------------------------------------------------------------------

_RC: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],  # shipped with matplotlib: the same bytes on every machine
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "axes.edgecolor": "#444444",
    "axes.linewidth": 0.7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.minor.width": 0.5,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.minor.size": 1.8,
    "axes.grid": True,
    "grid.color": "#E9E9E9",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.linewidth": 1.4,
    "figure.dpi": 220,
    "image.composite_image": False,  # else the pictures of one canvas would become one, without their own pixels
    "pdf.fonttype": 42,  # text that journals accept and readers can select
    "axes.unicode_minus": True,
}


@contextmanager
def styled() -> Iterator[None]:
    """The report's style inside the block; whatever stood before, a user's matplotlibrc included, after it."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**sns.axes_style("ticks"), **_RC})
        yield


# -- words and numbers -------------------------------------------------------------------------------------------------


def slug(name: str) -> str:
    """``name`` as part of a file name; one with other characters gets a hash, so that two never meet."""
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")
    return safe if safe == name else f"{safe}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def span(values: Iterable[float | None], spec: str = ",.0f") -> str:
    """``1,234``, or ``1,234–2,345`` where they differ; a dash for none."""
    found = sorted({value for value in values if value is not None})
    if not found:
        return "—"
    low, high = format(found[0], spec), format(found[-1], spec)
    return low if low == high else f"{low}–{high}"


def seconds(value: float | None) -> str:
    """A time with two or three significant digits and no exponent."""
    if value is None:
        return "—"
    if value < 0.1:
        return "< 0.0001" if value < 1e-4 else np.format_float_positional(value, 2, fractional=False, trim="-")
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def setting(value: Any) -> str:
    """A parameter's value as a reader writes it: ``0.001``, ``96 × 144``, ``on``."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {setting(item)}" for key, item in sorted(value.items()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        numbers = all(isinstance(item, int | float) for item in value)
        return (" × " if numbers else ", ").join(setting(item) for item in value)
    return "none" if value is None else str(value)


_PARAMETERS = {"omega0": "ω₀", "omega": "ω", "s0": "s₀", "sigma": "σ", "beta": "β", "tau": "τ"}


def parameter(name: str) -> str:
    """A parameter's name as papers write it."""
    return _PARAMETERS.get(name, name)


def words(name: str) -> str:
    """A setting's name in running text: its underscores, which are hard to read there, become spaces."""
    return parameter(name).replace("_", " ")


def shared(settings: Sequence[Mapping[str, Any]], varies: str = "per method") -> list[str]:
    """``["lr 0.001", …]`` for what all agree on, ``lr per method`` for what they do not; what is null is not said."""
    keys = sorted({key for item in settings for key in item})
    said = []
    for key in keys:
        values = {setting(item.get(key)) for item in settings}
        if values != {setting(None)}:
            said.append(f"{words(key)} {values.pop()}" if len(values) == 1 else f"{words(key)} {varies}")
    return said
