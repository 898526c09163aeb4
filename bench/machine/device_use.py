"""Who uses a device of this machine, told across all runs on it, so that times taken side by side are known for it.

Each device has a file in one folder of the machine. A job holds a shared lock on it while it runs, which the system
frees with the process, and lengthens the file by one byte when it begins. Two jobs overlap exactly when one of them
begins during the other. The later one finds the lock held, the earlier one finds the file longer than it left it: both
know, and nothing has to be watched meanwhile.

Where the folder cannot be written, nothing is known, and that is no error. Runs that do not see the same folder, in
containers for one, do not see each other.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import time
from pathlib import Path

_TRIES = 20
_PAUSE_S = 0.01
"""The lock is held exclusively for an instant, by one that looks whether it is alone."""


def folder() -> Path:
    """Where the leases of this machine are: the same for every user, and not in a home that machines may share."""
    return Path(os.environ.get("INRBENCH_LEASES") or "/tmp/inrbench-leases")


class Lease:
    """The use of a device from now on, until `end`. Any number of them may be held on one device.

    Args:
        device: its name on this machine: ``"cpu"``, or a GPU's UUID.
    """

    def __init__(self, device: str, where: Path | None = None) -> None:
        self._shared = False
        self._expected = 0
        self._file: int | None = None
        with contextlib.suppress(OSError):
            self._file = _opened((where or folder()) / re.sub(r"[^\w.-]", "_", device))
            self._begin(self._file)

    def _begin(self, file: int) -> None:
        self._expected = os.fstat(file).st_size  # before the lock: whoever begins after this is counted
        self._shared = not _locked(file, fcntl.LOCK_EX)
        for _ in range(_TRIES):
            if _locked(file, fcntl.LOCK_SH):
                break
            time.sleep(_PAUSE_S)
        self._expected += os.write(file, b".")  # after the lock: whoever looks whether it is alone finds that first

    def end(self) -> bool:
        """Give the device back; returns whether another lease on it was held at any moment of this one."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._shared = self._shared or os.fstat(self._file).st_size != self._expected
            os.close(self._file)
            self._file = None
        return self._shared


def _locked(file: int, kind: int) -> bool:
    """Whether a lock could be had at once. These locks belong to the open file, so that threads are told apart too."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _opened(path: Path) -> int:
    """A file that every user of the machine may lock and lengthen, made if need be.

    Raises:
        OSError: if it cannot be written.
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW
    with contextlib.suppress(FileNotFoundError):
        return os.open(path, flags)  # without O_CREAT, which is refused for another's file in a folder like /tmp
    with contextlib.suppress(FileExistsError):
        path.parent.mkdir()
        path.parent.chmod(0o1777)
    with contextlib.suppress(FileExistsError):
        file = os.open(path, flags | os.O_CREAT | os.O_EXCL)
        os.fchmod(file, 0o666)
        return file
    return os.open(path, flags)
