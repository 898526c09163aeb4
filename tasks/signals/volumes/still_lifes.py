"""Scenes of coloured solids in [-1, 1]³, whose pictures are known in closed form (`inrbench.tasks.core.radiance`)."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.signal import SignalSource

# Per solid: 0 for a ball or 1 for a box, its centre, its half sides (three times the radius of a ball), its density as
# a share of the largest, and its colour; all but the first in thousandths. The solids of a scene are disjoint, and lie
# in the ball of radius 0.9.
STILL_LIFE = (
    (0, -300, -250, 200, 283, 283, 283, 1000, 850, 200, 150),
    (1, 300, 280, -190, 247, 193, 267, 1000, 150, 350, 800),
    (0, 210, -390, -330, 187, 187, 187, 1000, 950, 800, 200),
    (1, -310, 330, -290, 173, 233, 127, 1000, 200, 650, 300),
    (0, 90, 290, 410, 223, 223, 223, 100, 500, 200, 600),
)
PILLARS = tuple(
    (
        1,
        round(-30 + 60 * np.cos(2 * k)),
        round(520 * np.cos(k * np.pi / 3)),
        round(520 * np.sin(k * np.pi / 3)),
        260 + 50 * (k % 3),
        87,
        87,
        1000,
        round(500 + 400 * np.cos(k)),
        round(500 + 400 * np.cos(k + 2)),
        round(500 + 400 * np.cos(k + 4)),
    )
    for k in range(6)
)


def _table(solids: tuple[tuple[int, ...], ...]) -> NDArray[np.int32]:
    return np.array(solids, dtype="<i4")


def _thousandths(raw: NDArray[Any]) -> NDArray[np.float32]:
    return (raw / ([1] + [1000] * 10)).astype(np.float32)


def _scene(name: str, solids: tuple[tuple[int, ...], ...], description: str, sha256: str) -> SignalSource:
    loader = partial(_table, solids)
    shape, licence = (len(solids), 11), "none needed (a formula)"
    return SignalSource(name, "solids", shape, "inrbench", licence, description, sha256, loader, _thousandths)


# fmt: off
SOURCES = (
    _scene("still-life", STILL_LIFE, "five balls and boxes of several colours, one of them translucent",
           "8e0abfb5071a04eac1cbf266e9609270bef7249c935d86c09f9c982eb0da024c"),
    _scene("pillars", PILLARS, "six thin pillars in a ring",
           "cbd5c15f977cd5f33bf7a92ff39e55c4db8d584a2b939472ba4990f0f65a6d34"),
)
# fmt: on
