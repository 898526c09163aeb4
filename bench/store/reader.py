"""Reader of the results folder of one suite.

`inrbench.bench.store.compact` gathers many small files into a compact one. A job may then be in several files, if a
compaction was killed, or the results of two machines were copied into one folder. Its own small file, which is always
the newest, wins; among compact files an ``ok`` wins, then the higher attempt, then the later start. Scores are always
taken from the file of the same name as the row's. Reading holds the folder lock of `inrbench.bench.store.job_locks`,
so that no files are compacted at the same time.

A file that cannot be read is moved to ``quarantine/`` and reported, and its job counts as not yet run.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import warnings
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import safetensors
from numpy.typing import NDArray

from inrbench.bench.store import schema, trials
from inrbench.bench.store.job_locks import JobLocks, locks_in
from inrbench.bench.store.schema import COMPACT, Key, Status, Unreadable, keys, ordered

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

BLUEPRINT = "inrbench"
"""Key of the metadata of a file of weights."""


def _say(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=3)


class Reader:
    """All paths and all reading of one suite's results; see `inrbench.bench.store.store.Store` for the arguments."""

    def __init__(self, results: str | Path, suite: str, say: Callable[[str], None] = _say) -> None:
        self.root = Path(results) / suite
        self.report = self.root / "report"
        self.suite = suite
        self.say = say
        self._indices: dict[str, dict[str, Key]] = {}
        self._reported: set[str] = set()
        self._lost_files = 0

    @property
    def locks(self) -> JobLocks:
        """The locks of this process on the jobs and on the folder."""
        return locks_in(self.root, self.say)

    # -- paths ---------------------------------------------------------------------------------------------------------

    def run_file(self, job_id: str) -> Path:
        return self.root / "runs" / f"{job_id}.parquet"

    def scores_file(self, job_id: str) -> Path:
        return self.root / "scores" / f"{job_id}.parquet"

    def artifact_file(self, name: str) -> Path:
        """``name`` is a job id, or ``ref-<problem_id>`` for the truth that several jobs share.

        Raises:
            ValueError: if it is neither: names come out of stored rows, and must not lead out of the folder.
        """
        if not re.fullmatch(schema.NAME, name):
            raise ValueError(f"{name!r} cannot be the name of an artifact")
        return self.root / "artifacts" / f"{name}.npz"

    def weights_file(self, job_id: str) -> Path:
        """Where the final network of a job is, if it was kept.

        Raises:
            ValueError: as `artifact_file`.
        """
        return self.root / "weights" / f"{self.artifact_file(job_id).stem}.safetensors"

    def log_file(self, job_id: str) -> Path:
        return self.root / "logs" / f"{job_id}.log"

    def checkpoint_file(self, job_id: str) -> Path:
        """Where a long job stands, while it has not ended; see `inrbench.bench.training.checkpoint`."""
        return self.root / "checkpoints" / f"{job_id}.pt"

    @property
    def trials_file(self) -> Path:
        """Where the trials of a search are, if they were kept; see `inrbench.bench.store.trials`."""
        return self.root / "trials.parquet"

    @property
    def empty(self) -> bool:
        """Whether no job has a row."""
        return not self._names("runs")

    # -- reading -------------------------------------------------------------------------------------------------------

    def runs(self) -> pd.DataFrame:
        """One row for each job that has a committed row, with the columns of `RUNS`, ordered by job id."""
        return self.table("runs").to_pandas()  # type: ignore[no-any-return]

    def scores(self) -> pd.DataFrame:
        """Every score of every committed job, with the columns of `SCORES`, ordered by job id and step."""
        return self.table("scores").to_pandas()  # type: ignore[no-any-return]

    def table(self, kind: str, names: Collection[str] | None = None) -> pa.Table:
        """`runs` or `scores` as a table of pyarrow; of some files only, where their stems are given."""

        def gather() -> pa.Table:
            sources = self._sources()
            chosen = sorted(set(sources.values()) & set(names if names is not None else sources.values()))
            tables = [self._part(kind, name, sources) for name in chosen]
            return ordered([table for table in tables if table is not None], schema.SCHEMAS[kind])

        return self._settled(gather)

    def outcome(self, job_id: str) -> tuple[Status, int] | None:
        """Status and attempt of a job's committed row, or None. Fast enough to be called before every job."""

        def gather() -> tuple[Status, int] | None:
            if self.run_file(job_id).exists() and (table := self._read("runs", job_id)) is not None:
                key: Key | None = keys(table)[job_id]
            else:
                outcomes = [self.index(name)[job_id] for name in self.compacts() if job_id in self.index(name)]
                key = max(outcomes) if outcomes else None
            return (key.status, key.attempt) if key else None

        return self._settled(gather)

    def scored(self) -> set[str]:
        """The jobs whose row and scores can both be read."""

        def gather() -> set[str]:
            sources = self._sources()
            parts = [self._part("scores", name, sources, ids_only=True) for name in sorted(set(sources.values()))]
            return {job_id for part in parts if part is not None for job_id in part.column("job_id").to_pylist()}

        return self._settled(gather)

    def arrays(self, name: str) -> dict[str, NDArray[Any]] | None:
        """An artifact (see `artifact_file`), or None where there is none or it cannot be read."""
        try:
            path = self.artifact_file(name)
        except ValueError:
            return None
        try:
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays = dict(archive)
            if not all(isinstance(array, np.ndarray) for array in arrays.values()):
                raise ValueError("a member is not an array")  # numpy hands such a one out as plain bytes
            return arrays
        except FileNotFoundError:
            return None
        except Exception as error:
            self.quarantine(path, error)
            return None

    def trials(self) -> list[dict[str, Any]]:
        """The trials of the suite's search, see `inrbench.bench.store.trials`; none where they were not kept."""
        try:
            return trials.read(self.trials_file)
        except (OSError, ValueError, pa.ArrowException) as error:
            self._leave(self.trials_file, str(error).splitlines()[0], "a search writes it again")
            return []

    def weights(self, job_id: str) -> tuple[dict[str, NDArray[Any]], str] | None:
        """The tensors of a job's final network and the text that says how to build it, or None as for `arrays`."""
        path = self.weights_file(job_id)
        try:
            with safetensors.safe_open(path, framework="numpy") as file:
                names = list(file.keys())
                return {name: file.get_tensor(name) for name in names}, file.metadata()[BLUEPRINT]
        except FileNotFoundError:
            return None
        except Exception as error:
            self.quarantine(path, error)
            return None

    def checkpointed(self) -> set[str]:
        """The jobs that have a checkpoint; whether it counts is seen when the job resumes."""
        return {path.stem for path in (self.root / "checkpoints").glob("[!.]*.pt")}

    def small(self, kind: str = "runs") -> list[str]:
        """The jobs that have a small file of their own, sorted."""
        return [name for name in self._names(kind) if not name.startswith(COMPACT)]

    def _names(self, kind: str) -> list[str]:
        return sorted(path.stem for path in (self.root / kind).glob("[!.]*.parquet"))

    def compacts(self) -> list[str]:
        return [name for name in self._names("runs") if name.startswith(COMPACT)]

    def _settled(self, gather: Callable[[], T]) -> T:
        """The result of ``gather``, read with the folder lock.

        It is read again if a file was lost during reading, because it was damaged and moved away, e.g. by another run:
        an older row of the same job may be in another file.
        """
        with self.locks.shared():
            for _ in range(100):
                before = self._lost_files
                state = gather()
                if self._lost_files == before:
                    break
        return state

    def _sources(self) -> dict[str, str]:
        """job id -> the name, in both folders, of the file that holds what counts for it."""
        sources = {name: name for name in self.small()}
        best: dict[str, tuple[Key, str]] = {}
        differ = set()
        for name in self.compacts():
            for job_id, key in self.index(name).items():
                other = best.get(job_id)
                if other is not None and other[0] != key and job_id not in sources:
                    differ.add(job_id)
                if other is None or (key, name) > other:
                    best[job_id] = key, name
        if differ - self._reported:
            self._reported |= differ
            self.say(
                f"{self.root}: {len(differ)} jobs have two results, for one {min(differ)}; the better or later counts"
            )
        return {job_id: name for job_id, (_, name) in best.items()} | sources

    def index(self, name: str) -> dict[str, Key]:
        """The rank of each job of a compact file. The name is a hash of the content, so one reading is enough."""
        if name not in self._indices:
            table = self._read("runs", name)
            if table is None:
                return {}
            self._indices[name] = keys(table)
        return self._indices[name]

    def _part(self, kind: str, name: str, sources: Mapping[str, str], ids_only: bool = False) -> pa.Table | None:
        """The rows of one file that count; None where it cannot be read. With ``ids_only`` each job is there once."""
        table = self._read(kind, name, ids_only)
        if table is not None and name.startswith(COMPACT):
            mine = [job_id for job_id in self.index(name) if sources[job_id] == name]
            table = table.filter(pc.is_in(table.column("job_id"), value_set=pa.array(mine, pa.string())))
        return table

    def _read(self, kind: str, name: str, ids_only: bool = False) -> pa.Table | None:
        """One file; None where there is none or it cannot be read."""
        path = self.root / kind / f"{name}.parquet"
        try:
            return schema.read(path, kind, ids_only)
        except FileNotFoundError:
            self._lost_files += kind == "runs"  # it was listed
        except Unreadable as error:
            self.quarantine(path, error)
        return None

    def quarantine(self, path: Path, error: Exception) -> None:
        """Put a file aside under a name that is not taken, and say so."""
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        try:
            target = _reserve(self.root / "quarantine" / path.parent.name, path)
        except OSError as why:
            return self._leave(path, reason, why.strerror)
        try:
            os.replace(path, target)
        except OSError as why:
            target.unlink(missing_ok=True)
            if isinstance(why, FileNotFoundError):  # another process was faster, and has reported it
                self._lost_files += 1
            else:
                self._leave(path, reason, why.strerror)
        else:
            self._lost_files += 1
            self.say(f"{path} cannot be read ({reason}); moved to {target}, its job runs again")

    def _leave(self, path: Path, reason: str, why: str | None) -> None:
        if str(path) not in self._reported:
            self._reported.add(str(path))
            self.say(f"{path} cannot be read ({reason}); it does not count, but stays where it is ({why})")


def _reserve(folder: Path, path: Path) -> Path:
    """A name for a file in a folder, taken by creating it: nothing that was put there before is overwritten."""
    folder.mkdir(parents=True, exist_ok=True)
    for count in itertools.count():
        target = folder / (f"{path.stem}.{count}{path.suffix}" if count else path.name)
        with contextlib.suppress(FileExistsError):
            target.touch(exist_ok=False)
            return target
    raise AssertionError
