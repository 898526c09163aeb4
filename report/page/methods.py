"""What the page says of each method: on each task its value, place, settings and failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from inrbench.report.data.model import Method, SuiteResults, TaskResults
from inrbench.report.data.stats import estimate
from inrbench.report.labels import engine, named_settings, shared_settings, span, with_interval
from inrbench.report.tables.build import DASH


@dataclass(frozen=True)
class Profile:
    """A method with a row for each task: task, final value, place, parameters, network, training, engine, failures."""

    key: str
    label: str
    rows: Sequence[tuple[str, ...]]


COLUMNS = ("task", "final value", "place", "parameters", "network", "training", "engine", "failed runs")


def methods(suite: SuiteResults) -> list[Profile]:
    """The profile of each network of the suite, in the order of the tasks' tables."""
    labels: dict[str, str] = {}
    for task in suite.tasks:
        for method in task.activations:
            labels.setdefault(method.key, method.label)
    return [Profile(key, label, [_row(*pair) for pair in _places(suite, key)]) for key, label in labels.items()]


def _places(suite: SuiteResults, key: str) -> list[tuple[TaskResults, int]]:
    """The tasks on which a method ran, each with its place in the table from 0."""
    orders = [(task, [method.key for method in task.activations]) for task in suite.tasks]
    return [(task, keys.index(key)) for task, keys in orders if key in keys]


def _row(task: TaskResults, place: int) -> tuple[str, ...]:
    method, metric = task.activations[place], task.headline
    item = estimate(method.final(metric.name))
    value = f"{metric.short} {with_interval(item.mean, item.half, metric.spec)} {metric.unit}".strip() if item else DASH
    rank = f"{place + 1} of {len(task.activations)}" if item and metric.direction else DASH
    return (task.key, value, rank, *settings(method), method.statuses() or "none")


def settings(method: Method) -> tuple[str, str, str, str]:
    """Parameters, network, training and engine of a method."""
    spans = {column: span(run.number(column) for run in method.runs) for column in ("depth", "width")}
    parts = [
        named_settings(method.runs[0].settings("activation_params")),
        [f"{column} {text}" for column, text in spans.items() if text != DASH],
        shared_settings([run.settings("train") for run in method.runs], "per signal"),
        sorted({engine(timing.engine) for timing in method.timings}),
    ]
    parameters, network, training, engines = (", ".join(texts) or DASH for texts in parts)
    return parameters, network, training, engines
