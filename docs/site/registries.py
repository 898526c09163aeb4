"""Tables of the short references: optimisers, suites, metrics, signals, commands."""

from __future__ import annotations

import argparse
import functools
import inspect
from collections import Counter

from docs.site import archive, docstrings, settings
from docs.site.markdown import cell, table
from inrbench import Task
from inrbench.bench import cli
from inrbench.bench.config import expand, suite
from inrbench.bench.config.plugins import Plugins, Registry
from inrbench.bench.optimizers import Optimizer
from inrbench.bench.results import runs
from inrbench.tasks.core.metrics import METRICS
from inrbench.tasks.signals.load import describe, load


def optimizers(registry: Registry[Optimizer]) -> str:
    """All optimisers with their settings."""
    rows = []
    for name in registry.names():
        plugin = registry.get(name)
        params = ", ".join(f"`{key}` {settings.default(field)}" for key, field in plugin.model_fields.items())
        rows.append((f"`{name}`", plugin.label, params, cell(docstrings.first_sentence(docstrings.text(plugin)) + ".")))
    return table(("name", "label", "settings and their defaults", "about"), rows)


def suites(plugins: Plugins) -> str:
    """All shipped suites: what they are for, their size, and the time of the jobs that are stored in `docs/results`."""
    return table(
        ("name", "what for", "cases", "methods", "repeats", "jobs", "time of stored jobs"),
        (_suite(name, plugins) for name in suite.shipped()),
    )


def claims() -> str:
    """What the paper on BW-ReLU says, and whether it holds here: the claims of suites ``paper-…``."""
    rows = []
    for name in suite.shipped():
        if name.startswith("paper-") and (claim := suite.load(name)[0].claim):
            texts = (claim.figure, claim.says, claim.full, claim.small)
            rows.append((f"`{name}`", *(cell(" ".join((text or "—").split())) for text in texts)))
    return table(("suite", "figure", "claim", "full size", "small scale"), rows)


def _suite(name: str, plugins: Plugins) -> tuple[str, ...]:
    chosen, where = suite.load(name)
    jobs = expand.jobs(chosen, plugins, where)
    cases = {(job.task_key, job.signal) for job in jobs}
    repeats = sorted({job.repeat for job in jobs})
    methods = {job.method for job in jobs if job.activation}
    about = cell(" ".join(chosen.description.split()))
    return (f"`{name}`", about, *map(str, (len(cases), len(methods), len(repeats))), f"{len(jobs):,}", _stored(name))


def _stored(name: str) -> str:
    """Hours of one worker, where results of the suite are stored."""
    folder = archive.RESULTS / name
    if not folder.is_dir():
        return ""
    stored = runs(folder)
    return f"{stored['wall_s'].sum() / 3600:.1f} h ({len(stored):,} jobs)"


def metrics(registry: Registry[Task]) -> str:
    """All metrics of a truth: label, unit, direction, definition, and how many tasks score them; a dash for none."""
    used = Counter(metric for name in registry.names() for metric in scored(registry.get(name)))
    words = {1: "higher", -1: "lower", 0: "neither"}
    rows = []
    for name, metric in METRICS.items():
        function = metric.function.func if isinstance(metric.function, functools.partial) else metric.function
        about = docstrings.first_sentence(inspect.cleandoc(function.__doc__ or "")) + "."
        info = metric.info
        rows.append((f"`{name}`", info.label, info.unit, words[info.direction], str(used[name] or "—"), cell(about)))
    return table(("name", "label", "unit", "better", "tasks", "definition"), rows)


def scored(task: type[Task]) -> set[str]:
    """The metrics that a task's small variants score of the truth of its first signal."""
    found = set(task.metrics)
    for variant in task.small():
        problem = variant.problem(load(variant.signals()[0]), 0)
        found |= {metric.partition("/")[0] for metric in variant.score(problem, problem.truth)}
    return found


def signals() -> str:
    """All registered signals."""
    rows = [
        (
            f"`{row['name']}`",
            row["kind"],
            row["size"],
            cell(row["description"]),
            cell(f"{row['package'].partition(' ')[0]}; {row['licence']}"),
        )
        for row in describe()
    ]
    return table(("name", "kind", "size", "about", "source and licence"), rows)


def commands() -> str:
    """An entry for each command of ``inrbench``: what it does, its arguments, examples."""
    (choices,) = (action.choices for action in cli.parser()._actions if isinstance(action, argparse._SubParsersAction))
    return "".join(_command(name, parser) for name, parser in choices.items())


def _command(name: str, parser: argparse.ArgumentParser) -> str:
    shown = [action for action in parser._actions if action.help != argparse.SUPPRESS and action.dest != "help"]
    rows = [(f"`{_usage(action)}`", cell((action.help or "").replace("%%", "%"))) for action in shown]
    arguments = table(("argument", "meaning"), rows)
    examples = "".join(f"    {line}\n" for line in getattr(parser, "examples", ()))
    about = parser.description or ""
    return f"\n## {name}\n\n{about[:1].upper()}{about[1:]}.\n\n{arguments}\n{examples}"


def _usage(action: argparse.Action) -> str:
    """An argument as it is written: ``-t NAME``, ``SUITE``, ``[JOB]``."""
    choices = "{" + ",".join(map(str, action.choices)) + "}" if action.choices else ""
    value = str(action.metavar or choices or action.dest.upper())
    if action.option_strings:
        return action.option_strings[0] if action.nargs == 0 else f"{action.option_strings[0]} {value}"
    return f"[{value}]" if action.nargs == "?" else value
