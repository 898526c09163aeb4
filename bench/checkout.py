"""Whether a command runs the code of the folder that its user means.

An environment keeps the path of its folder in every script. That of a checkout that was copied starts the Python of the
original, with the original's code: what is edited in the copy would have no effect, and nothing would say so.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from inrbench.bench.errors import BadInput

_MADE_ANEW = "make its own there: rm -rf .venv && make bench"


def refuse_the_environment_of_another(command: Path, prefix: Path) -> None:
    """Refuse a command that belongs to one environment and runs in another.

    Args:
        command: the script that was started.
        prefix: the environment of the Python that runs it, ``sys.prefix``.

    Raises:
        BadInput: if they differ.
    """
    environment = command.parent.parent
    with contextlib.suppress(OSError):
        if (environment / "pyvenv.cfg").is_file() and not environment.samefile(prefix):
            raise BadInput(f"{environment} is a copy of the environment {prefix} and runs its code; {_MADE_ANEW}")


def other_checkout(folder: Path, code: Path) -> str | None:
    """A note if a folder is a checkout of inrbench, but the code that runs is another's.

    Args:
        folder: where the user is.
        code: a module of the package ``inrbench.bench`` that runs.
    """
    with contextlib.suppress(OSError):
        here = folder / "inrbench" / "bench" / code.name
        if here.is_file() and not here.samefile(code):
            return f"this runs the code in {code.resolve().parents[1]}, not that in {folder}; {_MADE_ANEW}"
    return None
