"""The results folder of one suite: who may write what where, and how a half-written file is never mistaken for a
result.

Every job writes one small parquet file of each kind, named by its id. A file is written under a temporary name in the
same folder, flushed to disk and renamed; scores and artifacts first, the ``runs`` row last. The row is therefore the
commit mark: where it can be read, everything it speaks of is there. A file that cannot be read is moved to
``quarantine/`` and said, and its job counts as not yet run.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

SCHEMA_VERSION = 1

STATUSES = ("ok", "diverged", "oom", "timeout", "crashed", "error", "interrupted")

_TEXT, _FLOAT, _INT, _BOOL = pa.string(), pa.float64(), pa.int64(), pa.bool_()

RUNS = pa.schema(
    {
        # what was declared
        "job_id": _TEXT,
        "suite": _TEXT,
        "task": _TEXT,  # the suite's key for it: the task's name, or another where a suite has it twice
        "task_name": _TEXT,  # the plugin
        "task_version": _INT,
        "task_params": _TEXT,  # JSON
        "signal": _TEXT,
        "kind": _TEXT,  # "activation" or "baseline"
        "method": _TEXT,  # the suite's key for the activation, e.g. "wire[omega0=10]"; or the baseline
        "label": _TEXT,  # what tables call the method
        "activation": _TEXT,  # the plugin; null for a baseline
        "activation_version": _INT,
        "activation_params": _TEXT,  # JSON
        "model": _TEXT,  # JSON
        "train": _TEXT,  # JSON
        "repeat": _INT,
        "data_seed": _INT,
        "init_seed": _INT,
        "problem_id": _TEXT,  # same truth and measurements: names artifacts/ref-<problem_id>.npz
        "metric": _TEXT,  # the task's headline metric
        # how it ended
        "status": _TEXT,
        "error": _TEXT,
        "attempt": _INT,
        "steps": _INT,  # steps done
        "chosen_step": _INT,  # the checkpoint that the stopping rule (train.stop) picks; without one the last
        # what was built
        "depth": _INT,
        "width": _INT,  # units of a hidden layer
        "params": _INT,  # real degrees of freedom
        "block_rows": _INT,  # rows of one training block
        # timings, seconds; setup + warmup + train + eval = wall but for the clock's own cost
        "setup_s": _FLOAT,
        "warmup_s": _FLOAT,
        "train_s": _FLOAT,
        "eval_s": _FLOAT,
        "wall_s": _FLOAT,
        "step_ms": _FLOAT,
        "peak_mem_bytes": _INT,
        "timing_valid": _BOOL,
        # provenance
        "started_at": _TEXT,  # ISO 8601, UTC
        "data_sha256": _TEXT,
        "device": _TEXT,  # "cpu", "cuda"
        "device_name": _TEXT,
        "driver": _TEXT,
        "threads": _INT,
        "host": _TEXT,  # hash of the host's name
        "python": _TEXT,
        "torch": _TEXT,
        "packages": _TEXT,  # JSON {name: version}
        "git_sha": _TEXT,
        "git_dirty": _BOOL,
        "source_sha256": _TEXT,  # of the plugins' files
        "log": _TEXT,  # relative to the suite's folder
    },
    metadata={"schema_version": str(SCHEMA_VERSION)},
)

SCORES = pa.schema(
    {
        "job_id": _TEXT,
        "step": _INT,
        "train_s": _FLOAT,  # seconds on the training clock when the step was done
        "metric": _TEXT,
        "value": _FLOAT,
        "direction": pa.int8(),  # +1 higher is better, -1 lower is better, 0 neither
    },
    metadata={"schema_version": str(SCHEMA_VERSION)},
)


def _say(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=3)


class Store:
    """All paths and all reading and writing of one suite's results.

    Args:
        results: the results folder, e.g. ``results``.
        suite: the suite's name; its files live in ``results/<suite>/``.
        say: where to report a quarantined file; a Python warning by default.
    """

    def __init__(self, results: str | Path, suite: str, say: Callable[[str], None] = _say) -> None:
        self.root = Path(results) / suite
        self.suite = suite
        self._say = say

    # -- paths ---------------------------------------------------------------------------------------------------------

    def run_file(self, job_id: str) -> Path:
        return self.root / "runs" / f"{job_id}.parquet"

    def scores_file(self, job_id: str) -> Path:
        return self.root / "scores" / f"{job_id}.parquet"

    def artifact_file(self, name: str) -> Path:
        """``name`` is a job id, or ``ref-<problem_id>`` for the truth that several jobs share."""
        return self.root / "artifacts" / f"{name}.npz"

    def log_file(self, job_id: str) -> Path:
        return self.root / "logs" / f"{job_id}.log"

    @property
    def report(self) -> Path:
        return self.root / "report"

    # -- writing -------------------------------------------------------------------------------------------------------

    def commit(self, row: Mapping[str, Any], scores: Iterable[Mapping[str, Any]] = ()) -> None:
        """Store one attempt at a job: its scores, then its row. Columns that ``row`` lacks are null.

        Raises:
            KeyError: if ``row`` has a column that the schema lacks.
        """
        if unknown := set(row) - set(RUNS.names):
            raise KeyError(f"no such column in runs: {', '.join(sorted(unknown))}")
        job_id = str(row["job_id"])
        score_rows = [{"job_id": job_id, **score} for score in scores]
        self._write_table(self.scores_file(job_id), pa.Table.from_pylist(score_rows, schema=SCORES))
        self._write_table(self.run_file(job_id), pa.Table.from_pylist([dict(row)], schema=RUNS))

    def save_arrays(self, name: str, **arrays: NDArray[Any]) -> None:
        """Store an artifact (see `artifact_file`) as a compressed npz."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
        self._write_bytes(self.artifact_file(name), buffer.getvalue())

    def _write_table(self, path: Path, table: pa.Table) -> None:
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink)
        self._write_bytes(path, sink.getvalue().to_pybytes())

    @staticmethod
    def _write_bytes(path: Path, content: bytes) -> None:
        """Write whole or not at all: readers see the old file or the new one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with open(temporary, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    # -- reading -------------------------------------------------------------------------------------------------------

    def runs(self) -> pd.DataFrame:
        """One row for each job that has a committed row, with the columns of `RUNS`, ordered by job id."""
        return self._read_folder("runs", RUNS)

    def scores(self) -> pd.DataFrame:
        """Every score of every committed job, with the columns of `SCORES`, ordered by job id and step."""
        frame = self._read_folder("scores", SCORES)
        committed = {path.stem for path in (self.root / "runs").glob("[!.]*.parquet")}
        return frame[frame["job_id"].isin(committed)].reset_index(drop=True)

    def arrays(self, name: str) -> dict[str, NDArray[Any]] | None:
        """An artifact (see `artifact_file`), or None where there is none or it cannot be read."""
        path = self.artifact_file(name)
        try:
            with np.load(path, allow_pickle=False) as archive:
                return dict(archive)
        except FileNotFoundError:
            return None
        except Exception as error:
            self._quarantine(path, error)
            return None

    def _read_folder(self, kind: str, schema: pa.Schema) -> pd.DataFrame:
        tables = []
        for path in sorted((self.root / kind).glob("[!.]*.parquet")):
            try:
                table = pq.read_table(path, partitioning=None)
                if not table.schema.equals(schema):
                    raise ValueError(f"its columns are not those of schema version {SCHEMA_VERSION}")
                if table.num_rows and set(table.column("job_id").to_pylist()) != {path.stem}:
                    raise ValueError("its rows are not of the job it is named after")
                if kind == "runs" and table.num_rows != 1:
                    raise ValueError("it does not hold exactly one row")
                tables.append(table)
            except (OSError, ValueError, pa.ArrowException) as error:
                self._quarantine(path, error)
        table = pa.concat_tables(tables) if tables else schema.empty_table()
        frame: pd.DataFrame = table.to_pandas()
        return frame

    def _quarantine(self, path: Path, error: Exception) -> None:
        target = self.root / "quarantine" / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, target)
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        self._say(f"{path} cannot be read ({reason}); moved to {target}, its job runs again")
