"""Worker processes as their parent sees them: forks of a `bench.runner.fork_server`, or processes of their own.

The imports of a worker take seconds and 200 MB of memory. A fork of a process that has made them takes milliseconds and
shares the memory: all slots of a machine start as fast as one, and a worker that has crashed is replaced at once.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

AVAILABLE = sys.platform == "linux"
"""Whether a process that has loaded PyTorch's libraries may fork. Those of other systems are not made for it."""

_MESSAGE_BYTES = 64
"""More than any message of the server has."""


class Child(Protocol):
    """A child process, the leader of a session of its own."""

    @property
    def pid(self) -> int | None:
        """The process id; None before it has started."""

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""

    def wait(self, timeout: float) -> int:
        """The exit code, once it has ended.

        Raises:
            subprocess.TimeoutExpired: if it has not ended after ``timeout`` seconds.
        """

    def end(self) -> None:
        """End it and all its children at once."""


class Spawned(subprocess.Popen[bytes]):
    """A `Child` that is a process of its own.

    Args:
        module: the module of this folder that it runs.
        end: a socket that it inherits; the first argument is its file descriptor.
        arguments: further arguments.
        environment: its environment variables.
        output: file for what it prints.
    """

    def __init__(
        self,
        module: str,
        end: socket.socket,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        output: IO[bytes],
    ) -> None:
        super().__init__(
            # -P: a folder named `tasks` where the user happens to stand must not be taken for ours.
            [sys.executable, "-P", "-m", f"inrbench.bench.runner.{module}", str(end.fileno()), *arguments],
            pass_fds=[end.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**environment},
            start_new_session=True,
        )

    def end(self) -> None:
        kill_group(self.pid)
        super().wait()


class Fork:
    """A `Child` that a server has forked. Its id stays taken until `end`: a signal to it can reach no other process.

    Args:
        status: a socket on which the server sends the process id and the exit code. When this end is shut down or
            closed the server kills the process and its children, and closes the other end.
        server: the server.
    """

    def __init__(self, status: socket.socket, server: Spawned) -> None:
        self._status = status
        self._server = server
        self._pid: int | None = None
        self._code: int | None = None

    @property
    def pid(self) -> int | None:
        self.poll()
        return self._pid

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self._code

    def wait(self, timeout: float) -> int:
        self._status.settimeout(timeout)
        while self._code is None:
            try:
                received = self._status.recv(_MESSAGE_BYTES)
            except (BlockingIOError, TimeoutError) as error:
                raise subprocess.TimeoutExpired("a worker", timeout) from error
            # It ends before a fork is let go if the server has ended, and then nobody knows how the fork does.
            message = json.loads(received) if received else {"code": self._server.wait()}
            self._pid, self._code = message.get("pid", self._pid), message.get("code")
        return self._code

    def end(self) -> None:
        with self._status as status, contextlib.suppress(OSError):
            status.shutdown(socket.SHUT_WR)
            status.settimeout(None)
            while status.recv(_MESSAGE_BYTES):
                pass
        if self._pid is not None and self._server.poll() is not None:
            kill_group(self._pid)


class ForkServer:
    """A server process, which ends with this process or when it is closed.

    Args:
        environment: its environment variables; those that libraries read while they are loaded hold for its forks too.
        log: file for what it prints.
    """

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, open(log, "ab") as output:
            self._process = Spawned("fork_server", theirs, [], environment, output)
        atexit.register(self.close)

    def fork(
        self, end: socket.socket, arguments: Sequence[str], environment: Mapping[str, str], output: IO[bytes]
    ) -> Fork:
        """A worker process, in the current folder of this process.

        Args:
            end: as for `Spawned`, and so are the others.

        Raises:
            OSError: if the server has ended.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs, open(os.memfd_create("request"), "wb") as request, _current_folder() as folder:
                request.write(json.dumps({"arguments": [*arguments], "environment": {**environment}}).encode())
                request.seek(0)
                files = [theirs.fileno(), end.fileno(), output.fileno(), request.fileno(), folder]
                socket.send_fds(self._control, [b"fork"], files)
        except OSError:
            ours.close()
            raise
        return Fork(ours, self._process)

    def running(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        """End the server and its forks."""
        atexit.unregister(self.close)
        self._control.close()
        self._process.wait()


def start_worker(end: socket.socket, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Child:
    """A worker process: a fork where one can be had, else a process of its own.

    Args:
        end: the worker's end of its socket pair.
        arguments: those of `inrbench.bench.runner.worker.main` that follow the file descriptor.
        environment: its environment variables.
        log: file for what it prints, which is emptied.

    Raises:
        OSError: if it cannot be started.
    """
    with open(log, "wb") as output:
        if AVAILABLE:
            return shared_server(environment, log).fork(end, arguments, environment, output)
        return Spawned("worker", end, arguments, environment, output)


_servers: dict[str, ForkServer] = {}
_lock = threading.Lock()


def shared_server(environment: Mapping[str, str], log: Path) -> ForkServer:
    """The server of this process for a number of threads, which the libraries read while they are loaded."""
    threads = environment["OMP_NUM_THREADS"]
    with _lock:
        if threads in _servers and not _servers[threads].running():
            _servers.pop(threads).close()
        if threads not in _servers:
            _servers[threads] = ForkServer(environment, log)
        return _servers[threads]


def kill_group(leader: int) -> None:
    """Kill a process and those of its group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


@contextlib.contextmanager
def _current_folder() -> Iterator[int]:
    folder = os.open(".", os.O_RDONLY)
    try:
        yield folder
    finally:
        os.close(folder)
