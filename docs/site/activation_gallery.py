"""Gallery of activations: a page and the curve of each, from the registry."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from docs.site import docstrings
from docs.site.markdown import card, section, table
from inrbench.activations import Activation
from inrbench.bench.config.plugins import Registry, source_file
from inrbench.bench.training.network import curve
from inrbench.report.figures.activation_curves import plot
from inrbench.report.figures.style import method_styles, styled

INTRODUCTION = """# Activations

Each activation of the registry. A curve is drawn at the default parameters over pre-activations z from −1 to 1, the
imaginary part dashed; a network whose nonlinearity is trained, or that has none, has no curve. *Derivatives* says how
many a network has in its coordinates, for [tasks](tasks.md) that train on them. A search range is that of
`inrbench tune`. *Where it won* names the tasks of the suite `reference` on which it has the best mean score, see
[Which activation?](answer.md). Add yours with one file: see [Your activation](tutorial/your-activation.md).
"""


def pages(registry: Registry[Activation], won: Mapping[str, list[str]]) -> dict[str, str | bytes]:
    """The page ``activations.md`` and its figures by their place on the site.

    Args:
        registry: the activations.
        won: the tasks that each won, `docs.site.wins.wins`; of one that won none the line is left out.
    """
    figures = {name: svg for name in registry.names() if (svg := figure(registry.get(name)))}
    files: dict[str, str | bytes] = {_place(name): svg for name, svg in figures.items()}
    cards = [card(registry.get(name).label, name, _place(name) if name in figures else "") for name in registry.names()]
    entries = [_entry(registry.get(name), name in figures, won.get(name, [])) for name in registry.names()]
    files["activations.md"] = "\n".join([INTRODUCTION, '<div class="gallery" markdown>', *cards, "</div>\n", *entries])
    return files


def figure(activation: type[Activation]) -> bytes | None:
    """The curve of an activation at its defaults as SVG; None if it has none."""
    curves = curve(activation())
    if not curves:
        return None
    with styled():
        canvas = Figure(figsize=(2.6, 1.5), layout="constrained")
        color = method_styles([(activation.name, activation.name)])[activation.name].color
        plot(canvas.subplots(), curves, color)
        out = io.BytesIO()
        canvas.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


def _place(name: str) -> str:
    return f"gallery/activations/{name}.svg"


def _entry(activation: type[Activation], has_curve: bool, won: list[str]) -> str:
    text = docstrings.text(activation)
    facts = {
        "Formula": f"`{docstrings.formula(text)}`",
        "Source": _source(activation),
        "Initialisation": docstrings.initialisation(text) or _inherited(activation),
        "Derivatives": str(activation.derivatives) if activation.derivatives else "",
        "Where it won": "; ".join(won),
        "File": f"`{Path(source_file(activation)).parent.name}/{Path(source_file(activation)).name}`",
    }
    picture = f"![{activation.label}]({_place(activation.name)}){{ .curve }}\n" if has_curve else ""
    ranges = activation.search_space()
    rows = [
        (f"`{name}`", f"`{field.default!r}`", f"{ranges[name].low:g} … {ranges[name].high:g}" if name in ranges else "")
        for name, field in activation.model_fields.items()
    ]
    parameters = table(("parameter", "default", "search range"), rows) if rows else "No parameters.\n"
    return section(activation.label, activation.name, picture, facts, parameters, docstrings.body(text))


def _source(activation: type[Activation]) -> str:
    """The paper that the docstring names, or that of the plugin it is derived from."""
    families: list[Any] = [cls for cls in activation.__mro__ if isinstance(cls.__dict__.get("name"), str)]
    return next((text for cls in families if (text := docstrings.source(docstrings.text(cls)))), "")


def _inherited(activation: type[Activation]) -> str:
    same = activation.init_layer is Activation.init_layer
    return "PyTorch's default, U(±1/√n) for fan-in n." if same else ""
