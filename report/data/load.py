"""The stored rows as typed objects, in a fixed order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from report.data.model import Method, Point, Run, Suite, Task
from report.data.stats import estimate
from report.source import Declared, NoResults, Results


def load(store: Results, declared: Iterable[Declared] | None = None) -> Suite:
    """Read a suite's results.

    Args:
        store: the suite's folder.
        declared: the jobs to report, all that are stored by default (a folder also keeps the results of what the suite
            once was). Their tasks come in this order, and a result is shown under every task, method and label that the
            suite declares it as, whatever its row was stored as.

    Raises:
        NoResults: if nothing has been run yet.
    """
    rows = _rows(store, declared)
    if not rows:
        raise NoResults(f"{store.root}: no results yet; run `inrbench run {store.suite}` first")
    by_task: dict[str, list[Run]] = defaultdict(list)
    directions: dict[str, dict[str, int]] = defaultdict(dict)
    curves, better = _curves(store, {row["job_id"] for row in rows})
    for row in rows:
        by_task[str(row["task"])].append(Run(row, curves.get(row["job_id"], {})))
        directions[str(row["task"])] |= better.get(row["job_id"], {})
    tasks, superseded = [], 0
    for key, runs in by_task.items():
        kept = _newest(runs)
        superseded += len(runs) - len(kept)
        tasks.append(_task(key, kept, directions[key]))
    return Suite(store.suite, store, tuple(tasks), superseded)


def _rows(store: Results, declared: Iterable[Declared] | None) -> list[dict[str, Any]]:
    """The rows of ``runs``, NaN as None, in the order of their tasks."""
    stored = {
        row["job_id"]: {name: None if value != value else value for name, value in row.items()}
        for row in store.table("runs").to_pylist()
    }
    if declared is None:
        return sorted(stored.values(), key=lambda row: (row["task"], row["job_id"]))
    names = {
        (job.job_id, job.task_key, job.method): {"task": job.task_key, "method": job.method, "label": job.label}
        for job in declared
    }
    order = {task: place for place, task in enumerate(dict.fromkeys(task for _, task, _ in names))}
    rows = [stored[job_id] | name for (job_id, *_), name in names.items() if job_id in stored]
    return sorted(rows, key=lambda row: (order[row["task"]], row["job_id"]))


def _curves(
    store: Results, jobs: Collection[str]
) -> tuple[dict[str, dict[str, tuple[Point, ...]]], dict[str, dict[str, int]]]:
    """For each job and metric the points by step, and the direction."""
    table = store.table("scores")
    table = table.filter(pc.is_in(table.column("job_id"), value_set=pa.array(sorted(jobs), pa.string())))
    names, codes = {}, {}
    for column in ("job_id", "metric"):
        encoded = table.column(column).combine_chunks().dictionary_encode()
        names[column], codes[column] = encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
    steps = table.column("step").to_numpy()
    order = np.lexsort((steps, codes["metric"], codes["job_id"]))  # stable: rows of one step keep their order
    job, metric = codes["job_id"][order], codes["metric"][order]
    ends = np.flatnonzero((np.diff(job, append=-1) != 0) | (np.diff(metric, append=-1) != 0)) + 1
    seconds, values = (table.column(name).to_numpy()[order].tolist() for name in ("train_s", "value"))
    points = list(map(Point, steps[order].tolist(), (None if s != s else s for s in seconds), values))
    better = np.nan_to_num(table.column("direction").to_numpy()[order]).astype(int)
    curves: dict[str, dict[str, tuple[Point, ...]]] = defaultdict(dict)
    directions: dict[str, dict[str, int]] = defaultdict(dict)
    start = 0
    for end in ends.tolist():
        key, name = names["job_id"][job[start]], names["metric"][metric[start]]
        curves[key][name] = tuple(points[start:end])
        directions[key][name] = int(better[end - 1])
        start = end
    return curves, directions


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
