"""Gathering the small files of many jobs into few, while others read and write.

A folder of a hundred thousand small files is slow to list and slow to read. What is here turns them into compact ones,
``runs/_compact-<hash>.parquet`` and the ``scores`` of the same name, without a moment in which a reader could see less:

1. the scores of the new compact file are written, then its rows;
2. the rows of the older compact files that it includes are removed, and then, job by job, the small files that went
   into it: the row before the scores. A small file is removed under the claim of its job, and only if it is still the
   very file that was read, so that a newer result of the same job is never lost;
3. the scores of the older compact files are removed.

Whatever moment it is stopped at, every job still has the row that counted before (see `bench.store.store` for which one
does where there are several), and the next run of it finishes the work. Readers that find a file gone look again.
Artifacts and logs stay as they are: they are read one at a time.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from bench.store.atomic_write import atomic_write
from bench.store.schema import COMPACT, RUNS, SCORES, UNFINISHED, ordered
from bench.store.store import Store

AUTOMATIC = 1000
"""A run gathers the small files of its folder whenever there are so many."""

FULL = 20_000
"""Jobs of a compact file that is left alone: folding it again would cost more than it saves."""


def compact(store: Store) -> tuple[int, int]:
    """Gather the small files of a suite's folder.

    Returns:
        how many small files of rows there were, and how many files of rows there are now. Nothing happens while another
        process does the same.
    """
    sweep(store)
    with store.claims.claimed("compact") as taken:
        small = store.small()
        if taken and (len(small) > 1 or len(_foldable(store)) > 1):
            _gather(store, small)
        return len(small), len(store.small()) + len(store.compacts())


def sweep(store: Store) -> None:
    """Remove the training checkpoints that nobody will go on from: those of jobs that have ended by themselves, and
    those whose writer was killed over them. Jobs that a run is working on are left alone."""
    for path in store.checkpoint_file("").parent.glob("*"):
        match = re.fullmatch(r"\.?([0-9a-f]{16})\.pt(\.\d+\.tmp)?", path.name)
        if match is None:
            continue
        with store.claims.claimed(match[1]) as free:
            if free and (match[2] or _ended(store, match[1])):
                path.unlink(missing_ok=True)


def _ended(store: Store, job_id: str) -> bool:
    outcome = store.outcome(job_id)
    return outcome is not None and outcome[0] not in UNFINISHED


def _foldable(store: Store) -> list[str]:
    return [name for name in store.compacts() if len(store.index(name)) < FULL]


def _gather(store: Store, small: list[str]) -> None:
    folded = _foldable(store)
    seen = {name: _stamps(store, name) for name in small}
    runs, scores = _tables(store, {*small, *folded})
    if not runs.num_rows:
        return
    name = _write(store, runs, scores)
    written = set(runs.column("job_id").to_pylist())
    for old in folded:
        if old != name:
            _file(store, "runs", old).unlink(missing_ok=True)
    for job_id in small:
        with store.claims.claimed(job_id) as free:
            if free and job_id in written and _stamps(store, job_id) == seen[job_id]:
                store.run_file(job_id).unlink(missing_ok=True)
                store.scores_file(job_id).unlink(missing_ok=True)
    for old in folded:
        if old != name:
            _file(store, "scores", old).unlink(missing_ok=True)


def _tables(store: Store, names: set[str]) -> tuple[pa.Table, pa.Table]:
    """The rows that count of those files, and their scores; a finished job whose scores are lost is to run again, and
    is left out."""
    runs, scores = (store.table(kind, names) for kind in ("runs", "scores"))
    scored = pc.is_in(runs.column("job_id"), value_set=pc.unique(scores.column("job_id")))
    runs = runs.filter(pc.or_(scored, pc.not_equal(runs.column("status"), "ok")))
    scores = scores.filter(pc.is_in(scores.column("job_id"), value_set=runs.column("job_id").combine_chunks()))
    return ordered([runs], RUNS), ordered([scores], SCORES)


def _write(store: Store, runs: pa.Table, scores: pa.Table) -> str:
    rows = store.parquet(runs)
    name = COMPACT + hashlib.sha256(rows).hexdigest()[:16]
    atomic_write(_file(store, "scores", name), store.parquet(scores))
    atomic_write(_file(store, "runs", name), rows)
    return name


def _file(store: Store, kind: str, name: str) -> Path:
    return store.root / kind / f"{name}.parquet"


def _stamps(store: Store, job_id: str) -> list[tuple[int, int, int] | None]:
    """What tells a small file from another that has taken its place."""
    stamps: list[tuple[int, int, int] | None] = []
    for path in (store.run_file(job_id), store.scores_file(job_id)):
        try:
            found = os.stat(path)
            stamps.append((found.st_ino, found.st_mtime_ns, found.st_size))
        except FileNotFoundError:
            stamps.append(None)
    return stamps
