"""Colours, markers and line styles: each method has the same ones in every figure."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
import seaborn as sns
from matplotlib.colors import to_hex, to_rgb

LineStyle = str | tuple[int, tuple[float, ...]]


# -- colours and markers -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MethodStyle:
    """The colour, marker and line style of one method."""

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
    "mfn": ("#332288", "h"),
}
_REST = ("#117733", "#999933", "#44AA99", "#AA4499", "#661100", "#6699CC", "#DDCC77")
_REST_MARKERS = ("<", ">", "d", "8", "H", "*", "p")
_LINES: tuple[LineStyle, ...] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1.5, 1, 1.5)), (0, (3, 1, 1, 1, 1, 1)))
_LAPS = (0.0, -0.4, 0.4, -0.65)
_SHADES = (0.0, 0.4, -0.35, 0.6, -0.55)
BASELINE_LINES: tuple[LineStyle, ...] = ((0, (4, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)), (0, (2, 1, 2, 3)))
BASELINE_COLOR = "#6B6B6B"


def method_styles(methods: Iterable[tuple[str, str]]) -> dict[str, MethodStyle]:
    """A style for each method, fixed by its activation; variants of one activation differ in shade and line style.

    Args:
        methods: pairs (method key, activation plugin).
    """
    families: dict[str, list[str]] = {}
    for key, activation in sorted(set(methods), key=lambda pair: (pair[1], _natural(pair[0]))):
        families.setdefault(activation, []).append(key)
    taken: Counter[int] = Counter()
    styles: dict[str, MethodStyle] = {}
    for activation, keys in families.items():
        lap = 0
        if activation in _FIXED:
            color, marker = _FIXED[activation]
        else:
            # By hash, so that another plugin in the suite rarely changes it; the next free colour on a collision.
            start = zlib.crc32(activation.encode())
            slots = [(start + shift) % len(_REST) for shift in range(len(_REST))]
            slot = min(slots, key=lambda slot: taken[slot])
            lap = taken[slot]  # more plugins than colours: the palette again, in another shade and line
            taken[slot] += 1
            color, marker = _shaded(_REST[slot], _LAPS[lap % len(_LAPS)]), _REST_MARKERS[slot]
        # Swept variants run from dark to light with their parameter, so that a figure shows its order.
        swept = [key for key in keys if "[" in key]
        for index, key in enumerate(keys):
            shade = _SHADES[index % len(_SHADES)]
            if len(swept) > 2:
                shade = -0.6 + 1.2 * swept.index(key) / (len(swept) - 1) if key in swept else 0.0
            styles[key] = MethodStyle(_shaded(color, shade), marker, _LINES[(index + lap) % len(_LINES)])
    return styles


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
    "image.composite_image": False,  # else the images of one canvas are merged and resampled
    "svg.hashsalt": "inrbench",  # ids that are the same every time
    "pdf.fonttype": 42,  # text that journals accept and readers can select
    "axes.unicode_minus": True,
}


@contextmanager
def styled() -> Iterator[None]:
    """The report's matplotlib settings inside the block; afterwards the previous ones, a matplotlibrc included."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({**sns.axes_style("ticks"), **_RC})
        yield
