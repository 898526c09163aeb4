"""Signals as a user of Python gives them: names, paths, arrays, mappings."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SignalLike = str | Path | NDArray[Any] | Mapping[str, Any]
"""Name of a shipped signal, path of a file, an array, or a mapping as suites have it (``{"path": …, "range": …}``)."""


@contextlib.contextmanager
def as_declared(signal: SignalLike) -> Iterator[str | dict[str, Any]]:
    """A signal as a suite names it; an array is a ``.npy`` file for a while."""
    if isinstance(signal, Mapping):
        yield {key: str(value) if isinstance(value, Path) else value for key, value in signal.items()}
    elif isinstance(signal, str | Path):
        yield str(signal)
    else:
        with tempfile.TemporaryDirectory(prefix="inrbench-") as folder:
            path = Path(folder) / "array.npy"
            np.save(path, np.asarray(signal), allow_pickle=False)
            yield str(path)
