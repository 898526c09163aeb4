"""Locks of a suite's folder: one for each job, and one for the folder as a whole.

Job locks let several runs share the work on one folder, and none of it is done twice. The folder lock is shared by all
that read or commit results and exclusive while files are compacted, so that no reader sees files disappear and no
result is removed that was not read. It is held for the moment of reading or committing, not while a job runs.

A lock is one byte of the file ``claims`` in the folder: for a job a hash of its id, for the folder a byte of its own.
The system holds it for the process and frees it when the process ends, however it ends: there is nothing to clean up.
Locks of this kind (POSIX record locks) also work between machines that share a folder over NFS, if its lock service
runs.

Where the file system has no locks, that is reported once. Jobs are then handed out as if they were locked, so that one
run at a time is safe, and nothing is compacted. A folder that may only be read is read without a lock.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Say = Callable[[str], None]

POLL_S = 0.01
"""Between two attempts at the folder lock."""

_HELD_BY_ANOTHER = {errno.EACCES, errno.EAGAIN}

_FOLDER = 1 << 62
"""The byte of the folder lock, beyond those of jobs. Bytes beyond the end of a file can be locked: it stays empty."""


class JobLocks:
    """The locks that this process holds in one folder. Obtain it by `locks_in`: the system does not tell threads of a
    process apart, and drops *all* its locks on a file when *any* of its handles is closed, so that there must be one.

    Args:
        path: the file of the locks.
        say: reports that the file system has no locks.
    """

    def __init__(self, path: Path, say: Say = lambda _: None) -> None:
        self._path, self._say = path, say
        self._file: int | None = None
        self._works = True
        self._mutex = threading.Lock()
        self._jobs: set[str] = set()
        self._readers: set[int] = set()
        self._owner: int | None = None
        self._wanted = False

    # -- jobs ----------------------------------------------------------------------------------------------------------

    def acquire(self, job_id: str) -> bool:
        """Lock a job; returns whether that succeeded. Never waits.

        Raises:
            OSError: if the file of the locks cannot be made.
        """
        with self._mutex:
            if job_id in self._jobs or not self._lock(self._handle(), fcntl.LOCK_EX, _offset(job_id)):
                return False
            self._jobs.add(job_id)
            return True

    def release(self, job_id: str) -> None:
        """Unlock a job."""
        with self._mutex:
            self._jobs.discard(job_id)
            self._unlock(_offset(job_id))
            self._close_if_idle()

    @contextmanager
    def holding(self, job_id: str) -> Iterator[bool]:
        """Lock a job for the block; yields whether that succeeded."""
        acquired = self.acquire(job_id)
        try:
            yield acquired
        finally:
            if acquired:
                self.release(job_id)

    # -- the folder ----------------------------------------------------------------------------------------------------

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Keep the folder from being compacted for the block. Waits while it is being compacted."""
        thread = threading.get_ident()
        if thread in self._readers or thread == self._owner:  # within another block of this thread
            yield
            return
        while not self._join(thread):
            time.sleep(POLL_S)
        try:
            yield
        finally:
            with self._mutex:
                self._readers.discard(thread)
                if not self._readers:
                    self._unlock(_FOLDER)
                self._close_if_idle()

    @contextmanager
    def exclusive(self, wait_s: float) -> Iterator[bool]:
        """Have the folder alone for the block; yields whether that succeeded within some seconds."""
        end, alone = time.monotonic() + wait_s, False
        try:
            while not (alone := self._take(threading.get_ident())) and self._works and time.monotonic() < end:
                time.sleep(POLL_S)
            yield alone
        finally:
            with self._mutex:
                self._wanted = False
                if alone:
                    self._owner = None
                    self._unlock(_FOLDER)
                self._close_if_idle()

    def _join(self, thread: int) -> bool:
        with self._mutex:
            if self._owner is not None or self._wanted:
                return False
            if not self._readers:
                try:
                    file = self._handle(make_folder=False)
                except OSError:  # a folder that may only be read, or does not exist
                    file = None
                if file is not None and not self._lock(file, fcntl.LOCK_SH, _FOLDER):
                    return False
            self._readers.add(thread)
            return True

    def _take(self, thread: int) -> bool:
        with self._mutex:
            if self._owner is not None:
                return False
            self._wanted = True  # no new readers of this process, or there would always be one
            free = not self._readers and self._lock(self._handle(), fcntl.LOCK_EX, _FOLDER)
            if free and self._works:
                self._owner = thread
            return free and self._works

    # -- the file ------------------------------------------------------------------------------------------------------

    def _lock(self, file: int, kind: int, offset: int) -> bool:
        """Lock a byte; returns False if another process holds it. Where there are no locks, every one succeeds."""
        try:
            fcntl.lockf(file, kind | fcntl.LOCK_NB, 1, offset)
        except OSError as error:
            if error.errno in _HELD_BY_ANOTHER:
                return False
            if self._works:
                self._works = False
                self._say(
                    f"{self._path}: this file system has no locks ({error.strerror}); run one inrbench at a time on "
                    "this folder, whose files are not compacted"
                )
        return True

    def _unlock(self, offset: int) -> None:
        if self._works and self._file is not None:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, offset)

    def _close_if_idle(self) -> None:
        """Close the file while nothing is locked, so that a process may read any number of folders."""
        if self._file is not None and not self._jobs and not self._readers and self._owner is None:
            os.close(self._file)
            self._file = None

    def _handle(self, make_folder: bool = True) -> int:
        if self._file is not None:
            try:
                if os.path.samestat(os.fstat(self._file), os.stat(self._path)):
                    return self._file
            except FileNotFoundError:
                pass  # somebody deleted the results; a lock on a file without a name keeps nobody out
        if make_folder:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        return self._file


_locks: dict[Path, JobLocks] = {}


def locks_in(folder: Path, say: Say = lambda _: None) -> JobLocks:
    """The locks of this process in a suite's folder of results; ``say`` counts when they are used first."""
    path = folder.resolve() / "claims"
    return _locks.setdefault(path, JobLocks(path, say))


def _offset(job_id: str) -> int:
    """The byte of a job, below that of the folder."""
    return int.from_bytes(hashlib.sha256(job_id.encode()).digest()[:8], "big") >> 2
