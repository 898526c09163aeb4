"""A row, a score and files of rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from inrbench.bench.store.schema import RUNS, Score

ROW: dict[str, Any] = {"job_id": "a" * 16, "suite": "tiny", "status": "ok", "repeat": 0, "timing_valid": True}


SCORE = Score(1, 0.5, "psnr", 30.0, 1)


def put(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)


def row_table(**changes: object) -> pa.Table:
    needed = {"task": "image", "signal": "camera", "kind": "activation", "method": "relu"}
    return pa.Table.from_pylist([{**ROW, **needed, **changes}], schema=RUNS)
