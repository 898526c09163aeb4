"""Device slots on other machines, through a Dask scheduler.

Every Dask worker has the slots of its own machine, each with a worker process. The coordinator keeps the job locks, the
attempts and the results folder: results travel back over the network, so that no disk has to be shared. When a Dask
worker is lost, the scheduler gives its jobs to another one. When a run is stopped, or its coordinator is gone, its jobs
end in the cluster too.

Dask itself moves pickles between its members. Whoever can reach the scheduler can run code on all of them; keep it on a
network of your own.
"""

from __future__ import annotations

import functools
import queue
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inrbench.bench.config.job import Job
from inrbench.bench.errors import BadInput
from inrbench.bench.machine.devices import SlotSpec, cpus, gpus, slots
from inrbench.bench.runner.row import Execution
from inrbench.bench.runner.worker_process import POLL_S, JobRun, WorkerProcess
from inrbench.bench.store.schema import Status
from inrbench.bench.training.result import Outcome

LOG_BYTES = 1_000_000
"""Bytes at the end of a job's log that travel back."""

Answer = tuple[Execution, bytes]
"""The execution of a job, and the end of its log."""

PluginFiles = tuple[tuple[str, bytes], ...]
"""Names and contents of plugin files."""

_lock = threading.Lock()


@functools.cache
def _slots(wanted: str, plugins: PluginFiles) -> queue.Queue[WorkerProcess]:
    """The free slots of this Dask worker, made for its first job and kept for the others."""
    free: queue.Queue[WorkerProcess] = queue.Queue()
    folder = Path(tempfile.mkdtemp(prefix="inrbench-"))
    files = [folder / name for name, _ in plugins]
    for file, (_, source) in zip(files, plugins, strict=True):
        file.write_bytes(source)
    for index, spec in enumerate(slots(wanted, gpus(), cpus())):
        free.put(WorkerProcess(spec, files, folder / f"worker-{index}.log"))
    return free


def _capacity(wanted: str) -> list[SlotSpec] | str:
    """The slots that a Dask worker offers, or why it has none."""
    try:
        return slots(wanted, gpus(), cpus())
    except BadInput as error:
        return str(error)


class _Unwanted(threading.Event):
    """Set as soon as no one waits for the Dask task that made it.

    Dask cannot end a task that runs. It tells the worker to forget it, when its future is cancelled and also when the
    client that wanted it is gone: that can be seen here, and costs no message.
    """

    def __init__(self) -> None:
        from distributed import get_worker

        super().__init__()
        worker = get_worker()
        self._tasks, self._key = worker.state.tasks, worker.get_current_task()

    def is_set(self) -> bool:
        task = self._tasks.get(self._key)
        return task is None or task.state == "cancelled"


def _serve(job_json: str, wanted: str, plugins: PluginFiles, limit_s: float | None, keep_weights: bool) -> Answer:
    """On a Dask worker: run a job on one of its slots."""
    job, unwanted = Job.from_json(job_json), _Unwanted()
    with _lock:  # the cache alone would let two threads make the slots
        free = _slots(wanted, plugins)
    slot = free.get()
    try:
        with tempfile.TemporaryDirectory(prefix="inrbench-") as folder:
            log = Path(folder) / "job.log"
            execution = slot.run(JobRun(job, log, limit_s, unwanted, lambda _: None, keep_weights))
            return execution, log.read_bytes()[-LOG_BYTES:] if log.exists() else b""
    finally:
        free.put(slot)


class RemoteSlot:
    """A `inrbench.bench.runner.runner.Slot` somewhere in a cluster."""

    def __init__(self, client: Any, spec: SlotSpec, wanted: str, plugin_files: Sequence[Path]) -> None:
        self._client = client
        self._spec = spec
        self._wanted = wanted
        self._plugins: PluginFiles = tuple((file.name, file.read_bytes()) for file in plugin_files)

    def run(self, work: JobRun) -> Execution:
        """As `inrbench.bench.runner.worker_process.WorkerProcess.run`, without progress."""
        request = (work.job.to_json(), self._wanted, self._plugins, work.limit_s, work.keep_weights)
        future = self._client.submit(_serve, *request, pure=False)
        try:
            while not future.done():
                if work.stopping.wait(POLL_S):
                    future.cancel()
                    return self._failed("interrupted", "stopped by the user")
            answer: Answer = future.result()
            execution, tail = answer
            work.log.parent.mkdir(parents=True, exist_ok=True)
            work.log.write_bytes(tail)
            return execution
        except Exception as error:
            return self._failed("crashed", f"the cluster lost it ({type(error).__name__}: {error})")
        finally:
            future.release()

    def _failed(self, status: Status, cause: str) -> Execution:
        return Execution(Outcome(status, cause), self._spec.exclusive)

    def kill(self) -> None:
        """Nothing to do: the worker of a slot ends with its Dask worker."""


def connect(address: str) -> Any:
    """A Dask client.

    Raises:
        BadInput: if distributed is not installed or there is no scheduler.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise BadInput("--scheduler needs Dask; install it with: pip install 'inrbench[dask]'") from error
    try:
        return Client(address, timeout=20, set_as_default=False)
    except (OSError, ValueError) as error:
        raise BadInput(f"--scheduler {address}: no scheduler there ({error}); start one: dask scheduler") from error


def remote_slots(client: Any, wanted: str, plugin_files: Sequence[Path]) -> list[RemoteSlot]:
    """A slot for each that the cluster's workers offer at this moment.

    Raises:
        BadInput: if there is none.
    """
    try:
        answers = client.run(_capacity, wanted).values()
    except Exception as error:
        raise BadInput(
            f"--scheduler: its workers cannot run inrbench ({type(error).__name__}: {error}); install it there"
        ) from error
    causes = [answer for answer in answers if isinstance(answer, str)]
    offers = [answer for answer in answers if not isinstance(answer, str)]
    if not offers:
        raise BadInput(f"--scheduler: {causes[0] if causes else 'it has no workers; start some with: dask worker'}")
    for cause in causes:
        print(f"inrbench: note: a worker of the cluster is left out: {cause}", file=sys.stderr)
    return [RemoteSlot(client, spec, wanted, plugin_files) for offer in offers for spec in offer]
