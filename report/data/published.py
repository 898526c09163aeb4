"""Published numbers of methods, from ``report/published.yaml``, to be shown beside measured ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import yaml


@dataclass(frozen=True)
class Published:
    """One published number.

    Attributes:
        method: the activation's plugin.
        task, metric: the task's plugin and the metric that come nearest.
        value: the number, in the unit of the metric.
        data, size: what was reconstructed, and by networks of what size.
        paper: where it was published; ``arxiv`` is its number there, empty for none.
        protocol: what has to be known to compare.
    """

    method: str
    task: str
    metric: str
    value: float
    data: str
    size: str
    paper: str
    protocol: str
    arxiv: str = ""


@cache
def published() -> tuple[Published, ...]:
    """All published numbers, in the order of the file."""
    text = (resources.files("inrbench.report") / "published.yaml").read_text(encoding="utf-8")
    return tuple(
        Published(method=method, value=float(value), **entry)
        for entry in yaml.safe_load(text)
        for method, value in entry.pop("values").items()
    )
