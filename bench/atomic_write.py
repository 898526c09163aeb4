"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import threading
from pathlib import Path


def atomic_write(path: Path, content: bytes, *, replace: bool = True, durable: bool = True) -> None:
    """Write a file so that readers see the old content or the new one; folders are made.

    Args:
        replace: whether an old file may be replaced.
        durable: wait until the content is on the disk, so that it survives a loss of power.

    Raises:
        FileExistsError: if there is an old file and ``replace`` is false.
        OSError: if it cannot be written, with the name of the file; the old file is left as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Of the thread, not of the process: a run with several devices may store the same truth from two of its threads.
    temporary = path.with_name(f".{path.name}.{threading.get_native_id()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        if replace:
            os.replace(temporary, path)
        else:
            os.link(temporary, path)  # one call, so that of several processes exactly one succeeds
    except OSError as error:
        if error.filename is None:  # a write knows only the number of its file
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)
