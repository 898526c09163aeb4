"""The results folder of one suite: who may write what where, and how a half-written file is never mistaken for a
result.

Every job writes one small parquet file of each kind, named by its id. A file is written under a temporary name in the
same folder, flushed to disk and renamed; scores and artifacts first, the ``runs`` row last. The row is therefore the
commit mark: where it can be read, everything it speaks of is there. How it is read says `bench.store.reader`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.store.atomic_write import atomic_write
from bench.store.job_locks import Claims, claims_in
from bench.store.reader import Reader
from bench.store.schema import RUNS, SCHEMA_VERSION, SCORES, STATUSES, Score

__all__ = ["RUNS", "SCHEMA_VERSION", "SCORES", "STATUSES", "Store"]


class Store(Reader):
    """All paths and all reading and writing of one suite's results.

    Args:
        results: the results folder, e.g. ``results``.
        suite: the suite's name; its files live in ``results/<suite>/``.
        say: where to report a quarantined file; a Python warning by default.
    """

    @property
    def claims(self) -> Claims:
        """Who works on which job, across threads and processes."""
        return claims_in(self.root)

    def commit(self, row: Mapping[str, Any], scores: Iterable[Score] = ()) -> None:
        """Store one attempt at a job: its scores, then its row. Columns that ``row`` lacks are null.

        Raises:
            KeyError: if ``row`` has a column that the schema lacks.
        """
        if unknown := set(row) - set(RUNS.names):
            raise KeyError(f"no such column in runs: {', '.join(sorted(unknown))}")
        job_id = str(row["job_id"])
        score_rows = [{"job_id": job_id, **score._asdict()} for score in scores]
        atomic_write(self.scores_file(job_id), self.parquet(pa.Table.from_pylist(score_rows, schema=SCORES)))
        atomic_write(self.run_file(job_id), self.parquet(pa.Table.from_pylist([dict(row)], schema=RUNS)))

    def save_arrays(self, name: str, **arrays: NDArray[Any]) -> None:
        """Store an artifact (see `artifact_file`) as a compressed npz."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
        atomic_write(self.artifact_file(name), buffer.getvalue())

    @staticmethod
    def parquet(table: pa.Table) -> bytes:
        """A table as the content of a file."""
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        content: bytes = sink.getvalue().to_pybytes()
        return content
