"""Chart of the search for settings: the expected best score against the number of trials."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from inrbench.report.data.trials import searched
from inrbench.report.figures.axes import legend, marker, tick, value_axis
from inrbench.report.figures.registry import TUNING, Scene, TaskFigure
from inrbench.report.labels import span


def draw(scene: Scene) -> Figure | None:
    """A line for each method, up to all of its trials; None where no method has two trials."""
    found = [method for method in searched(scene.suite, scene.task) if len(method.trials) > 1]
    if not found:
        return None
    figure = Figure(figsize=(5.2, 3.4), layout="constrained")
    axis = figure.subplots()
    for method in reversed(found):  # the best on top
        style, counts = scene.styles[method.key], range(1, len(method.trials) + 1)
        values = [method.expected_best(count) for count in counts]
        axis.plot(counts, values, color=style.color, ls=style.line, ms=4, markevery=0.12, **marker(style))
    most = max(len(method.trials) for method in found)
    axis.set_xscale("log", base=2)
    places = [2**power for power in range(most.bit_length())]
    axis.set_xticks(places, [tick(place) for place in places])
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set(xlabel="trials", ylabel=f"expected best {scene.task.headline.label}")
    value_axis(axis, scene.task.headline)
    keys = {method.key for method in found}
    drawn = [method for method in scene.task.activations if method.key in keys]
    legend(figure, figure.get_figwidth(), drawn, scene.styles)
    return figure


def _caption(scene: Scene) -> str:
    steps = span(method.steps for method in searched(scene.suite, scene.task))
    return (
        f"Expected best {scene.task.headline.short} on {scene.task.key} against the number of trials, each trained for "
        f"{steps} steps: the mean over all subsets of this number. A method whose line still improves had too few."
    )


FIGURE = TaskFigure(
    "tuning",
    "",
    draw,
    _caption,
    lambda scene: f"Expected best {scene.task.headline.short} against the number of trials on {scene.task.key}",
    part=TUNING,
)
