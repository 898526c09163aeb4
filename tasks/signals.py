"""Named real data, each with its loader, licence and the sha256 of its array."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


class SignalError(ValueError):
    """A signal that is unknown, unreadable or does not fit; the message names it and the remedy, in one line."""


@dataclass(frozen=True)
class Signal:
    """A loaded signal.

    Attributes:
        name: what a suite calls it; for a user's file its stem and the first digits of the sha256, never its path.
        array: float32 in [0, 1], (H, W, C) for pictures.
        sha256: of the bytes of the array as the source gave it, before any scaling (shared with `embedded.json`).
        licence: as the source states it.
    """

    name: str
    array: NDArray[np.float32]
    sha256: str
    licence: str
