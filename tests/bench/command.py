"""The type of the fixture `inrbench`: the words of a command to its exit code and output."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

Inrbench = Callable[..., subprocess.CompletedProcess[str]]
