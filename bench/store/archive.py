"""Archive of a suite's results: one parquet file of each kind and few arrays, small enough for a repository.

It is a results folder like any other, so that every command reads it, with the trials of its search, if there was one.
Its rows have the names that the suite uses now: a job may have run under another, as with ``-a "siren[omega0=20]"``.
Left out are logs, weights, the names of machines and the arrays that a report does not show, those of later repeats.
The arrays that a report draws are in half precision.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.errors import BadInput
from inrbench.bench.store.compact import write
from inrbench.bench.store.store import Store

PRIVATE = ("host", "log")
"""Columns of `runs` that an archive has no values for."""

DRAWN = ("truth", "reconstruction", "curve", "curve_z", "curve_imag")
"""Arrays that a report draws as they are."""


def archive(store: Store, declared: Mapping[str, Mapping[str, str]], folder: Path) -> Path:
    """Write the results of some jobs that have ended, instead of an older archive; returns its folder.

    Args:
        declared: job id -> `inrbench.bench.config.job.Job.names`.
        folder: the results folder of archives; the suite's folder in it is replaced.

    Raises:
        BadInput: if none of the jobs has ended, or the folder has results that are not an archive.
    """
    target = Store(folder, store.suite, store.say)
    if target.root.resolve() == store.root.resolve() or _has_runs(target):
        raise BadInput(f"{target.root}: has results of runs, which an archive would replace; name another folder")
    wanted = pa.array(sorted(declared), pa.string())
    runs, scores = (table.filter(pc.is_in(table["job_id"], value_set=wanted)) for table in map(store.table, _KINDS))
    if not runs.num_rows:
        raise BadInput(f"{store.root}: no results of this suite; run it first")
    rows = [{**row, **declared[row["job_id"]], **dict.fromkeys(PRIVATE)} for row in runs.to_pylist()]
    compact = write(target, pa.Table.from_pylist(rows, runs.schema), scores)
    ended = [row for row in rows if row["status"] == "ok"]
    ended.sort(key=lambda row: (row["repeat"], row["job_id"]), reverse=True)
    shown = {(row["task"], row["signal"], row["method"]): row for row in ended}  # the first repeat of each
    drawn = set()
    for name in {name for row in shown.values() for name in (row["job_id"], f"ref-{row['problem_id']}")}:
        arrays = store.arrays(name) or {}
        if arrays:
            target.save_arrays(name, **{key: _half(array) if key in DRAWN else array for key, array in arrays.items()})
            drawn.add(name)
    if store.trials_file.is_file():
        atomic_write(target.trials_file, store.trials_file.read_bytes())
    atomic_write(target.root / ".gitignore", b"/claims\n")
    for kind, names in {**{kind: {compact} for kind in _KINDS}, "artifacts": drawn}.items():
        for file in (target.root / kind).glob("*"):  # of the older archive; last, so that a full disk costs nothing
            if file.stem not in names:
                file.unlink()
    return target.root


_KINDS = ("runs", "scores")


def _has_runs(target: Store) -> bool:
    """Whether a folder has rows of runs, which say where they ran, compacted or not; those of an archive do not."""
    if target.empty:
        return False
    rows = target.table("runs")
    return bool(target.small()) or any(rows[name].null_count < rows.num_rows for name in PRIVATE)


def _half(values: NDArray[Any]) -> NDArray[Any]:
    """Values in half precision where none is too large for it: they are for pictures."""
    return values.astype(np.float16) if np.abs(values).max(initial=0, where=np.isfinite(values)) < 6e4 else values
