"""Store: the results folder of one suite, to be written and read.

A job that is killed must not leave a half result. Every job writes one small parquet file of each kind, named by its id
and written atomically: scores and artifacts first, the ``runs`` row last. The row is therefore the commit mark: where
it can be read, its scores and artifacts are there. `inrbench.bench.store.reader` reads them.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import safetensors.numpy
from numpy.typing import NDArray

from inrbench.bench.atomic_write import atomic_write
from inrbench.bench.store.reader import BLUEPRINT, Reader
from inrbench.bench.store.schema import RUNS, SCORES, STATUSES, Score

__all__ = ["RUNS", "SCORES", "STATUSES", "Store"]


class Store(Reader):
    """All paths and all reading and writing of one suite's results.

    Args:
        results: the results folder, e.g. ``results``.
        suite: the suite's name; its files live in ``results/<suite>/``.
        say: where to report a quarantined file; a Python warning by default.
    """

    def commit(self, row: Mapping[str, Any], scores: Iterable[Score] = ()) -> None:
        """Store one attempt at a job: its scores, then its row. Columns that ``row`` lacks are null.

        Raises:
            KeyError: if ``row`` has a column that the schema lacks.
        """
        if unknown := set(row) - set(RUNS.names):
            raise KeyError(f"no such column in runs: {', '.join(sorted(unknown))}")
        job_id = str(row["job_id"])
        score_rows = [{"job_id": job_id, **score._asdict()} for score in scores]
        files = {
            self.scores_file(job_id): pa.Table.from_pylist(score_rows, schema=SCORES),
            self.run_file(job_id): pa.Table.from_pylist([dict(row)], schema=RUNS),
        }
        with self.locks.shared():
            for path, table in files.items():
                atomic_write(path, self.parquet(table))

    def write(self, path: Path, content: bytes) -> None:
        """Write a file of the report, whole or not at all."""
        atomic_write(path, content, durable=False)

    def save_arrays(self, name: str, **arrays: NDArray[Any]) -> None:
        """Store an artifact (see `artifact_file`) as a compressed npz."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
        atomic_write(self.artifact_file(name), buffer.getvalue())

    def save_weights(self, job_id: str, tensors: Mapping[str, NDArray[Any]], blueprint: str | None) -> None:
        """Store the final network of a job, with the text that says how to build it; None removes an older one."""
        path = self.weights_file(job_id)
        if blueprint is None:
            path.unlink(missing_ok=True)
        else:
            atomic_write(path, safetensors.numpy.save(dict(tensors), {BLUEPRINT: blueprint}))

    @staticmethod
    def parquet(table: pa.Table) -> bytes:
        """A table as the content of a file.

        The bytes of floating-point numbers are stored apart, all first bytes, then all second ones. They compress
        better so: the scores of `reference` take 18 % less than with Parquet's defaults.
        """
        numbers = [field.name for field in table.schema if pa.types.is_floating(field.type)]
        others = [name for name in table.schema.names if name not in numbers]
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", use_byte_stream_split=numbers, use_dictionary=others)
        content: bytes = sink.getvalue().to_pybytes()
        return content
