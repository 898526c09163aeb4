"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import threading
from pathlib import Path


def atomic_write(path: Path, content: bytes, *, replace: bool = True) -> None:
    """Write a file so that readers see the old content or the new one; folders are made.

    Raises:
        FileExistsError: if there is an old file and ``replace`` is false.
        OSError: if it cannot be written; the old file is left as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Of the thread, not of the process: a run with several devices may store the same truth from two of its threads.
    temporary = path.with_name(f".{path.name}.{threading.get_native_id()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(temporary, path)
        else:
            os.link(temporary, path)  # one call, so that of several processes exactly one succeeds
    finally:
        temporary.unlink(missing_ok=True)
