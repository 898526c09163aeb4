"""Stored results as pandas DataFrames, and the comparison of two results folders.

For notebooks and scripts that go beyond the report::

    from inrbench.bench import results

    runs = results.runs("results/quick")  # one row per job
    scores = results.scores("results/quick")  # one row for each job, step and metric
    final = results.final("results/quick")  # one row per job, with the final value of its headline metric
    print(results.compare("machine-a/quick", "machine-b/quick").table)

docs/reference/results.md describes the columns, which are those of `inrbench.bench.store.columns`. Only `network`
imports torch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from inrbench.bench.errors import BadInput
from inrbench.bench.store.columns import DECLARED, PROVENANCE
from inrbench.bench.store.headline import with_headline
from inrbench.bench.store.store import Store

if TYPE_CHECKING:
    from torch import nn

CELL = ["task", "signal", "method", "repeat", "metric"]
"""Columns of `runs` that pair the jobs of two folders."""

TIDY = ["task", "signal", "kind", "method", "label", "repeat", "params", "engine", "timing_valid", "device_name"]
"""Columns of `runs` that `tidy` repeats for every score."""

_NO_CAUSE = {"started_at", "log", "suite", "label", "metrics"}
"""Columns of `runs` that tell nothing about why two results differ."""

COMPARED = [
    *(column.name for column in DECLARED if column.name not in {*CELL, *_NO_CAUSE, "job_id"}),
    *("width", "params", "block_rows", "engine"),
    *(column.name for column in PROVENANCE if column.name not in _NO_CAUSE),
]
"""Columns of `runs` that `compare` holds against each other: settings, what was built, provenance."""


def runs(folder: str | Path) -> pd.DataFrame:
    """One row per job, its latest attempt, with the columns of `bench.store.columns.RUN_COLUMNS`, ordered by job id.

    Args:
        folder: results of one suite, e.g. ``results/quick``.

    Raises:
        BadInput: if there are no results in the folder.
    """
    return _frame(store_of(folder), "runs")


def scores(folder: str | Path) -> pd.DataFrame:
    """One row for each job, step and metric: ``job_id, step, train_s, metric, value, direction``.

    Raises:
        BadInput: as `runs`.
    """
    return _frame(store_of(folder), "scores")


def final(folder: str | Path) -> pd.DataFrame:
    """`runs` with two columns more: ``value``, the last value of the job's headline metric, and its ``direction``.

    ``direction`` is 1 if higher is better, else -1. A failed job has neither.

    Raises:
        BadInput: as `runs`.
    """
    return with_headline(runs(folder), scores(folder))


def tidy(folder: str | Path) -> pd.DataFrame:
    """`scores` with the columns `TIDY` of their job, ordered, for a CSV file or a plot.

    Raises:
        BadInput: as `runs`.
    """
    store = store_of(folder)
    jobs, scores = _frame(store, "runs"), _frame(store, "scores")
    merged = jobs[["job_id", *TIDY]].merge(scores, on="job_id", validate="one_to_many")
    return merged.sort_values(["task", "signal", "method", "repeat", "job_id", "metric", "step"], ignore_index=True)


def network(folder: str | Path, job_id: str, plugins: Sequence[str | Path] = ()) -> nn.Module:
    """The trained network of a job that was run with ``keep_weights=True`` or ``--keep-weights``.

    It maps coordinates (N, d) to values (N, C), both float32, and is on the CPU in evaluation mode. Coordinates are in
    the order of the axes of the array, (y, x) for a picture of shape (H, W), (frame, y, x) for a video, and run from
    -1 to 1 over the whole extent: sample i of n along an axis has its centre at (2 i + 1) / n - 1, which
    `inrbench.grid_coords` gives in row-major order. Channels are those of the task's truth, in [0, 1] for pictures and
    shapes, [-1, 1] for sounds; a task that trains on two parts of a complex picture has two::

        network = results.network("results/quick", "0c9a51f2")
        finer = network(inrbench.grid_coords((512, 512))).reshape(512, 512, -1)

    Args:
        folder: results of one suite.
        job_id: as in `runs`; its first digits are enough.
        plugins: files with your activations and tasks. Their code is run, so it is never taken from the folder
            automatically.

    Raises:
        BadInput: if there is no such job, or its weights were not kept.
    """
    from inrbench.bench.networks import trained

    return trained(store_of(folder), job_id, plugins).module


@dataclass(frozen=True)
class Comparison:
    """A comparison of two results folders.

    Attributes:
        table: one row for each task and method that both have: headline metric, mean of the first and of the second,
            their paired difference (second − first) with the half-width of its 95 % interval over repeats (NaN with one
            repeat), the number of pairs, and the ratio of training times (second / first; NaN where none are valid on
            both sides).
        differences: one row for each column of `COMPARED` that differs in at least one pair: values of both sides.
        only_first, only_second: number of successful jobs without a partner.
    """

    table: pd.DataFrame
    differences: pd.DataFrame
    only_first: int
    only_second: int


def compare(first: str | Path, second: str | Path) -> Comparison:
    """Compare two results folders: two machines, or two versions, before and after a change.

    Jobs of the same task, signal, method and repeat form a pair. If their settings differ, ``differences`` lists them.
    If a folder has several results for a pair, with other settings, the one that the other folder has too counts, or
    else the newest.

    Raises:
        BadInput: if a folder has no results, or no job succeeded in both.
    """
    one, two = (final(folder).dropna(subset="value") for folder in (first, second))
    common = set(one["job_id"]) & set(two["job_id"])
    one, two = (_one_a_cell(side, common) for side in (one, two))
    pairs = one.merge(two, on=CELL, suffixes=("_1", "_2"), validate="one_to_one")
    if pairs.empty:
        raise BadInput(f"{first} and {second} have no finished job in common; compare results of one suite")
    differences = pd.DataFrame(_differences(pairs), columns=["column", "first", "second"])
    return Comparison(pd.DataFrame(_rows(pairs)), differences, len(one) - len(pairs), len(two) - len(pairs))


def store_of(folder: str | Path) -> Store:
    """The store of one suite's folder.

    Raises:
        BadInput: if there are no results in the folder.
    """
    path = Path(folder).resolve()
    if not (path / "runs").is_dir():
        raise BadInput(f"{folder}: no results; name the folder of one suite, e.g. results/quick")
    return Store(path.parent, path.name)


def _frame(store: Store, kind: str) -> pd.DataFrame:
    """A stored table with types that know missing integers: with NaN a number of parameters would become a float."""
    types = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    return store.table(kind).to_pandas(types_mapper=types.get)  # type: ignore[no-any-return]


def _one_a_cell(jobs: pd.DataFrame, common: set[str]) -> pd.DataFrame:
    ranked = jobs.assign(shared=jobs["job_id"].isin(common)).sort_values(["shared", "started_at", "job_id"])
    return ranked.drop_duplicates(CELL, keep="last").sort_values(CELL, ignore_index=True)


def _rows(pairs: pd.DataFrame) -> Iterator[dict[str, object]]:
    from inrbench.report.data.stats import difference, estimate  # here: drawing libraries come with it

    for (task, method, metric), group in pairs.groupby(["task", "method", "metric"], sort=True):
        keys = list(zip(group["signal"], group["repeat"], strict=True))
        one, two = (dict(zip(keys, group[f"value_{side}"], strict=True)) for side in (1, 2))
        means = [interval.mean if (interval := estimate(cells)) else math.nan for cells in (one, two)]
        gap, half = difference(two, one) or (math.nan, None)
        timed = group[group["timing_valid_1"].eq(True) & group["timing_valid_2"].eq(True)]
        before = timed["train_s_1"].sum()
        yield {
            "task": task,
            "method": method,
            "metric": metric,
            "first": means[0],
            "second": means[1],
            "difference": gap,
            "half_interval": math.nan if half is None else half,
            "pairs": len(group),
            "time_ratio": timed["train_s_2"].sum() / before if before else math.nan,
        }


def _differences(pairs: pd.DataFrame) -> Iterator[tuple[str, str, str]]:
    for column in COMPARED:
        one, two = pairs[f"{column}_1"], pairs[f"{column}_2"]
        differ = ~(one.eq(two).fillna(False) | (one.isna() & two.isna()))
        if differ.any():
            yield column, _values(one[differ]), _values(two[differ])


def _values(column: pd.Series[Any]) -> str:
    """The distinct values of a column in one text, the first three of many."""
    values = sorted({"none" if pd.isna(value) else str(value) for value in column})
    return ", ".join(values[:3]) + (f", … ({len(values)} values)" if len(values) > 3 else "")


def export(folder: Path) -> str:
    """`tidy` as CSV, printed by the command ``export``."""
    return tidy(folder).to_csv(index=False, lineterminator="\n")


def side_by_side(first: Path, second: Path) -> str:
    """A comparison as text, printed by the command ``compare``."""
    differences = compare(first, second)
    shown = differences.table.rename(columns={"difference": "change", "half_interval": "±", "time_ratio": "time"})
    shown["clear"] = (shown["change"].abs() > shown["±"]).map({True: "*", False: ""})
    lines = [
        f"first: {first}",
        f"second: {second}",
        "",
        shown.to_string(index=False, na_rep="—", float_format="{:.4g}".format),
        "",
        "change: second − first, paired by signal and repeat; ±: half-width of its 95 % interval; clear: the interval",
        "excludes 0, uncorrected for many comparisons; time: training time, second / first, where both are valid.",
    ]
    if differences.only_first or differences.only_second:
        lines.append(
            f"Without a partner: {differences.only_first} jobs of the first, {differences.only_second} of the second."
        )
    if differences.differences.empty:
        return "\n".join([*lines, "", "Settings and provenance are the same."])
    width = max(map(len, differences.differences["column"]))
    lines += ["", "What differs (first → second):"]
    lines += [f"  {row.column:<{width}}  {row.first} → {row.second}" for row in differences.differences.itertuples()]
    return "\n".join(lines)
