"""Main loop of a worker process: it runs the jobs that it receives, one after another, and sends their outcomes.

`inrbench.bench.runner.worker_process.WorkerProcess` has it started, and again after an abnormal end, so that a job
that damages the process costs that job alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from inrbench.bench.config.job import Job
from inrbench.bench.config.plugins import Plugins
from inrbench.bench.machine import process_setup as process
from inrbench.bench.machine import provenance
from inrbench.bench.runner.messages import Channel, Kind, ProtocolError
from inrbench.bench.training.result import Progress, encode
from inrbench.bench.training.run_job import attempt


def main(arguments: Sequence[str]) -> None:
    """Command line: ``python -P -m inrbench.bench.runner.worker FD DEVICE THREADS PLUGIN_FILE…``, with one end of a
    socket pair as FD."""
    fd, device_name, threads, *files = arguments
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
        except (EOFError, OSError, ValueError, ProtocolError):
            os._exit(0)

    threading.Thread(target=listen, daemon=True).start()

    def send(kind: Kind, content: str | bytes) -> None:
        channel.send(kind.message(content.encode() if isinstance(content, str) else content))

    def report(progress: Progress) -> None:
        send(Kind.PROGRESS, json.dumps(progress))

    send(Kind.READY, json.dumps(asdict(provenance.of_process(device, int(threads)))))
    while True:
        arrived.acquire()
        request = json.loads(inbox.pop(0))
        with _output_to(Path(request["log"])):
            checkpoint = request["checkpoint"] and Path(request["checkpoint"])
            job, keep = Job.from_json(request["job"]), bool(request["keep_weights"])
            outcome = attempt(job, plugins, device, report, checkpoint, keep_weights=keep)
        send(Kind.RESULT, encode(outcome))


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
    main(sys.argv[1:])
