"""Reference of tasks: an entry for each of the registry, and the picture of a small problem of it."""

from __future__ import annotations

import inspect
from functools import partial
from pathlib import Path
from typing import Any

from docs.site import docstrings, example, example_figure, settings
from docs.site.markdown import cell, section, table
from inrbench import Baseline, Task
from inrbench.bench.config.plugins import Registry, source_file
from inrbench.report.labels import baseline, spaced
from inrbench.tasks.core.metrics import METRICS

_ARROWS = {1: " ↑", -1: " ↓"}


def overview(registry: Registry[Task]) -> str:
    """A table of all tasks: name, label, headline metric, classical methods."""
    rows = []
    for name in registry.names():
        plugin = registry.get(name)
        methods = ", ".join(f"`{method}`" for method in plugin().baselines())
        rows.append((f"[`{name}`](#{name})", plugin.label, _metric(plugin.metrics[0]), methods))
    return table(("name", "label", "headline", "classical methods"), rows)


def sections(registry: Registry[Task]) -> str:
    """An entry for each task."""
    return "".join(_entry(registry.get(name)) for name in registry.names())


def pictures(registry: Registry[Task]) -> dict[str, tuple[bytes, str]]:
    """A PNG of a small problem of each task, by its name, and what it shows with the score of each classical method."""
    drawn: dict[str, tuple[bytes, str]] = {}
    for name in registry.names():
        plugin = registry.get(name)
        solved = example.solve(plugin)
        best = _score(plugin, next(iter(solved.scores.values()), 0.0))
        shown = [f"`{solved.signal}`", *(f"{spaced(key)} {value}" for key, value in solved.settings.items())]
        scores = [f"{baseline(method)} {_score(plugin, score)}" for method, score in solved.scores.items()]
        caption = f"{', '.join(shown)}. {', '.join(scores)}".strip()
        drawn[name] = (example_figure.draw(solved, best), caption.removesuffix(".") + ".")
    return drawn


def _entry(plugin: type[Task]) -> str:
    text = docstrings.text(plugin)
    task = plugin()
    listed = "".join(f"\n    - `{name}`: {_about(method)}" for name, method in task.baselines().items())
    facts = {
        "Metrics": ", ".join(_metric(name) for name in plugin.metrics),
        "Signals": ", ".join(f"`{name}`" for name in task.signals()),
        "Classical methods": listed,
        "Needs derivatives": str(task.derivatives) if task.derivatives else "",
        "File": f"`{Path(source_file(plugin)).parent.name}/{Path(source_file(plugin)).name}`",
    }
    meaning = docstrings.attributes(text)
    rows = [
        (f"`{name}`", settings.default(field), settings.allowed(field), cell(meaning.get(name, "").replace("``", "`")))
        for name, field in plugin.model_fields.items()
    ]
    parameters = table(("parameter", "default", "allowed", "meaning"), rows) if rows else "No parameters.\n"
    return section(plugin.name, f"**{plugin.label}**: {docstrings.body(text)}", facts, parameters)


def _metric(name: str) -> str:
    info = METRICS[name].info
    unit = f" ({info.unit})" if info.unit else ""
    return f"{info.label}{unit}{_ARROWS.get(info.direction, '')}"


def _score(plugin: type[Task], value: float) -> str:
    info = METRICS[plugin.metrics[0]].info
    number = format(value, info.format)
    return f"{number} {info.unit}" if info.unit else f"{info.label} {number}"


def _about(method: Baseline) -> str:
    function: Any = method
    while isinstance(function, partial):
        # A method for another problem, such as that of logarithms, has the one that it calls as an argument.
        function = next(filter(callable, function.args), function.func)
    name = baseline(function.__name__)
    return docstrings.first_sentence(inspect.cleandoc(function.__doc__ or name)) + "."
