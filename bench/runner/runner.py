"""Running jobs on device slots, so that whatever happens to one of them costs that one alone.

joblib hands the jobs to threads of this process. Each thread leases a slot and waits for that slot's worker process,
with a limit. joblib's own processes are not used, because a worker of theirs that is killed aborts the whole run, and
because their time limit ends the run and not the job.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Generator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from joblib import Parallel, delayed

from bench.config.job import Job
from bench.errors import Stopped
from bench.machine.devices import SlotSpec
from bench.runner.worker_process import Failure, Slot
from bench.store.compact import AUTOMATIC, compact, sweep
from bench.store.schema import UNFINISHED
from bench.store.store import Store

if TYPE_CHECKING:
    from bench.training.result import Result

WAIT_S = 0.5
"""Between two looks at jobs that another run has claimed."""

Listener = Callable[[str, Job, dict[str, Any]], None]
"""Told ("start", job, {}), ("progress", job, scores) and ("end", job, row), from several threads."""


class Place(Protocol):
    """Where a job can run: a `bench.runner.worker_process.Slot` here, or one of a cluster
    (`bench.runner.dask_cluster.RemoteSlot`)."""

    spec: SlotSpec
    facts: dict[str, Any]

    def run(
        self,
        job: Job,
        log: Path,
        limit_s: float | None,
        stopping: threading.Event,
        progress: Callable[[dict[str, Any]], None],
    ) -> Result: ...

    def kill(self) -> None: ...


class Runner:
    """Runs jobs on slots and commits every outcome.

    Args:
        specs: the slots of this machine to use.
        places: slots elsewhere, to be used too.
        limit_s: seconds a job may take; None for no limit.
        fail_fast: stop at the first job that does not end ``ok``.
    """

    def __init__(
        self,
        store: Store,
        specs: Sequence[SlotSpec],
        plugin_files: Sequence[Path] = (),
        limit_s: float | None = None,
        fail_fast: bool = False,
        listener: Listener = lambda *_: None,
        places: Sequence[Place] = (),
    ) -> None:
        self._store = store
        self._limit_s = limit_s
        self._fail_fast = fail_fast
        self._listener = listener
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._ended = 0
        logs = store.root / "logs"
        here = [
            Slot(spec, plugin_files, logs / f"worker-{index}.log", store.checkpoint_file)
            for index, spec in enumerate(specs)
        ]
        self._slots: list[Place] = [*here, *places]
        self._free: queue.Queue[Place] = queue.Queue()
        for slot in self._slots:
            self._free.put(slot)

    def run(self, jobs: Sequence[Job], attempts: dict[str, int]) -> Generator[tuple[Job, str]]:
        """Run jobs; yields (job, status) as they end. Closing the iterator, or Ctrl-C, stops what runs.

        Jobs that another run on the same folder has claimed are left to it. When nothing else is left they are waited
        for, and done here if that other run ends without having done them.

        Args:
            attempts: job id -> number of earlier attempts.

        Raises:
            Stopped: if results can no longer be stored.
        """
        with contextlib.suppress(OSError):  # it is only tidying up
            sweep(self._store)
        left: Sequence[Job] = jobs
        try:
            while left and not self._stopping.is_set():
                held: list[Job] = []
                for job, status in self._dispatch(left, attempts):
                    if status is None:
                        held.append(job)
                    else:
                        yield job, status
                if len(held) == len(left):
                    time.sleep(WAIT_S)
                left = held
            yield from ((job, "interrupted") for job in left)
        finally:
            self._stopping.set()
            for slot in self._slots:
                slot.kill()

    def _dispatch(self, jobs: Sequence[Job], attempts: dict[str, int]) -> Generator[tuple[Job, str | None]]:
        """One pass over jobs; the status is None for those that another run holds."""
        dispatch = Parallel(
            n_jobs=len(self._slots),
            backend="threading",
            return_as="generator_unordered",
            pre_dispatch="n_jobs",
            batch_size=1,
        )
        outcomes = dispatch(delayed(self._one)(job, attempts) for job in jobs)
        ended = False
        try:
            yield from outcomes
            ended = True
        finally:
            if not ended:
                self._stopping.set()
                with contextlib.suppress(GeneratorExit, KeyboardInterrupt, Stopped):
                    for _ in outcomes:  # let the threads see the sign and end
                        pass

    def _one(self, job: Job, attempts: dict[str, int]) -> tuple[Job, str | None]:
        """Run a job, unless another run holds it or has done it meanwhile."""
        if self._stopping.is_set():
            return job, "interrupted"
        with self._store.locks.holding(job.job_id) as mine:
            if not mine:
                return job, None
            attempt = attempts.get(job.job_id, 0) + 1
            stored, before = self._store.outcome(job.job_id) or ("", 0)
            if before >= attempt and stored != "interrupted":  # another run has done it since this one was planned
                self._listener("end", job, {"status": stored, "error": "done by another run"})
                return job, stored
            slot = self._free.get()
            try:
                self._listener("start", job, {})
                row = self._attempt(slot, job, max(attempt, before + 1))
            finally:
                self._free.put(slot)
        self._gather()
        self._listener("end", job, row)
        if self._fail_fast and row["status"] != "ok":
            self._stopping.set()
        return job, str(row["status"])

    def _begun(self, slot: Place, job: Job, attempt: int, log: Path) -> dict[str, Any]:
        """What is known of a job's row before it runs."""
        return job.declared() | {
            "attempt": attempt,
            "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "timing_valid": slot.spec.exclusive,
            "log": str(log.relative_to(self._store.root)),
        }

    def _attempt(self, slot: Place, job: Job, attempt: int) -> dict[str, Any]:
        log = self._store.log_file(job.job_id)
        row = self._begun(slot, job, attempt, log)
        result = None
        try:
            result = slot.run(
                job, log, self._limit_s, self._stopping, lambda scores: self._listener("progress", job, scores)
            )
        except Failure as failure:
            row |= slot.facts | {"status": failure.status, "error": str(failure)}
        else:
            row |= slot.facts
        row = self._keep(row, result, f"ref-{job.problem_id}")
        if row["status"] not in UNFINISHED:
            with contextlib.suppress(OSError):  # what is left behind is swept up later
                self._store.checkpoint_file(job.job_id).unlink(missing_ok=True)
        return row

    def _keep(self, row: dict[str, Any], result: Result | None, reference: str) -> dict[str, Any]:
        """Store what came of a job, or else that it could not be stored."""
        if result is None:
            self._commit(row)
            return row
        try:
            for name, arrays in result.arrays.items():
                if name != reference or not self._store.artifact_file(name).exists():
                    self._store.save_arrays(name, **arrays)
            self._store.commit(row | result.row, result.scores)
        except Exception as error:  # a disk that is full, or values that are none: told, and the next job goes on
            with contextlib.suppress(OSError):
                self._store.artifact_file(str(row["job_id"])).unlink(missing_ok=True)
            cause = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
            row |= {"status": "error", "error": f"its result could not be stored: {' '.join(str(cause).split())}"}
            self._commit(row)
            return row
        final = [score for score in result.scores if score["metric"] == result.row.get("metric")]
        return row | result.row | {"headline": final[-1]["value"] if final else None}

    def _commit(self, row: dict[str, Any]) -> None:
        """Store a row without scores; if not even that can be written, there is no use in going on."""
        try:
            self._store.commit(row)
        except OSError as error:
            self._stopping.set()
            raise Stopped(
                f"{self._store.root}: results can no longer be stored ({error.strerror}); mend that, "
                "then the same command goes on from there"
            ) from error

    def _gather(self) -> None:
        """Keep the number of small files in bounds."""
        with self._lock:
            self._ended += 1
            due = self._ended % AUTOMATIC == 0
        if due:
            with contextlib.suppress(OSError):  # it is only tidying up
                compact(self._store)
