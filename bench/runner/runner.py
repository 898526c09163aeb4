"""Runs jobs on device slots, so that a job that fails in any way costs that job alone.

joblib hands the jobs to threads of this process. Each thread takes a slot and waits, with a limit, for its worker
process. joblib's own processes are not used, because a killed worker of theirs aborts the whole run, and because their
time limit ends the run and not the job.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from joblib import Parallel, delayed

from inrbench.bench.config.job import Job
from inrbench.bench.errors import Stopped
from inrbench.bench.machine.devices import SlotSpec
from inrbench.bench.runner.plan import RunOptions
from inrbench.bench.runner.row import Attempt, Execution, to_row
from inrbench.bench.runner.worker_process import JobRun, WorkerProcess
from inrbench.bench.store.compact import AUTOMATIC, compact, sweep
from inrbench.bench.store.schema import UNFINISHED, Status
from inrbench.bench.store.store import Store
from inrbench.bench.training.result import Outcome, Progress

WAIT_S = 0.5
"""Seconds between two checks of the jobs that another run has claimed."""


class Listener:
    """Listener of a run; this one ignores all events. Its methods are called from several threads."""

    def started(self, job: Job) -> None:
        """A job has a slot."""

    def progressed(self, job: Job, progress: Progress) -> None:
        """A job has been scored in the course of its training."""

    def ended(self, job: Job, outcome: Outcome) -> None:
        """A job has ended, and its outcome is stored."""


class Slot(Protocol):
    """A device slot: a `inrbench.bench.runner.worker_process.WorkerProcess` of this machine, or a
    `inrbench.bench.runner.dask_cluster.RemoteSlot`."""

    def run(self, work: JobRun) -> Execution:
        """Run a job; a failure of any kind is an outcome and no exception."""

    def kill(self) -> None:
        """End whatever runs on the slot."""


def local_slots(store: Store, specs: Sequence[SlotSpec], plugin_files: Sequence[Path] = ()) -> list[WorkerProcess]:
    """Slots of this machine; checkpoints and the logs of workers go into the folder of the results."""
    logs = store.root / "logs"
    return [
        WorkerProcess(spec, plugin_files, logs / f"worker-{index}.log", store.checkpoint_file)
        for index, spec in enumerate(specs)
    ]


class Runner:
    """Runs jobs on slots and stores every outcome."""

    def __init__(
        self,
        store: Store,
        slots: Sequence[Slot],
        options: RunOptions | None = None,
        listener: Listener | None = None,
    ) -> None:
        self._store = store
        self._options = options or RunOptions()
        self._listener = listener or Listener()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._ended = 0
        self._slots = slots
        self._free: queue.Queue[Slot] = queue.Queue()
        for slot in slots:
            self._free.put(slot)

    def run(self, jobs: Sequence[Job], attempts: dict[str, int]) -> Generator[tuple[Job, Status]]:
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

    def _dispatch(self, jobs: Sequence[Job], attempts: dict[str, int]) -> Generator[tuple[Job, Status | None]]:
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

    def _one(self, job: Job, attempts: dict[str, int]) -> tuple[Job, Status | None]:
        """Run a job, unless another run holds it or has just done it."""
        if self._stopping.is_set():
            return job, "interrupted"
        with self._store.locks.holding(job.job_id) as mine:
            if not mine:
                return job, None
            attempt = attempts.get(job.job_id, 0) + 1
            stored, before = self._store.outcome(job.job_id) or (None, 0)
            if (
                stored is not None and before >= attempt and stored != "interrupted"
            ):  # another run has done it since this one was planned
                self._listener.ended(job, Outcome(stored, "done by another run"))
                return job, stored
            slot = self._free.get()
            try:
                self._listener.started(job)
                outcome = self._attempt(slot, job, max(attempt, before + 1))
            finally:
                self._free.put(slot)
        self._gather()
        self._listener.ended(job, outcome)
        if self._options.fail_fast and outcome.status != "ok":
            self._stopping.set()
        return job, outcome.status

    def _attempt(self, slot: Slot, job: Job, number: int) -> Outcome:
        """The outcome of a job on a slot, which is stored."""
        log = self._store.log_file(job.job_id)
        started_at = datetime.now(UTC).isoformat(timespec="seconds")
        attempt = Attempt(number, started_at, str(log.relative_to(self._store.root)))
        on_progress = partial(self._listener.progressed, job)
        execution = slot.run(
            JobRun(job, log, self._options.limit_s, self._stopping, on_progress, self._options.keep_weights)
        )
        outcome = self._keep(job, attempt, execution)
        if outcome.status not in UNFINISHED:
            with contextlib.suppress(OSError):  # `sweep` removes it later
                self._store.checkpoint_file(job.job_id).unlink(missing_ok=True)
        return outcome

    def _keep(self, job: Job, attempt: Attempt, execution: Execution) -> Outcome:
        """Store an outcome, or the fact that it could not be stored; returns what was stored.

        Raises:
            Stopped: if not even the latter can be stored.
        """
        outcome = execution.outcome
        try:
            for name, arrays in outcome.arrays.items():
                if name != job.reference or not self._store.artifact_file(name).exists():
                    self._store.save_arrays(name, **arrays)
            self._store.save_weights(job.job_id, outcome.weights, outcome.blueprint)
            self._store.commit(to_row(job, attempt, execution), outcome.scores)
            return outcome
        except Exception as error:  # a full disk, or values that do not fit their columns: the next job goes on
            with contextlib.suppress(OSError):
                self._store.artifact_file(job.job_id).unlink(missing_ok=True)
                self._store.weights_file(job.job_id).unlink(missing_ok=True)
            cause = error.strerror if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        failed = Outcome("error", f"its result could not be stored: {' '.join(str(cause).split())}")
        try:
            self._store.commit(to_row(job, attempt, replace(execution, outcome=failed)))
        except OSError as error:
            self._stopping.set()
            raise Stopped(
                f"{self._store.root}: results can no longer be stored ({error.strerror}); free space or permit writing "
                "there, then the same command continues"
            ) from error
        return failed

    def _gather(self) -> None:
        """Keep the number of small files in bounds."""
        with self._lock:
            self._ended += 1
            due = self._ended % AUTOMATIC == 0
        if due:
            with contextlib.suppress(OSError):  # it is only tidying up
                compact(self._store)
