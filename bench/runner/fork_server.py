"""Fork server: a process that has imported PyTorch and the plugins, and forks a worker whenever it is asked to.

It runs nothing of its own meanwhile, so it has no thread pool and no CUDA context, which a fork could not take along.
`inrbench.bench.runner.forks.ForkServer` starts it and is its only client.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

from inrbench.bench.config.plugins import Plugins
from inrbench.bench.runner import worker
from inrbench.bench.runner.forks import kill_group


def main() -> None:
    """Command line: ``python -P -m inrbench.bench.runner.fork_server FD``, with one end of a socket pair as FD."""
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    Plugins()  # so that their modules are imported
    gc.freeze()  # the garbage collector of a fork would write to the memory that it shares
    Server(control).serve()


class Server:
    """The server's state.

    Args:
        control: the socket on which requests come. A request is five file descriptors: the status socket of the fork,
            its end of the channel, its output, a file with the rest as JSON, and its current folder.
    """

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._forks: dict[socket.socket, int] = {}
        """Status socket -> process id, of those that the client has not let go."""
        self._told: set[int] = set()
        """Process ids whose exit codes have been sent."""
        self._killed: dict[socket.socket, int] = {}
        """As `_forks`, of those that have been killed: not every system call of theirs ends at once."""
        self._woken, self._waking = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self._waking)  # the end of a child shows as a byte there
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._ready = selectors.PollSelector()  # others have a file of their own, which a fork would inherit
        self._ready.register(control, selectors.EVENT_READ)
        self._ready.register(self._woken, selectors.EVENT_READ)

    def serve(self) -> None:
        """Answer requests until the client is gone, then end all forks."""
        while True:
            for source in [key.fileobj for key, _ in self._ready.select()]:
                if source is self._control:
                    files = socket.recv_fds(self._control, 64, 5)[1]
                    if not files:
                        for pid in self._forks.values():
                            kill_fork(pid)
                        return
                    self._fork(*files)
                elif isinstance(source, socket.socket):
                    self._end(source)
                else:
                    os.read(self._woken, 4096)
                    self._tell()
                    self._reap()

    def _fork(self, status: int, channel: int, output: int, request: int, folder: int) -> None:
        client = socket.socket(fileno=status)
        others = [
            self._control.fileno(),
            self._woken,
            self._waking,
            *(other.fileno() for other in (*self._forks, *self._killed)),
        ]
        try:
            pid = os.fork()
            if pid == 0:
                _become_worker(status, channel, output, request, folder, others)
            self._forks[client] = pid
            self._ready.register(client, selectors.EVENT_READ)
        except OSError as error:  # too little memory, or too many processes
            os.write(output, f"{error}\n".encode())
            with client:
                client.send(json.dumps({"code": 1}).encode())
        for file in (channel, output, request, folder):
            os.close(file)

    def _tell(self) -> None:
        """Send the exit codes of forks that have ended. Their ids stay taken."""
        for status, pid in self._forks.items():
            if pid not in self._told:
                end = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if end is not None:
                    self._told.add(pid)
                    code = end.si_status if end.si_code == os.CLD_EXITED else -end.si_status
                    with contextlib.suppress(OSError):  # the client is gone
                        status.send(json.dumps({"code": code}).encode())

    def _end(self, status: socket.socket) -> None:
        """End a fork and its children; the client does not need it any more, or is gone."""
        pid = self._forks.pop(status)
        self._told.discard(pid)
        self._ready.unregister(status)
        self._killed[status] = pid
        kill_fork(pid)
        self._reap()

    def _reap(self) -> None:
        """Let go the ids of killed forks that have ended; the client sees the end of the connection."""
        for status, pid in [*self._killed.items()]:
            if os.waitpid(pid, os.WNOHANG)[0]:
                del self._killed[status]
                status.close()


def kill_fork(pid: int) -> None:
    """Kill a fork and its children."""
    kill_group(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)  # it may not lead a group yet


def _become_worker(
    status: int, channel: int, output: int, request: int, folder: int, others: Sequence[int]
) -> NoReturn:
    """What a fork does: leave the server's state behind and run a worker."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.write(status, json.dumps({"pid": os.getpid()}).encode())
        for target in (1, 2):
            os.dup2(output, target)
        os.fchdir(folder)
        with open(request, closefd=False) as file:
            content: dict[str, Any] = json.load(file)
        for other in (status, output, request, folder, *others):
            os.close(other)
        os.environ.clear()
        os.environ.update(content["environment"])
        worker.main([str(channel), *content["arguments"]])
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
