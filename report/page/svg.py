"""A figure as SVG for the page, whose colours follow the page's."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure


def svg(figure: Figure, colours: Mapping[str, int], prefix: str) -> str:
    """An ``<svg>`` element in the colours of the page, without the ids that nothing refers to.

    Args:
        colours: the numbers of the methods by colour (``#rrggbb``), see `themed`.
        prefix: of all ids, so that two figures of one page have none in common.
    """
    buffer = io.StringIO()
    canvas: Any = FigureCanvasSVG(figure)
    with matplotlib.rc_context({"svg.fonttype": "none"}):  # text, not a shape for each of its letters
        canvas.print_svg(buffer, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'(?<= d=")[^"]*|(?<= [xy]=")[^"]*|(?<=translate\()[^)]*', _rounded, text)
    used = set(re.findall(r'(?:xlink:href="#|url\(#)([^")]+)', text))
    text = re.sub(r' id="([^"]+)"', lambda found: f' id="{prefix}-{found[1]}"' if found[1] in used else "", text)
    text = re.sub(r'xlink:href="#', f'href="#{prefix}-', text)
    text = re.sub(r"url\(#", f"url(#{prefix}-", text)
    text = re.sub(r"<svg [^>]*?(viewBox=\"[^\"]*\")[^>]*>", r"<svg \1>", text, count=1, flags=re.DOTALL)
    return themed(re.sub(r">\s+<", "><", text).strip(), colours)


_INK = {"000000": "--text", "262626": "--text", "1c1e21": "--text", "444444": "--soft", "6b6b6b": "--soft",
        "999999": "--soft", "e9e9e9": "--line"}  # fmt: skip
"""Variables of the page's style sheet for the greys of figures; what is drawn on coloured cells keeps its own."""


def themed(text: str, colours: Mapping[str, int]) -> str:
    """An ``<svg>`` element whose colours are variables of the page's style sheet, so that it is dark on a dark page.

    White backgrounds become that of the page, black becomes its text, and a method's colour its variable (``--m0``).
    White words stay: they are on coloured cells.
    """
    variables = {name[1:].lower(): f"--m{number}" for name, number in colours.items()}
    text = re.sub(r'fill: #ffffff(?=[^"]*"[^>]*/>)', "fill: var(--figure)", text)
    text = text.replace("stroke: #ffffff", "stroke: var(--figure)").replace("'DejaVu Sans'", FONTS)
    text = re.sub(r'(<text[^>]*style=")(?![^"]*fill)', r"\1fill: var(--text); ", text)  # black is not written out
    return re.sub(r"(?<=: )#([0-9a-f]{6})\b", lambda found: _variable(found[1], variables) or found[0], text)


FONTS = "'DejaVu Sans', Verdana, sans-serif"
"""DejaVu Sans, which sets the widths, or Verdana, which has the same."""


def _variable(colour: str, variables: Mapping[str, str]) -> str:
    name = variables.get(colour) or _INK.get(colour)
    return f"var({name})" if name else ""


def _rounded(match: re.Match[str]) -> str:
    """Coordinates with two digits after the point, a third of the bytes of a figure less."""
    return re.sub(r"(\.\d\d)\d+", r"\1", match[0])


def pictures(figure: Figure) -> bool:
    """Whether a figure has pictures in it, which SVG would hold twice as large."""
    return any(axis.images for axis in figure.axes)
