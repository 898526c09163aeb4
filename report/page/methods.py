"""What the page says of each method: on each task its value, place, settings and failures, and published numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inrbench.report.data.model import Method, SuiteResults, TaskResults
from inrbench.report.data.published import Published, published
from inrbench.report.data.stats import estimate
from inrbench.report.data.sweeps import GoodRange, good_range, over_methods, swept
from inrbench.report.data.trials import searched
from inrbench.report.labels import MetricLabel, engine, shared_settings, spaced, span
from inrbench.report.tables.build import DASH
from inrbench.report.tables.leaderboard import labels


@dataclass(frozen=True)
class Profile:
    """A method with its rows on the page.

    Attributes:
        rows: one for each task, with the texts of `COLUMNS`.
        published: one for each published number on a task of the suite, with the texts of `PUBLISHED`.
    """

    key: str
    label: str
    rows: Sequence[tuple[str, ...]]
    published: Sequence[tuple[str, ...]] = ()


COLUMNS = ("task", "final value", "place", "parameters", "good range", "network", "training", "engine", "failed runs")
PUBLISHED = ("task", "published", "here", "data", "size", "protocol", "source")


def methods(suite: SuiteResults) -> list[Profile]:
    """The profile of each network of the suite, in the order of the tasks' tables."""
    ranges = {task.key: _good_ranges(suite, task) for task in suite.tasks}
    profiles = []
    for key, label in labels(suite).items():
        places = _places(suite, key)
        rows = [_row(task, place, ranges[task.key].get(key, DASH)) for task, place in places]
        profiles.append(Profile(key, label, rows, _published([(task, task.activations[p]) for task, p in places])))
    return profiles


def _places(suite: SuiteResults, key: str) -> list[tuple[TaskResults, int]]:
    """The tasks on which a method ran, each with its place in the table from 0."""
    orders = [(task, [method.key for method in task.activations]) for task in suite.tasks]
    return [(task, keys.index(key)) for task, keys in orders if key in keys]


def _row(task: TaskResults, place: int, good: str) -> tuple[str, ...]:
    method = task.activations[place]
    value = _value(task.headline, method)
    rank = f"{place + 1} of {len(task.activations)}" if value != DASH and task.headline.direction else DASH
    parameters, *others = settings(method)
    return (task.key, value, rank, parameters, good, *others, method.statuses() or "none")


def _value(metric: MetricLabel, method: Method) -> str:
    item = estimate(method.final(metric.name))
    return metric.estimate(item.mean, item.half) if item else DASH


def settings(method: Method) -> tuple[str, str, str, str]:
    """Parameters, network, training and engine of a method."""
    spans = {column: span(run.number(column) for run in method.runs) for column in ("depth", "width")}
    parts = [
        shared_settings([run.settings("activation_params") for run in method.runs], "per signal"),
        [f"{column} {text}" for column, text in spans.items() if text != DASH],
        shared_settings([run.settings("train") for run in method.runs], "per signal"),
        sorted({engine(timing.engine) for timing in method.timings}),
    ]
    parameters, network, training, engines = (", ".join(texts) or DASH for texts in parts)
    return parameters, network, training, engines


# -- sensitivity -------------------------------------------------------------------------------------------------------


def _good_ranges(suite: SuiteResults, task: TaskResults) -> Mapping[str, str]:
    """For each method the values of its settings that are within 1 dB of the best: among the trials of the search, or
    in a sweep of the suite."""
    if task.headline.unit != "dB":
        return {}
    found = {
        method.key: ", ".join(f"{spaced(name)} {values}" for name, values in method.good_ranges().items())
        for method in searched(suite, task)
    }
    for sweep in over_methods(task):
        families = {line.key: item for line in sweep.lines if (item := good_range(sweep, line))}
        for method in task.activations:
            if item := families.get(swept(method.key)[0]):
                found[method.key] = f"{spaced(sweep.setting)} {_range(item)}"
    return found


def _range(item: GoodRange) -> str:
    return f"{'≤ ' * item.open_low}{item.low:.3g} to {'≥ ' * item.open_high}{item.high:.3g}"


# -- published numbers -------------------------------------------------------------------------------------------------


def _published(ran: Sequence[tuple[TaskResults, Method]]) -> list[tuple[str, ...]]:
    """The published numbers on the tasks on which a method ran, each beside its own value."""
    return [
        _beside(task, method, item)
        for task, method in ran
        for item in published()
        if (item.method, item.task) == (method.activation, task.name) and item.metric in task.metrics
    ]


def _beside(task: TaskResults, method: Method, item: Published) -> tuple[str, ...]:
    metric = task.metrics[item.metric]
    source = f"{item.paper} (arXiv {item.arxiv})" if item.arxiv else item.paper
    value = f"{metric.short} {metric.value(item.value)}"
    return (task.key, value, _value(metric, method), item.data, item.size, item.protocol, source)
