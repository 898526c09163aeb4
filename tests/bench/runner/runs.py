"""A small suite of jobs that fail in the ways they are told to, and its run."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from inrbench.bench.config import expand
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.config.strict_yaml import read_yaml, validated
from inrbench.bench.config.suite import Suite
from inrbench.bench.machine.devices import SlotSpec
from inrbench.bench.runner import plan
from inrbench.bench.runner.plan import RunOptions
from inrbench.bench.runner.runner import Runner, local_slots
from inrbench.bench.store.store import Store

CPU = SlotSpec("cpu", "", threads=1, exclusive=True)


def settings(ways: list[str], steps: int = 2) -> Suite:
    activations = {"relu": {}, **{way: {"activation": "trouble", "how": way} for way in ways}}
    values = read_yaml(
        f"{{suite: s, repeats: 1, model: {{width: 8, depth: 2}}, train: {{steps: {steps}}}, "
        "tasks: {image: {signals: [camera], size: 16}}}",
        "s",
    )
    return validated(Suite, {**values, "activations": activations}, "s")


def run(trouble: Path, results: Path, ways: list[str], options: RunOptions | None = None) -> pd.DataFrame:
    """Run the suite of those ways to fail; returns the stored rows by method."""
    plugins = Plugins([trouble])
    store = Store(results, "s")
    jobs = expand.jobs(settings(ways), plugins, "s")
    work = plan.make(jobs, store)
    list(Runner(store, local_slots(store, [CPU], plugins.files), options).run(work.todo, {}))
    return store.runs().set_index("method")
