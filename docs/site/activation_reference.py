"""Reference of activations: an entry for each of the registry, and the picture of its curve."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from docs.site import docstrings, settings
from docs.site.markdown import code_cell, section, table
from inrbench import Activation
from inrbench.bench.config.plugins import Registry, source_file
from inrbench.bench.training.network import curve
from inrbench.report.figures.activation_curves import plot
from inrbench.report.figures.style import method_styles, styled


def overview(registry: Registry[Activation]) -> str:
    """A table of all activations: name, label, formula, and the parameters that a search varies, with their ranges."""
    rows = []
    for name in registry.names():
        plugin = registry.get(name)
        searched = ", ".join(f"`{key}` {area}" for key, area in _ranges(plugin).items())
        rows.append((f"[`{name}`](#{name})", plugin.label, _formula(docstrings.text(plugin)), searched))
    return table(("name", "label", "formula", "searched"), rows)


def sections(registry: Registry[Activation], won: Mapping[str, list[str]]) -> str:
    """An entry for each activation.

    Args:
        registry: the activations.
        won: the tasks on which each has the best score, `docs.site.wins.wins`.
    """
    return "".join(_entry(registry.get(name), won.get(name, [])) for name in registry.names())


def pictures(registry: Registry[Activation]) -> dict[str, bytes]:
    """The curve of each activation that has one, as SVG, by its name."""
    return {name: drawn for name in registry.names() if (drawn := figure(registry.get(name)))}


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


def _entry(activation: type[Activation], won: list[str]) -> str:
    text = docstrings.text(activation)
    formula = docstrings.formula(text)
    first, _, rest = docstrings.body(text).partition("\n\n")
    facts = {
        "Source": _source(activation),
        "Initialisation": "" if docstrings.initialisation(text) else _inherited(activation),
        "Derivatives": str(activation.derivatives) if activation.derivatives else "",
        "Best of": "; ".join(won),
        "File": f"`{Path(source_file(activation)).parent.name}/{Path(source_file(activation)).name}`",
    }
    ranges = _ranges(activation)
    rows = [
        (f"`{name}`", settings.default(field), settings.allowed(field), ranges.get(name, ""))
        for name, field in activation.model_fields.items()
    ]
    parameters = table(("parameter", "default", "allowed", "searched"), rows) if rows else "No parameters.\n"
    begins = f"**{activation.label}**: {_formula(text)}{' '.join(first.split())[len(formula) :]}"
    return section(activation.name, f"{begins}\n\n{rest}".strip(), facts, parameters)


def _formula(text: str) -> str:
    """The formula as code; where words describe it, these."""
    formula = docstrings.formula(text)
    return code_cell(formula.replace("`", "")) if "(" in formula else formula


def _ranges(activation: type[Activation]) -> dict[str, str]:
    return {name: f"{area.low:g} … {area.high:g}" for name, area in activation.search_space().items()}


def _source(activation: type[Activation]) -> str:
    """The paper that the docstring names, or that of the plugin it is derived from."""
    families: list[Any] = [cls for cls in activation.__mro__ if isinstance(cls.__dict__.get("name"), str)]
    return next((found for cls in families if (found := docstrings.source(docstrings.text(cls)))), "")


def _inherited(activation: type[Activation]) -> str:
    same = activation.init_layer is Activation.init_layer
    return "PyTorch's default, U(±1/√n) for fan-in n." if same else ""
