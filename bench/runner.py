"""Running jobs on device slots, so that whatever happens to one of them costs that one alone.

joblib hands the jobs to threads of this process. Each thread leases a slot and waits for that slot's worker process,
with a limit. joblib's own processes are not used, because a worker of theirs that is killed aborts the whole run, and
because their time limit ends the run and not the job.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joblib import Parallel, delayed

from bench.devices import SlotSpec
from bench.job import Job
from bench.store import Store

if TYPE_CHECKING:
    from bench.execute import Result

POLL_S = 0.1
START_LIMIT_S = 300.0

Listener = Callable[[str, Job, dict[str, Any]], None]
"""Told ("start", job, {}), ("progress", job, scores) and ("end", job, row), from several threads."""


class Failure(Exception):
    """A worker ended abnormally while it had a job: ``status`` and a one-line cause."""

    def __init__(self, status: str, cause: str) -> None:
        super().__init__(cause)
        self.status = status


class Slot:
    """One device slot and its worker process, started when first needed and again after any abnormal end.

    Attributes:
        facts: the columns of ``runs`` that the worker told of its process; empty until it has started.
    """

    def __init__(self, spec: SlotSpec, plugin_files: Sequence[Path], log: Path) -> None:
        self.spec = spec
        self.facts: dict[str, Any] = {}
        self._files = [str(file) for file in plugin_files]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def run(
        self,
        job: Job,
        log: Path,
        limit_s: float | None,
        stopping: threading.Event,
        progress: Callable[[dict[str, Any]], None],
    ) -> Result:
        """Have the worker execute a job.

        Raises:
            Failure: if the worker died, ran over the limit or was stopped. It is gone then, with all its children.
        """
        from bench.worker import decode

        try:
            connection = self._ready(stopping)
            connection.send_bytes(json.dumps({"job": job.to_json(), "log": str(log)}).encode())
            end = time.monotonic() + limit_s if limit_s else float("inf")
            while True:
                kind, content = self._receive(connection, end, stopping)
                if kind == "result":
                    return decode(content)
                progress(json.loads(content))
        except (EOFError, OSError) as error:
            raise Failure("crashed", self._obituary()) from error
        except Failure:
            self.kill()
            raise

    def _ready(self, stopping: threading.Event) -> Connection:
        if self._connection is not None and self._process is not None and self._process.poll() is None:
            return self._connection
        self.kill()
        ours, theirs = socket.socketpair()
        environment = {
            **os.environ,
            "CUDA_VISIBLE_DEVICES": self.spec.visible,
            "OMP_NUM_THREADS": str(self.spec.threads),
            "PYTHONUNBUFFERED": "1",
        }
        self._log.parent.mkdir(parents=True, exist_ok=True)
        # -P: a folder named `tasks` where the user happens to stand must not be taken for ours.
        command = [sys.executable, "-P", "-m", "bench.worker", str(theirs.fileno()), self.spec.device]
        with theirs, open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [*command, str(self.spec.threads), *self._files],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        self._connection = Connection(ours.detach())
        _, facts = self._receive(self._connection, time.monotonic() + START_LIMIT_S, stopping)
        self.facts = json.loads(facts)
        return self._connection

    def _receive(self, connection: Connection, end: float, stopping: threading.Event) -> tuple[str, bytes]:
        """The worker's next message, if it comes before ``end`` on the monotonic clock."""
        while not connection.poll(POLL_S):
            if stopping.is_set():
                raise Failure("interrupted", "stopped by the user")
            if time.monotonic() > end:
                raise Failure("timeout", "no result within the time limit; raise --timeout or lower train.steps")
        kind, _, content = connection.recv_bytes().partition(b" ")
        return kind.decode(), content

    def _obituary(self) -> str:
        """How the worker died, in one line."""
        if self._process is None:
            return "its worker could not be started"
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        code = self._process.poll()
        self.kill()
        if code is not None and code < 0:
            hint = "; the system may have run out of memory" if code == -signal.SIGKILL else ""
            return f"its worker was ended by {signal.Signals(-code).name}{hint}"
        return f"its worker ended with exit code {code}; see {self._log.name}"

    def kill(self) -> None:
        """End the worker and all its children, at once."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None


class Runner:
    """Runs jobs on slots and commits every outcome.

    Args:
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
    ) -> None:
        self._store = store
        self._limit_s = limit_s
        self._fail_fast = fail_fast
        self._listener = listener
        self._stopping = threading.Event()
        self._slots = [
            Slot(spec, plugin_files, store.root / "logs" / f"worker-{index}.log") for index, spec in enumerate(specs)
        ]
        self._free: queue.Queue[Slot] = queue.Queue()
        for slot in self._slots:
            self._free.put(slot)

    def run(self, jobs: Sequence[Job], attempts: dict[str, int]) -> Generator[tuple[Job, str]]:
        """Run jobs; yields (job, status) as they end. Closing the iterator, or Ctrl-C, stops what runs.

        Args:
            attempts: job id -> number of earlier attempts.
        """
        dispatch = Parallel(
            n_jobs=len(self._slots),
            backend="threading",
            return_as="generator_unordered",
            pre_dispatch="n_jobs",
            batch_size=1,
        )
        outcomes = dispatch(delayed(self._one)(job, attempts.get(job.job_id, 0) + 1) for job in jobs)
        try:
            yield from outcomes
        finally:
            self._stopping.set()
            with contextlib.suppress(GeneratorExit, KeyboardInterrupt):
                for _ in outcomes:  # let the threads see the sign and end
                    pass
            for slot in self._slots:
                slot.kill()

    def _one(self, job: Job, attempt: int) -> tuple[Job, str]:
        if self._stopping.is_set():
            return job, "interrupted"
        slot = self._free.get()
        try:
            self._listener("start", job, {})
            row = self._attempt(slot, job, attempt)
        finally:
            self._free.put(slot)
        self._listener("end", job, row)
        if self._fail_fast and row["status"] != "ok":
            self._stopping.set()
        return job, str(row["status"])

    def _attempt(self, slot: Slot, job: Job, attempt: int) -> dict[str, Any]:
        log = self._store.log_file(job.job_id)
        row = job.declared() | {
            "attempt": attempt,
            "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "timing_valid": slot.spec.exclusive,
            "log": str(log.relative_to(self._store.root)),
        }
        try:
            result = slot.run(
                job, log, self._limit_s, self._stopping, lambda scores: self._listener("progress", job, scores)
            )
        except Failure as failure:
            row |= slot.facts | {"status": failure.status, "error": str(failure)}
            self._store.commit(row)
            return row
        row |= slot.facts | result.row
        for name, arrays in result.arrays.items():
            if not (name.startswith("ref-") and self._store.artifact_file(name).exists()):
                self._store.save_arrays(name, **arrays)
        self._store.commit(row, result.scores)
        final = [s for s in result.scores if s["metric"] == row.get("metric")]
        return row | {"headline": final[-1]["value"] if final else None}
