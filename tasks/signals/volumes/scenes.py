"""Scenes of Gaussian blobs in [-1, 1]³, whose values and line integrals are known in closed form."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.signal import SignalSource

# Per blob: centre along the three axes, standard deviation, and peak value, in thousandths. The peaks add up to less
# than 1000 at every point, and no blob is cut at the border by more than a thousandth of its peak.
BLOBS = (
    (0, 0, 0, 260, 350),
    (-300, 250, -150, 90, 450),
    (250, -300, 200, 70, 500),
    (150, 350, 300, 60, 600),
    (-350, -250, 250, 110, 400),
    (350, 150, -350, 50, 550),
    (-100, -400, -400, 80, 500),
    (50, 50, 450, 50, 700),
)
# Many blobs as thin as 0.05, of equal peaks, on a helix of two turns.
HELIX = tuple(
    (
        -500 + 1000 * k // 23,
        round(450 * np.cos(k * np.pi / 6)),
        round(450 * np.sin(k * np.pi / 6)),
        50 + 2 * (k % 12),
        900,
    )
    for k in range(24)
)


def _table(blobs: tuple[tuple[int, ...], ...]) -> NDArray[np.int32]:
    return np.array(blobs, dtype="<i4")


def _thousandths(raw: NDArray[Any]) -> NDArray[np.float32]:
    return (raw / 1000).astype(np.float32)


def _scene(name: str, blobs: tuple[tuple[int, ...], ...], description: str, sha256: str) -> SignalSource:
    loader = partial(_table, blobs)
    licence = "none needed (a formula)"
    return SignalSource(name, "scene", (len(blobs), 5), "inrbench", licence, description, sha256, loader, _thousandths)


# fmt: off
SOURCES = (
    _scene("blobs", BLOBS, "eight Gaussian blobs of several sizes",
           "b81568c7b020694c16e7cd074973dfab2a4db0f96440c528136231cd3e70db79"),
    _scene("helix", HELIX, "twenty-four small Gaussian blobs on a helix",
           "9ce13d61bc05922fe53980b3757d3c5563e958b3bb41da884c213e4c05607131"),
)
# fmt: on
