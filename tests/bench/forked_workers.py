"""Worker processes that are forked from one that has imported PyTorch and all plugins, for tests of other things.

A worker takes seconds to import them, most small jobs a fraction of one. Tests of workers themselves start real ones.
Nothing is computed before the fork: a pool of threads would not survive it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO


def serve(end: socket.socket) -> None:
    """Fork a worker for each request, until the other end is closed; its exit code goes into a pipe of the request."""
    from inrbench.bench.config.plugins import Plugins
    from inrbench.bench.runner import worker

    Plugins()
    pipes: dict[int, int] = {}

    def reap(*_: object) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                with contextlib.suppress(BrokenPipeError):
                    os.write(pipes[ended[0]], str(os.waitstatus_to_exitcode(ended[1])).encode())
                os.close(pipes.pop(ended[0]))

    signal.signal(signal.SIGCHLD, reap)
    end.sendall(b"ready")
    while True:
        message, fds, *_ = socket.recv_fds(end, 1 << 20, 3)
        if not message:
            return
        channel, output, pipe = fds
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
        if pid := os.fork():
            pipes[pid] = pipe
            for fd in (channel, output):
                os.close(fd)
            end.sendall(str(pid).encode())
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        os.setsid()
        end.close()
        for other in (pipe, *pipes.values()):
            os.close(other)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        request = json.loads(message)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        try:
            worker.main([str(channel), *request["arguments"]])
        finally:
            os._exit(1)


class Server:
    """The process that forks workers, started when the first is asked for."""

    def __init__(self) -> None:
        self._end: socket.socket | None = None
        self._lock = threading.Lock()

    def fork(self, channel: int, output: int, arguments: Sequence[str], environment: Mapping[str, str]) -> list[int]:
        """The id of a new worker, and the end of a pipe from which its exit code can be read."""
        with self._lock:
            if self._end is None:
                self._end, theirs = socket.socketpair()
                with theirs:
                    code = (
                        f"import socket; from {__name__} import serve; serve(socket.socket(fileno={theirs.fileno()}))"
                    )
                    process = subprocess.Popen(
                        [sys.executable, "-c", code],
                        pass_fds=[theirs.fileno()],
                        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
                        cwd=Path(__file__).parents[2],  # where `tests` can be imported from; a test may be elsewhere
                        stdin=subprocess.DEVNULL,
                        start_new_session=True,
                    )
                atexit.register(process.wait)
                atexit.register(self._end.close)  # which ends the process
                self._end.recv(5)
            read, write = os.pipe()
            request = {"arguments": arguments, "environment": {**environment}, "folder": os.getcwd()}
            socket.send_fds(self._end, [json.dumps(request).encode()], [channel, output, write])
            os.close(write)
            return [int(self._end.recv(16)), read]


SERVER = Server()


class ForkedWorker:
    """In the place of `inrbench.bench.runner.worker_process.Worker`."""

    def __init__(
        self, end: socket.socket, arguments: Sequence[str], environment: Mapping[str, str], output: IO[bytes]
    ) -> None:
        self.pid, self._pipe = SERVER.fork(end.fileno(), output.fileno(), arguments, environment)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, once it has ended."""
        if self.returncode is None:
            if not select.select([self._pipe], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a forked worker", timeout or 0)
            self.returncode = int(os.read(self._pipe, 16))
            os.close(self._pipe)
        return self.returncode

    def end(self) -> None:
        """End it and all its children at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.wait()
