"""Claims on jobs, so that several runs on one results folder share the work and none of it is done twice.

A claim is a lock on one byte of the file ``claims`` in the suite's folder, the byte being a hash of the job's id. The
system holds the lock for the process and frees it when the process ends, however it ends: there is nothing to clean
up, and nothing that a crash could leave behind. Locks of this kind (POSIX record locks) also work between the machines
that share a folder over NFS, as long as its lock service runs. Where a file system has no locks at all, this is said
once, and jobs are handed out as if claimed: one run at a time is safe there, several might do a job twice.
"""

from __future__ import annotations

import errno
import fcntl
import functools
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_HELD_BY_ANOTHER = {errno.EACCES, errno.EAGAIN}


class Claims:
    """The claims of this process in one folder. Obtain it by `claims_in`: the system does not tell threads of a process
    apart and drops *all* locks of a process on a file when *any* of its handles is closed, so that there must be one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._held: set[str] = set()
        self._lock = threading.Lock()
        self._works = True

    def take(self, name: str, say: Callable[[str], None] = lambda _: None) -> bool:
        """Claim something, or learn that another thread or process has it. Never waits."""
        with self._lock:
            if name in self._held:
                return False
            try:
                fcntl.lockf(self._handle(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _offset(name))
            except OSError as error:
                if error.errno in _HELD_BY_ANOTHER:
                    return False
                if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
                    raise
                if self._works:
                    self._works = False
                    say(f"{self._path}: no locks here ({error.strerror}); run one inrbench at a time on this folder")
            self._held.add(name)
            return True

    def release(self, name: str) -> None:
        """Give a claim back."""
        with self._lock:
            self._held.discard(name)
            if self._works and self._file is not None:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, _offset(name))

    @contextmanager
    def claimed(self, name: str) -> Iterator[bool]:
        """Hold a claim for a moment; yields whether it could be had."""
        taken = self.take(name)
        try:
            yield taken
        finally:
            if taken:
                self.release(name)

    def _handle(self) -> int:
        if self._file is not None:
            try:
                if os.path.samestat(os.fstat(self._file), os.stat(self._path)):
                    return self._file
            except FileNotFoundError:
                pass  # somebody deleted the results; a lock on a file without a name keeps nobody out
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        return self._file


@functools.cache
def _claims_at(path: Path) -> Claims:
    return Claims(path)


def claims_in(folder: Path) -> Claims:
    """The claims of this process in a suite's folder of results."""
    return _claims_at(folder.resolve() / "claims")


def _offset(name: str) -> int:
    """Which byte stands for a name. Bytes beyond the end of a file can be locked, so it stays empty."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 2
