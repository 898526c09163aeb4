"""Reader of stored results: builds the results model from parquet tables, always in the same order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from inrbench.report.data.model import CurvePoint, Method, Run, SuiteResults, TaskResults
from inrbench.report.data.stats import estimate
from inrbench.report.labels import MetricLabel, spaced, told_apart
from inrbench.report.source import Declared, NoResults, StoredResults


def load(store: StoredResults, declared: Iterable[Declared] | None = None) -> SuiteResults:
    """The results of a suite as typed objects.

    Args:
        store: the stored results of the suite.
        declared: the jobs to report; by default all stored ones, which include those of earlier versions of the suite.
            Tasks come in this order. A result appears under every task, method and label that the suite declares for
            its job, whatever names its row has.

    Raises:
        NoResults: if none of the jobs has a stored row.
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
    tasks, superseded, titles = [], 0, _titles(rows)
    for key, runs in by_task.items():
        kept = _newest(runs)
        superseded += len(runs) - len(kept)
        tasks.append(_task(key, titles[key], kept, directions[key]))
    return SuiteResults(store.suite, store, tuple(tasks), superseded)


def _rows(store: StoredResults, declared: Iterable[Declared] | None) -> list[dict[str, Any]]:
    """The rows of ``runs`` with the declared names, NaN as None, in the order of their tasks."""
    stored = {
        row["job_id"]: {name: None if value != value else value for name, value in row.items()}
        for row in store.table("runs").to_pylist()
    }
    if declared is None:
        return sorted(stored.values(), key=lambda row: (row["task"], row["job_id"]))
    names = {
        (job.job_id, job.task_key, job.method): {
            "task": job.task_key,
            "task_label": job.task_label,
            "method": job.method,
            "label": job.label,
        }
        for job in declared
    }
    order = {task: place for place, task in enumerate(dict.fromkeys(task for _, task, _ in names))}
    rows = [stored[job_id] | name for (job_id, *_), name in names.items() if job_id in stored]
    return sorted(rows, key=lambda row: (order[row["task"]], row["job_id"]))


def _curves(
    store: StoredResults, jobs: Collection[str]
) -> tuple[dict[str, dict[str, tuple[CurvePoint, ...]]], dict[str, dict[str, int]]]:
    """The points by step of each job and metric, and the direction of each."""
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
    points = list(map(CurvePoint, steps[order].tolist(), (None if s != s else s for s in seconds), values))
    better = np.nan_to_num(table.column("direction").to_numpy()[order]).astype(int)
    curves: dict[str, dict[str, tuple[CurvePoint, ...]]] = defaultdict(dict)
    directions: dict[str, dict[str, int]] = defaultdict(dict)
    start = 0
    for end in ends.tolist():
        key, name = names["job_id"][job[start]], names["metric"][metric[start]]
        curves[key][name] = tuple(points[start:end])
        directions[key][name] = int(better[end - 1])
        start = end
    return curves, directions


def _newest(runs: Iterable[Run]) -> list[Run]:
    """The runs with the newest settings of each method and signal: runs of different settings are never averaged."""
    groups: dict[tuple[str, ...], list[Run]] = defaultdict(list)
    for run in runs:
        groups[run.text("kind"), run.text("method"), run.text("signal")].append(run)
    kept: list[Run] = []
    for members in groups.values():
        last = max(members, key=lambda run: (run.text("started_at"), run.job_id))
        kept += [run for run in members if run.declared == last.declared]
    return kept


def _metrics(runs: Iterable[Run], found: Mapping[str, int]) -> dict[str, MetricLabel]:
    """The metrics with scores, as the newest run describes each of them; ``found`` has the directions of the scores."""
    described: dict[str, Any] = {}
    for run in sorted(runs, key=lambda run: (run.text("started_at"), run.job_id)):
        described |= {name: value for name, value in run.settings("metrics").items() if isinstance(value, dict)}
    return {name: MetricLabel.described(name, described.get(name, {}), direction) for name, direction in found.items()}


def _titles(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The title of each task: the label of its plugin, with the suite's key or the swept values where others share it.

    Stored rows that no suite declares have the key alone.
    """
    labels = {str(row["task"]): (row.get("task_label") or "", str(row["task_name"])) for row in rows}
    keys: dict[str, set[str]] = defaultdict(set)
    for key, (label, _) in labels.items():
        keys[label].add(key.partition("[")[0])
    titles = {}
    for key, (label, name) in labels.items():
        own, _, values = key.partition("[")
        if label:
            own = f"{label} ({own})" if len(keys[label]) > 1 and own != name else label
        swept = [spaced(part.replace("=", " ")) for part in values[:-1].split(",")] if values else []
        titles[key] = ", ".join([own, *swept])
    return titles


def _task(key: str, title: str, runs: list[Run], found: Mapping[str, int]) -> TaskResults:
    headline = next((name for run in runs if (name := run.text("metric"))), "psnr")
    metrics = _metrics(runs, {headline: 1, **found})
    diagnostics = {name for name, item in metrics.items() if item.direction == 0 or "/" in name} - {headline, "loss"}
    names = [headline, *sorted(set(metrics) - diagnostics - {headline, "loss"}), *({"loss"} & set(found) - {headline})]
    metrics = {name: metrics[name] for name in names}
    kinds: dict[str, list[Method]] = {"activation": [], "baseline": []}
    labels = told_apart((run.text("method"), run.text("label") or run.text("method")) for run in runs)
    for kind, methods in kinds.items():
        grouped: dict[str, list[Run]] = defaultdict(list)
        for run in runs:
            if run.text("kind") == kind:
                grouped[run.text("method")].append(run)
        for name, members in sorted(grouped.items()):
            label = labels[name, members[0].text("label") or name]
            members.sort(key=lambda run: (run.cell, run.job_id))
            methods.append(Method(name, label, members[0].text("activation"), tuple(members)))
    activations, baselines = (_ranked(methods, metrics[headline]) for methods in kinds.values())
    return TaskResults(
        key, runs[0].text("task_name") or key, title, metrics, tuple(sorted(diagnostics)), activations, baselines
    )


def _ranked(methods: Iterable[Method], metric: MetricLabel) -> tuple[Method, ...]:
    """Best first; then those that lack a signal, whose means do not compare; then those without a value."""
    means = {method.key: estimate(method.final(metric.name)) for method in methods}
    needed = {signal for item in means.values() if item for signal in item.signals}

    def order(method: Method) -> tuple[bool, bool, float, str]:
        item = means[method.key]
        if item is None:
            return True, True, 0.0, method.key
        return False, item.signals != needed, -metric.direction * item.mean, method.key

    return tuple(sorted(methods, key=order))
