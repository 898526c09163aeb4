"""The jobs of small suites, for the tests of suites and of their expansion."""

from __future__ import annotations

from typing import Any

from inrbench.bench.config import expand
from inrbench.bench.config import suite as suites
from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.strict_yaml import read_yaml, validated
from inrbench.bench.config.suite import Suite

PLUGINS = Plugins()


def lay_out(text: str, **choices: Any) -> list[Job]:
    """The jobs of a small suite with the YAML ``text`` put over it, as ``-a`` and ``-t`` choose them."""
    base = {"suite": "s", "repeats": 1, "model": {"width": 8, "depth": 2}, "train": {"steps": 5}}
    values = {**base, "tasks": {"image": {"signals": ["camera"], "size": 16}}, "activations": {"relu": {}}}
    chosen = validated(Suite, {**values, **(read_yaml(text, "s.yaml") or {})}, "s.yaml")
    chosen = suites.select_activations(chosen, choices.get("activations", ()))
    return expand.jobs(suites.select_tasks(chosen, choices.get("tasks", ())), PLUGINS, "s.yaml")
