"""A device slot of this machine: a worker process with a time limit for each job, replaced after an abnormal end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter

from inrbench.bench.config.job import Job
from inrbench.bench.machine.devices import SlotSpec
from inrbench.bench.machine.monitor import DeviceMonitor
from inrbench.bench.machine.provenance import Provenance
from inrbench.bench.runner.messages import Channel, Kind
from inrbench.bench.runner.row import Execution
from inrbench.bench.store.schema import Status
from inrbench.bench.training.result import Outcome, Progress, decode

POLL_S = 0.1
START_LIMIT_S = 300.0


class WorkerError(Exception):
    """A worker ended abnormally while it had a job: ``status`` of the job and a one-line cause."""

    def __init__(self, status: Status, cause: str) -> None:
        super().__init__(cause)
        self.status = status


@dataclass(frozen=True)
class JobRun:
    """A job that a slot is to run.

    Attributes:
        log: file for the output of the job.
        limit_s: seconds that the job may take; None for no limit.
        stopping: set when all jobs of the run are to end.
        on_progress: called whenever the job has been scored.
        keep_weights: whether the outcome is to have the final network.
    """

    job: Job
    log: Path
    limit_s: float | None
    stopping: threading.Event
    on_progress: Callable[[Progress], None]
    keep_weights: bool = False


class Worker(subprocess.Popen[bytes]):
    """A worker process, `inrbench.bench.runner.worker`, the leader of a session of its own.

    Args:
        end: a socket that it inherits.
        arguments: its arguments after that socket.
        environment: its environment variables.
        output: file for what it prints.

    Raises:
        OSError: if it cannot be started.
    """

    def __init__(
        self, end: socket.socket, arguments: Sequence[str], environment: Mapping[str, str], output: IO[bytes]
    ) -> None:
        super().__init__(
            # -P: a folder named `inrbench` where the user happens to stand must not be taken for ours.
            [sys.executable, "-P", "-m", "inrbench.bench.runner.worker", str(end.fileno()), *arguments],
            pass_fds=[end.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**environment},
            start_new_session=True,
        )

    def end(self) -> None:
        """End it and all its children at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait()


class WorkerProcess:
    """A device slot and its worker process, started by `start` or when first needed, and again after an abnormal end.

    Args:
        log: file for the output of the worker while it has no job.
        checkpoint: gives the file in which a job, by its id, is saved and from which it is resumed; None to save none.
    """

    def __init__(
        self,
        spec: SlotSpec,
        plugin_files: Sequence[Path],
        log: Path,
        checkpoint: Callable[[str], Path] | None = None,
    ) -> None:
        self.spec = spec
        self._provenance: Provenance | None = None
        self._files = [str(file) for file in plugin_files]
        self._log = log
        self._checkpoint = checkpoint
        self._process: Worker | None = None
        self._channel: Channel | None = None
        self._greeted = False

    def run(self, work: JobRun) -> Execution:
        """Have the worker run a job. If it fails, exceeds its limit or is stopped, it ends with all its children."""
        watch = DeviceMonitor(self.spec, self.worker)
        try:
            outcome = self._outcome(work)
        except WorkerError as error:
            self.kill()
            outcome = Outcome(error.status, str(error))
        return Execution(outcome, self.spec.exclusive, self._provenance, watch.end(self.worker))

    def _outcome(self, work: JobRun) -> Outcome:
        """The outcome that the worker sends.

        Raises:
            WorkerError: if it sends none, or bytes that are none.
        """
        try:
            channel = self._ready(work.stopping)
            checkpoint = str(self._checkpoint(work.job.job_id)) if self._checkpoint else None
            request = {
                "job": work.job.to_json(),
                "log": str(work.log),
                "checkpoint": checkpoint,
                "keep_weights": work.keep_weights,
            }
            channel.send(json.dumps(request).encode())
            end = time.monotonic() + work.limit_s if work.limit_s else float("inf")
            while True:
                kind, content = self._receive(channel, end, work.stopping)
                if kind is Kind.RESULT:
                    return decode(content, work.job)
                work.on_progress(TypeAdapter(Progress).validate_json(content, strict=True))
        except WorkerError:
            raise
        except (EOFError, OSError) as error:
            raise WorkerError("crashed", self._exit_reason()) from error
        except Exception as error:  # a plugin may have sent it: whatever is wrong with it, the job is at fault
            cause = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            raise WorkerError(
                "crashed",
                f"its worker sent no valid result ({cause}); a plugin must write to no file descriptor but its own",
            ) from error

    @property
    def worker(self) -> int | None:
        """The worker's process id, None if there is none."""
        return self._process.pid if self._process is not None else None

    def start(self) -> Channel:
        """Start the worker unless there is one, and do not wait for it: it imports PyTorch first.

        Raises:
            OSError: if it cannot be started.
        """
        if self._channel is not None and self._process is not None and self._process.poll() is None:
            return self._channel
        self.kill()
        ours, theirs = socket.socketpair()
        environment = {
            **os.environ,
            "CUDA_VISIBLE_DEVICES": self.spec.visible,
            "OMP_NUM_THREADS": str(self.spec.threads),
            # Threads that wait for the next operation do so in a busy loop, by default for 9 ms, which they take from
            # the threads of `inrbench.bench.engine.threads`; a third of a millisecond bridges the time between two
            # operations.
            "GOMP_SPINCOUNT": os.environ.get("GOMP_SPINCOUNT", "10000"),
            "PYTHONUNBUFFERED": "1",
        }
        self._log.parent.mkdir(parents=True, exist_ok=True)
        arguments = [self.spec.device, str(self.spec.threads), *self._files]
        self._channel = Channel(ours)
        with theirs, open(self._log, "wb") as output:
            self._process = Worker(theirs, arguments, environment, output)
        return self._channel

    def _ready(self, stopping: threading.Event) -> Channel:
        """The connection to a worker that waits for a job."""
        channel = self.start()
        if not self._greeted:
            _, content = self._receive(channel, time.monotonic() + START_LIMIT_S, stopping)
            self._provenance = TypeAdapter(Provenance).validate_json(content)
            self._greeted = True
        return channel

    def _receive(self, channel: Channel, end: float, stopping: threading.Event) -> tuple[Kind, bytes]:
        """The worker's next message, if it comes before ``end`` on the monotonic clock."""
        while (message := channel.receive(POLL_S)) is None:
            if stopping.is_set():
                raise WorkerError("interrupted", "stopped by the user")
            if time.monotonic() > end:
                raise WorkerError("timeout", "no result within the time limit; raise --timeout or lower train.steps")
            if self._process is not None and self._process.poll() is not None and not channel.readable():
                raise EOFError  # a child that a plugin forked off may still hold the other end open
        return Kind.split(message)

    def _exit_reason(self) -> str:
        """The reason of the worker's end, in one line."""
        if self._process is None:
            return f"its worker could not be started; see {self._log.name}"
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        code = self._process.poll()
        if code is None:
            return "its worker closed its connection; does the plugin close descriptors that are not its own?"
        if code < 0:
            hint = "; the system may have run out of memory" if code == -signal.SIGKILL else ""
            return f"its worker was ended by {signal.Signals(-code).name}{hint}"
        return f"its worker ended with exit code {code}; see {self._log.name}"

    def kill(self) -> None:
        """End the worker and all its children at once."""
        if self._process is not None:
            self._process.end()
        if self._channel is not None:
            self._channel.close()
        self._process = self._channel = None
        self._greeted = False
