"""Compaction: the small files of many jobs are gathered into few large ones.

A folder of a hundred thousand small files is slow to list and to read. `compact` writes their rows to
``runs/_compact-<hash>.parquet`` and the ``scores`` of the same name, and then removes them. It locks the folder
(see `inrbench.bench.store.job_locks`), so no one reads or commits at the same time.

Nothing is lost if it is killed at any moment, because of the order: new scores, new rows, and only then the old files,
compact ones first, of each the rows first. A job may then be in several files, of which the right one counts (see
`inrbench.bench.store.reader`), and the next compaction finishes the work. Artifacts and logs stay one a job.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.store.schema import COMPACT, RUNS, SCORES, UNFINISHED, ordered
from inrbench.bench.store.store import Store

AUTOMATIC = 1000
"""A run compacts its folder after this many jobs."""

FULL = 20_000
"""Jobs of a compact file that is left alone: folding it again would cost more than it saves."""

WAIT_S = 10.0
"""How long compaction waits for those who read or commit."""


def compact(store: Store) -> tuple[int, int]:
    """Compact a suite's folder. If others use it all the time, or there are no locks, nothing happens but a message.

    Returns:
        the number of small files of rows before, and the number of all files of rows after.
    """
    sweep(store)
    with store.locks.exclusive(WAIT_S) as alone:
        small = store.small()
        old = [name for name in store.compacts() if len(store.index(name)) < FULL] + small
        if not alone:
            store.say(f"{store.root}: not compacted, because it is in use or has no locks; try again later")
        elif len(old) > 1:
            _gather(store, old)
        return len(small), len(store.small()) + len(store.compacts())


def compact_if_many(store: Store) -> None:
    """Compact a suite's folder before a run if it has many small files, which would be slow to read."""
    if len(store.small()) >= AUTOMATIC:
        compact(store)


def sweep(store: Store) -> None:
    """Remove checkpoints that are of no use: those of jobs that have ended by themselves, and unfinished files
    of writers that were killed. Jobs that a run is working on are left alone."""
    for path in store.checkpoint_file("").parent.glob("*"):
        match = re.fullmatch(r"\.?([0-9a-f]{16})\.pt(\.\d+\.tmp)?", path.name)
        if match is None:
            continue
        with store.locks.holding(match[1]) as free:
            if free and (match[2] or _ended(store, match[1])):
                path.unlink(missing_ok=True)


def _ended(store: Store, job_id: str) -> bool:
    outcome = store.outcome(job_id)
    return outcome is not None and outcome[0] not in UNFINISHED


def _gather(store: Store, old: list[str]) -> None:
    """Replace files by one. ``old`` has the compact ones first: a small row counts more, and must go after them."""
    runs, scores = _tables(store, set(old))
    if not runs.num_rows:
        return
    written = set(runs.column("job_id").to_pylist())
    new = write(store, runs, scores)
    for name in old:
        if name != new and (name.startswith(COMPACT) or name in written):
            for kind in ("runs", "scores"):
                _file(store, kind, name).unlink(missing_ok=True)


def _tables(store: Store, names: set[str]) -> tuple[pa.Table, pa.Table]:
    """The valid rows of those files, and their scores. A finished job whose scores are lost is left out: it has to run
    again."""
    runs, scores = (store.table(kind, names) for kind in ("runs", "scores"))
    scored = pc.is_in(runs.column("job_id"), value_set=pc.unique(scores.column("job_id")))
    runs = runs.filter(pc.or_(scored, pc.not_equal(runs.column("status"), "ok")))
    scores = scores.filter(pc.is_in(scores.column("job_id"), value_set=runs.column("job_id").combine_chunks()))
    return ordered([runs], RUNS), ordered([scores], SCORES)


def write(store: Store, runs: pa.Table, scores: pa.Table) -> str:
    """Write a compact file of rows and one of scores, both ordered by job id; returns their name."""
    rows = store.parquet(runs)
    name = COMPACT + hashlib.sha256(rows).hexdigest()[:16]
    atomic_write(_file(store, "scores", name), store.parquet(scores))
    atomic_write(_file(store, "runs", name), rows)
    return name


def _file(store: Store, kind: str, name: str) -> Path:
    return store.root / kind / f"{name}.parquet"
