"""The stored rows as typed objects, in a fixed order."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from bench.errors import BadInput
from bench.store import Store
from report.rows import Method, Point, Run, Suite, Task
from report.stats import estimate


def load(store: Store, jobs: Collection[str] | None = None) -> Suite:
    """Read a suite's results.

    Args:
        store: the suite's folder.
        jobs: the ids of the jobs to report, all by default. A folder also keeps the results of what the suite once was.

    Raises:
        BadInput: if nothing has been run yet.
    """
    rows = [{str(key): _plain(value) for key, value in row.items()} for row in store.runs().to_dict("records")]
    rows = [row for row in rows if jobs is None or row["job_id"] in jobs]
    if not rows:
        raise BadInput(f"{store.root}: no results yet; run `inrbench run {store.suite}` first")
    curves: dict[str, dict[str, list[Point]]] = defaultdict(lambda: defaultdict(list))
    directions: dict[str, dict[str, int]] = defaultdict(dict)
    task_of = {row["job_id"]: row["task"] for row in rows}
    for score in store.scores().to_dict("records"):
        if score["job_id"] not in task_of:
            continue
        job, metric, seconds = score["job_id"], str(score["metric"]), _plain(score["train_s"])
        value = _plain(score["value"])
        curves[job][metric].append(Point(int(score["step"]), seconds, math.nan if value is None else float(value)))
        directions[task_of[job]][metric] = int(_plain(score["direction"]) or 0)
    by_task: dict[str, list[Run]] = defaultdict(list)
    for row in rows:
        points = {name: tuple(sorted(found, key=lambda p: p.step)) for name, found in curves[row["job_id"]].items()}
        by_task[str(row["task"])].append(Run(row, points))
    tasks, superseded = [], 0
    for key, runs in sorted(by_task.items()):
        kept = _newest(runs)
        superseded += len(runs) - len(kept)
        tasks.append(_task(key, kept, directions[key]))
    return Suite(store.suite, store, tuple(tasks), superseded)


def _newest(runs: Iterable[Run]) -> list[Run]:
    """Of each method and signal the runs with the settings that were run last: two settings have no mean."""
    groups: dict[tuple[str, ...], list[Run]] = defaultdict(list)
    for run in runs:
        groups[run.text("kind"), run.text("method"), run.text("signal")].append(run)
    kept: list[Run] = []
    for members in groups.values():
        last = max(members, key=lambda run: (run.text("started_at"), run.job_id))
        kept += [run for run in members if run.declared == last.declared]
    return kept


def _task(key: str, runs: list[Run], found: Mapping[str, int]) -> Task:
    metric = next((name for run in runs if (name := run.text("metric"))), "psnr")
    diagnostics = {name for name, direction in found.items() if direction == 0 or "/" in name} - {metric, "loss"}
    names = [metric, *sorted(set(found) - diagnostics - {metric, "loss"}), *({"loss"} & set(found) - {metric})]
    directions = {name: found.get(name, 1) for name in names}
    kinds: dict[str, list[Method]] = {"activation": [], "baseline": []}
    labels = Counter(label for _, label in {(run.text("method"), run.text("label")) for run in runs})
    for kind, methods in kinds.items():
        grouped: dict[str, list[Run]] = defaultdict(list)
        for run in runs:
            if run.text("kind") == kind:
                grouped[run.text("method")].append(run)
        for name, members in sorted(grouped.items()):
            label = members[0].text("label") or name
            label = f"{label} ({name})" if labels[label] > 1 and label != name else label
            members.sort(key=lambda run: (run.cell, run.job_id))
            methods.append(Method(name, label, members[0].text("activation"), tuple(members)))
    activations, baselines = (_ranked(methods, metric, directions[metric]) for methods in kinds.values())
    return Task(
        key, runs[0].text("task_name") or key, metric, directions, tuple(sorted(diagnostics)), activations, baselines
    )


def _ranked(methods: Iterable[Method], metric: str, direction: int) -> tuple[Method, ...]:
    """Best first; then those that lack a signal, whose means do not compare; then those without a value."""
    found = {method.key: estimate(method.final(metric)) for method in methods}
    needed = {signal for item in found.values() if item for signal in item.signals}

    def order(method: Method) -> tuple[bool, bool, float, str]:
        item = found[method.key]
        if item is None:
            return True, True, 0.0, method.key
        return False, item.signals != needed, -direction * item.mean, method.key

    return tuple(sorted(methods, key=order))


def _plain(value: Any) -> Any:
    """A stored value as Python's own type; null and NaN become None."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if hasattr(value, "item") else value
