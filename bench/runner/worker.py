"""The process in which jobs happen, and how their results travel.

`main` runs in the process that `bench.runner.worker_process.Slot` starts: it executes the jobs it is sent, one after
another, and answers with their results. It is started anew after any abnormal end, so that whatever a job does to it
costs that job alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import torch

from bench.config.job import Job
from bench.config.plugins import Plugins
from bench.machine import process_setup as process
from bench.machine import provenance
from bench.runner.messages import Channel, Garbled
from bench.training.result import encode
from bench.training.run_job import attempt


def main() -> None:
    """Serve jobs: ``python -P -m bench.runner.worker FD DEVICE THREADS PLUGIN_FILE…``, FD being one end of a socket
    pair."""
    fd, device_name, threads, *files = sys.argv[1:]
    os.set_inheritable(int(fd), False)  # a process that a plugin leaves behind must not seem to be this one
    channel = Channel(socket.socket(fileno=int(fd)))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides what it means
    process.prepare()
    torch.set_num_threads(int(threads))
    device = torch.device(device_name)
    plugins = Plugins(files)
    inbox: list[bytes] = []
    arrived = threading.Semaphore(0)

    def listen() -> None:
        # The parent holds the other end: when it is gone, however it went, there is nobody to compute for.
        try:
            while True:
                request = channel.receive(None)
                if request is not None:
                    inbox.append(request)
                    arrived.release()
        except (EOFError, OSError, ValueError, Garbled):
            os._exit(0)

    threading.Thread(target=listen, daemon=True).start()

    def send(kind: str, content: bytes) -> None:
        channel.send(kind.encode() + b" " + content)

    def told(scores: dict[str, float]) -> None:
        send("progress", json.dumps(scores).encode())

    send("ready", json.dumps(provenance.of_process(device, int(threads))).encode())
    while True:
        arrived.acquire()
        request = json.loads(inbox.pop(0))
        with _output_to(Path(request["log"])):
            kept = request["checkpoint"] and Path(request["checkpoint"])
            result = attempt(Job.from_json(request["job"]), plugins, device, told, kept)
        send("result", encode(result))


@contextlib.contextmanager
def _output_to(path: Path) -> Any:
    """Everything this process prints, native code included, goes to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as log:
        sys.stdout.flush()
        saved = os.dup(1), os.dup(2)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        try:
            yield
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for target, source in enumerate(saved, start=1):
                os.dup2(source, target)
                os.close(source)


if __name__ == "__main__":
    main()
