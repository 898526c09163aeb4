"""The two tables that are stored, and the checks that a file passes before anything in it is believed.

A file may come from a stranger, from an older inrbench or from a disk that was full. Reading one runs no code (parquet
holds values only), allocates no more than the file may declare, and ends in a table or in `Unreadable`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from inrbench.bench.store.columns import RUN_COLUMNS, SCHEMA_VERSION, SCORE_COLUMNS, schema_of

Status = Literal["ok", "diverged", "oom", "timeout", "crashed", "error", "interrupted"]

STATUSES: tuple[Status, ...] = get_args(Status)

UNFINISHED = ("oom", "timeout", "crashed", "interrupted")
"""Statuses of jobs that were ended from outside, and may go on from their checkpoint."""

RUNS, SCORES = schema_of(RUN_COLUMNS), schema_of(SCORE_COLUMNS)


class Score(NamedTuple):
    """A row of ``scores`` without its job: the value of one metric after one step.

    Attributes:
        train_s: seconds on the training clock when the step was done.
        direction: +1 where higher is better, -1 where lower is better, 0 where neither is.
    """

    step: int
    train_s: float
    metric: str
    value: float
    direction: int


SCHEMAS = {"runs": RUNS, "scores": SCORES}

REQUIRED = {
    "runs": {"job_id", "suite", "task", "signal", "kind", "method", "repeat", "status"},
    "scores": {"job_id", "step", "metric", "value"},
}
"""Columns without which a file says nothing. Any other may be missing: it was added later, and is read as null."""

COMPACT = "_compact-"
"""How the name of a file with the rows of many jobs begins; see `inrbench.bench.store.compact`."""

MAX_ROWS = {"runs": 1_000_000, "scores": 50_000_000}
MAX_BYTES = 8 << 30
"""What one file may hold, by its own footer, which is read first: a few bytes can promise terabytes of nulls."""

NAME = r"^[^/\\\x00-\x1f.][^/\\\x00-\x1f]{0,199}$"
"""What can be the name of a file in a folder. Names of jobs and problems come out of rows, and open files."""


class Unreadable(ValueError):
    """A file that holds nothing to be believed; the message says why, in one line."""


def read(path: Path, kind: str, ids_only: bool = False) -> pa.Table:
    """One file of ``runs`` or ``scores`` with exactly the columns of its schema, checked.

    Columns that inrbench did not know when the file was written are null; columns that it does not know now are left
    out.

    Args:
        ids_only: of a compact file read only which jobs it has, each once.

    Raises:
        FileNotFoundError: if it is not there (any more).
        Unreadable: if it is damaged, of another schema version, not of this kind or not of the job it is named after.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from error
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        meta = file.metadata
        declared = sum(meta.row_group(index).total_byte_size for index in range(meta.num_row_groups))
        if meta.num_rows > MAX_ROWS[kind] or declared > MAX_BYTES:
            raise Unreadable(f"it promises {meta.num_rows} rows in {declared} bytes, more than a result can have")
        _conform(file.schema_arrow, kind)
        table = _ids(file) if ids_only and path.name.startswith(COMPACT) else _rows(file, kind)
    except Unreadable:
        raise
    except Exception as error:  # a decoder raises whatever its parts raise; none of it is the reader's business
        raise Unreadable(str(error).splitlines()[0] if str(error) else type(error).__name__) from error
    _check_rows(table, path, kind)
    return table


def _conform(stored: pa.Schema, kind: str) -> None:
    """Whether a file's columns can be read as today's."""
    schema = SCHEMAS[kind]
    if stored.equals(schema, check_metadata=True):
        return
    version = (stored.metadata or {}).get(b"schema_version", b"none").decode("utf-8", "replace")
    if version != str(SCHEMA_VERSION):
        raise Unreadable(f"its columns are not those of schema version {SCHEMA_VERSION}: it has version {version[:20]}")
    if missing := REQUIRED[kind] - set(stored.names):
        raise Unreadable(f"its columns are not those of {kind}: {', '.join(sorted(missing))} missing")
    if len(set(stored.names)) != len(stored.names):
        raise Unreadable("it has two columns of one name")
    for field in schema:
        if field.name in stored.names and stored.field(field.name).type != field.type:
            raise Unreadable(f"its column {field.name} is {stored.field(field.name).type}, not {field.type}")


def _rows(file: pq.ParquetFile, kind: str) -> pa.Table:
    """The rows of a file in the columns of today's schema."""
    schema = SCHEMAS[kind]
    names = set(file.schema_arrow.names)
    table = file.read(columns=[name for name in schema.names if name in names], use_threads=False)
    table.validate(full=True)
    columns = [
        table.column(field.name) if field.name in names else pa.nulls(table.num_rows, field.type) for field in schema
    ]
    return pa.table(columns, schema=schema)


def _ids(file: pq.ParquetFile) -> pa.Table:
    table = file.read(columns=["job_id"], use_threads=False)
    table.validate(full=True)
    return pa.table({"job_id": pc.unique(table.column("job_id"))})


def _check_rows(table: pa.Table, path: Path, kind: str) -> None:
    ids = table.column("job_id")
    required = [name for name in ("status", "metric") if name in table.column_names and name in REQUIRED[kind]]
    if ids.null_count or any(table.column(name).null_count for name in required):
        raise Unreadable("a row does not say of which job it is, or what it says of it")
    unique = _distinct(ids)
    if path.name.startswith(COMPACT):
        if kind == "runs" and len(unique) != table.num_rows:
            raise Unreadable("it has two rows of one job")
    else:
        if unique and unique != {path.stem}:
            raise Unreadable("its rows are not of the job it is named after")
        if kind == "runs" and table.num_rows != 1:
            raise Unreadable("it does not hold exactly one row")
    names = unique | _distinct(table.column("problem_id")) if kind == "runs" else unique
    if not all(name is None or re.fullmatch(NAME, name) for name in names):
        raise Unreadable("it names a job or a problem that cannot be one")  # names of files are made of them
    if kind == "runs":
        strange = _distinct(table.column("status")) - set(STATUSES)
        if strange:
            raise Unreadable(f"it has a status that there is none of: {min(strange)[:20]!r}")


def _distinct(column: pa.ChunkedArray) -> set[str]:
    """The different values. A kernel takes longer to call than a small file's values to look at."""
    return set((column if len(column) < 1000 else pc.unique(column)).to_pylist())


class Key(NamedTuple):
    """What makes one row of a job count rather than another: the greater one does."""

    ok: bool
    attempt: int
    started_at: str
    wall_s: float
    status: Status


def keys(table: pa.Table) -> dict[str, Key]:
    names = ["job_id", "status", "attempt", "started_at", "wall_s"]
    columns = [table.column(name).to_pylist() for name in names]
    return {
        job_id: Key(status == "ok", attempt or 0, started or "", wall or 0.0, status)
        for job_id, status, attempt, started, wall in zip(*columns, strict=True)
    }


def ordered(tables: list[pa.Table], columns: pa.Schema) -> pa.Table:
    """Tables put together by job id; rows of one job keep their order."""
    table = pa.concat_tables(tables) if tables else columns.empty_table()
    ids = pc.sort_indices(unique := pc.unique(table.column("job_id")))
    rank = pc.index_in(table.column("job_id"), value_set=unique.take(ids)).to_numpy()
    return table if (np.diff(rank) >= 0).all() else table.take(np.argsort(rank, kind="stable"))
