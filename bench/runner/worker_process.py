"""One device slot: a worker process that is waited for with a limit, and replaced after any abnormal end."""

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
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.config.job import Job
from bench.machine.devices import SlotSpec
from bench.machine.monitor import Watch
from bench.runner.messages import Channel

if TYPE_CHECKING:
    from bench.training.result import Result

POLL_S = 0.1
START_LIMIT_S = 300.0


class Failure(Exception):
    """A worker ended abnormally while it had a job: ``status`` and a one-line cause."""

    def __init__(self, status: str, cause: str) -> None:
        super().__init__(cause)
        self.status = status


class Slot:
    """One device slot and its worker process, started when first needed and again after any abnormal end.

    Args:
        log: what the worker prints when it has no job.
        checkpoint: gives the file that a job, by its id, is kept in and resumed from; None where none is to be kept.

    Attributes:
        facts: the columns of ``runs`` that the worker told of its process; empty until it has started.
    """

    def __init__(
        self,
        spec: SlotSpec,
        plugin_files: Sequence[Path],
        log: Path,
        checkpoint: Callable[[str], Path] | None = None,
    ) -> None:
        self.spec = spec
        self.facts: dict[str, Any] = {}
        self._files = [str(file) for file in plugin_files]
        self._log = log
        self._checkpoint = checkpoint
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None

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
        from bench.training.result import checked, decode

        watch = Watch(self.spec, self.worker)
        try:
            channel = self._ready(stopping)
            kept = str(self._checkpoint(job.job_id)) if self._checkpoint else None
            request = {"job": job.to_json(), "log": str(log), "checkpoint": kept}
            channel.send(json.dumps(request).encode())
            end = time.monotonic() + limit_s if limit_s else float("inf")
            while True:
                kind, content = self._receive(channel, end, stopping)
                if kind == "result":
                    return checked(decode(content), job)
                progress({str(key): float(value) for key, value in json.loads(content).items()})
        except (EOFError, OSError) as error:
            raise Failure("crashed", self._obituary()) from error
        except Failure:
            self.kill()
            raise
        except Exception as error:  # what a worker sends is data: whatever is wrong with it, the job is at fault
            self.kill()
            raise Failure("crashed", f"what its worker sent is no result ({type(error).__name__}: {error})") from error
        finally:
            use = asdict(watch.end(self.worker))
            shared = use.pop("shared")
            self.facts |= {"timing_valid": self.spec.exclusive and not shared, **use}

    @property
    def worker(self) -> int | None:
        """The worker's process id, None if there is none."""
        return self._process.pid if self._process is not None else None

    def _ready(self, stopping: threading.Event) -> Channel:
        if self._channel is not None and self._process is not None and self._process.poll() is None:
            return self._channel
        self.kill()
        ours, theirs = socket.socketpair()
        environment = {
            **os.environ,
            "CUDA_VISIBLE_DEVICES": self.spec.visible,
            "OMP_NUM_THREADS": str(self.spec.threads),
            # Threads that wait for the next operation do so in a busy loop, by default for 9 ms, which they take from
            # the threads of `bench.engine.threads`; a third of a millisecond bridges the time between two operations.
            "GOMP_SPINCOUNT": os.environ.get("GOMP_SPINCOUNT", "10000"),
            "PYTHONUNBUFFERED": "1",
        }
        self._log.parent.mkdir(parents=True, exist_ok=True)
        # -P: a folder named `tasks` where the user happens to stand must not be taken for ours.
        command = [sys.executable, "-P", "-m", "bench.runner.worker", str(theirs.fileno()), self.spec.device]
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
        self._channel = Channel(ours)
        _, facts = self._receive(self._channel, time.monotonic() + START_LIMIT_S, stopping)
        self.facts = json.loads(facts)
        return self._channel

    def _receive(self, channel: Channel, end: float, stopping: threading.Event) -> tuple[str, bytes]:
        """The worker's next message, if it comes before ``end`` on the monotonic clock."""
        while (message := channel.receive(POLL_S)) is None:
            if stopping.is_set():
                raise Failure("interrupted", "stopped by the user")
            if time.monotonic() > end:
                raise Failure("timeout", "no result within the time limit; raise --timeout or lower train.steps")
            if self._process is not None and self._process.poll() is not None and not channel.readable():
                raise EOFError  # a child that a plugin forked off may still hold the other end open
        kind, _, content = message.partition(b" ")
        return kind.decode(), content

    def _obituary(self) -> str:
        """How the worker died, in one line."""
        if self._process is None:
            return "its worker could not be started"
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        code = self._process.poll()
        self.kill()
        if code is None:
            return "its worker closed its connection; does the plugin close descriptors that are not its own?"
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
        if self._channel is not None:
            self._channel.close()
        self._process = self._channel = None
