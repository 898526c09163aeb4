"""A figure as SVG for the page, whose parts name the method that they show, so that it can be hidden."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import Collection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

MARK = "method-of-"


def svg(figure: Figure, names: Mapping[str, int], colours: Mapping[str, int], prefix: str) -> str:
    """An ``<svg>`` element. A part that shows one method has the attribute ``data-method`` with the method's number.

    A method is recognised by its colour, by a text or a gid that is its name, or by the title of its panel.

    Args:
        names: numbers of the methods by label.
        colours: numbers by colour (``#rrggbb``).
        prefix: of all ids, so that two figures of one page have none in common.
    """
    for artist in figure.findobj():
        number = _number(artist, names, colours)
        if number is not None:
            artist.set_gid(f"{MARK}{number}")
    for axis in figure.axes:
        number = names.get(axis.get_title().split("\n")[0])
        if number is not None:
            axis.set_gid(f"{MARK}{number}")
    buffer = io.StringIO()
    canvas: Any = FigureCanvasSVG(figure)
    canvas.print_svg(buffer, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _inline(buffer.getvalue(), prefix)


def pictures(figure: Figure) -> bool:
    """Whether a figure has pictures in it, which SVG would hold twice as large."""
    return any(axis.images for axis in figure.axes)


def fixed(figure: Figure, names: Mapping[str, int]) -> bool:
    """Whether a figure shows methods that cannot be hidden in it: in pictures, or in cells of one panel."""
    cells = any(
        axis.get_title() not in ("", *names) and any(isinstance(part, QuadMesh) for part in axis.collections)
        for axis in figure.axes
    )
    return cells or pictures(figure)


def _number(artist: Any, names: Mapping[str, int], colours: Mapping[str, int]) -> int | None:
    if artist.get_gid() in names:
        return names[artist.get_gid()]
    if isinstance(artist, Text):
        return names.get(artist.get_text())
    found: list[Any] = []
    if isinstance(artist, Line2D):
        found = [artist.get_color(), artist.get_markerfacecolor(), artist.get_markeredgecolor()]
    if isinstance(artist, Collection):
        found = [*artist.get_facecolor(), *artist.get_edgecolor()][:1]
    return next((colours[colour] for colour in map(to_hex, found) if colour in colours), None)


def _inline(text: str, prefix: str) -> str:
    """The element alone, without the ids that nothing refers to."""
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(rf'id="{MARK}(\d+)"', r'data-method="\1"', text)
    used = set(re.findall(r'(?:xlink:href="#|url\(#)([^")]+)', text))
    text = re.sub(r' id="([^"]+)"', lambda found: f' id="{prefix}-{found[1]}"' if found[1] in used else "", text)
    text = re.sub(r'xlink:href="#', f'href="#{prefix}-', text)
    text = re.sub(r"url\(#", f"url(#{prefix}-", text)
    text = re.sub(r"<svg [^>]*?(viewBox=\"[^\"]*\")[^>]*>", r"<svg \1>", text, count=1, flags=re.DOTALL)
    return re.sub(r">\s+<", "><", text).strip()
