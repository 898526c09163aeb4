"""Gallery of tasks: a page and a picture of each, from the registry."""

from __future__ import annotations

import inspect
from functools import partial
from pathlib import Path

from docs.site import docstrings, example, example_figure
from docs.site.markdown import card, cell, section, table
from inrbench.bench.config.plugins import Registry, source_file
from inrbench.report.labels import baseline, spaced
from inrbench.tasks import Baseline, Task
from inrbench.tasks.core.metrics import METRICS

INTRODUCTION = """# Tasks

Each task of the registry, with a small problem of it: the truth, what is measured, and the best of its classical
methods on it. Points that were not measured are sand-coloured, signed values violet and orange. A volume or a clip is
cut in the middle. Metrics are those of the last step, the headline first; ↑ says that higher is better.
"""

_ARROWS = {1: " ↑", -1: " ↓"}


def pages(registry: Registry[Task]) -> dict[str, str | bytes]:
    """The page ``tasks.md`` and its pictures by their place on the site."""
    cards, entries = [], []
    files: dict[str, str | bytes] = {}
    for name in registry.names():
        plugin = registry.get(name)
        solved = example.solve(plugin)
        files[_place(name)] = example_figure.draw(solved, _score(plugin, next(iter(solved.scores.values()), 0.0)))
        cards.append(card(plugin.label, name, _place(name)))
        entries.append(_entry(plugin, solved))
    files["tasks.md"] = "\n".join([INTRODUCTION, '<div class="gallery wide" markdown>', *cards, "</div>\n", *entries])
    return files


def _place(name: str) -> str:
    return f"gallery/tasks/{name}.png"


def _entry(plugin: type[Task], solved: example.Example) -> str:
    text = docstrings.text(plugin)
    settings = ", ".join(f"{spaced(key)} {value}" for key, value in solved.settings.items())
    picture = f"![{plugin.label}]({_place(plugin.name)})\n\n*`{solved.signal}`{', ' if settings else ''}{settings}.*\n"
    methods = plugin(**solved.settings).baselines()
    facts = {
        "Problem": docstrings.first_sentence(text) + ".",
        "Operator": example.operator_text(solved.problem),
        "Metrics": ", ".join(_metric(name) for name in plugin.metrics),
        "Classical methods": "".join(
            f"\n    - `{name}` ({_score(plugin, score)} here): {_about(methods[name])}"
            for name, score in solved.scores.items()
        ),
        "File": f"`{Path(source_file(plugin)).parent.name}/{Path(source_file(plugin)).name}`",
    }
    about = docstrings.attributes(text)
    rows = [
        (f"`{name}`", f"`{field.default!r}`", cell(about.get(name, ""))) for name, field in plugin.model_fields.items()
    ]
    parameters = table(("parameter", "default", "meaning"), rows) if rows else "No parameters.\n"
    return section(plugin.label, plugin.name, picture, facts, parameters, docstrings.body(text))


def _metric(name: str) -> str:
    info = METRICS[name].info
    unit = f" ({info.unit})" if info.unit else ""
    return f"{info.label}{unit}{_ARROWS.get(info.direction, '')}"


def _score(plugin: type[Task], value: float) -> str:
    info = METRICS[plugin.metrics[0]].info
    number = format(value, info.format)
    return f"{number} {info.unit}" if info.unit else f"{info.label} {number}"


def _about(method: Baseline) -> str:
    function = method.func if isinstance(method, partial) else method
    name = baseline(function.__name__)
    return docstrings.first_sentence(inspect.cleandoc(function.__doc__ or name)) + "."
