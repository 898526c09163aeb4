"""Shapes as indicator functions, defined at every point of [-1, 1]² or [-1, 1]³.

They are formulas or come from data in installed packages, so none of them is downloaded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.signal import Sampler, SignalSource, pixel_centres

REFERENCE = 32
"""Points along each axis of the sampling whose sha256 is recorded for a shape given by a formula."""

Axes = tuple[NDArray[np.float64], ...]


def gyroid(axes: Axes) -> NDArray[np.bool_]:
    """Sheet around Schoen's gyroid, |sin x cos y + sin y cos z + sin z cos x| < 0.4, two periods along each axis."""
    x, y, z = (2 * np.pi * axis for axis in np.ix_(*axes))
    level = np.sin(x) * np.cos(y) + np.sin(y) * np.cos(z) + np.sin(z) * np.cos(x)
    inside: NDArray[np.bool_] = np.abs(level) < 0.4
    return inside


def torus(axes: Axes) -> NDArray[np.bool_]:
    """Torus around the last axis with major radius 0.6 and minor radius 0.25."""
    x, y, z = np.ix_(*axes)
    inside: NDArray[np.bool_] = (np.sqrt(x**2 + y**2) - 0.6) ** 2 + z**2 < 0.25**2
    return inside


def csg(axes: Axes) -> NDArray[np.bool_]:
    """Intersection of a cube of side 1.3 with a ball of radius 0.85, without three cylinders of radius 0.35."""
    x, y, z = np.ix_(*axes)
    ball = x**2 + y**2 + z**2 < 0.85**2
    cube = (np.abs(x) < 0.65) & (np.abs(y) < 0.65) & (np.abs(z) < 0.65)
    holes = (x**2 + y**2 < 0.35**2) | (y**2 + z**2 < 0.35**2) | (z**2 + x**2 < 0.35**2)
    inside: NDArray[np.bool_] = ball & cube & ~holes
    return inside


def ground(elevation: NDArray[Any], axes: Axes) -> NDArray[np.bool_]:
    """Solid below an elevation map; the axes are row, column and height.

    The largest centred square of the map spans [-1, 1]², and its elevations are interpolated bilinearly. The lowest
    point of the whole map is at the height -0.8, the highest at 0.8.
    """
    from scipy.ndimage import map_coordinates

    side = min(elevation.shape)
    offsets = [(n - side) // 2 for n in elevation.shape]
    at = [(axis + 1) / 2 * side - 0.5 + offset for axis, offset in zip(axes, offsets, strict=False)]
    scaled = _relief(elevation) * 1.6 - 0.8
    height = map_coordinates(scaled, np.meshgrid(*at, indexing="ij"), order=1, mode="nearest")
    inside: NDArray[np.bool_] = axes[2] < height[:, :, None]
    return inside


def silhouette(outside: NDArray[np.bool_], axes: Axes) -> NDArray[np.bool_]:
    """Silhouette in a black-and-white picture, nearest pixel; centred, and the longer side spans [-1, 1].

    ``outside`` is True in the background.
    """
    longer = max(outside.shape)
    down, right = (np.floor((axis * longer + n) / 2).astype(int) for axis, n in zip(axes, outside.shape, strict=True))
    on_rows, on_columns = (down >= 0) & (down < outside.shape[0]), (right >= 0) & (right < outside.shape[1])
    picture = ~outside[np.ix_(down.clip(0, outside.shape[0] - 1), right.clip(0, outside.shape[1] - 1))]
    inside: NDArray[np.bool_] = picture & on_rows[:, None] & on_columns
    return inside


def _relief(elevation: NDArray[Any]) -> NDArray[np.float64]:
    low, high = float(elevation.min()), float(elevation.max())
    relief: NDArray[np.float64] = (elevation - low) / (high - low)
    return relief


# -- loaders -----------------------------------------------------------------------------------------------------------


def _terrain() -> NDArray[Any]:
    from matplotlib.cbook import get_sample_data

    archive: Any = get_sample_data("jacksboro_fault_dem.npz")
    with archive:
        elevation: NDArray[Any] = archive["elevation"]
    return elevation


def _horse() -> NDArray[Any]:
    import skimage.data

    picture: NDArray[Any] = skimage.data.horse()  # type: ignore[no-untyped-call]
    return picture


def _of(function: Callable[[NDArray[Any], Axes], NDArray[Any]], raw: NDArray[Any]) -> Sampler:
    return partial(function, raw)


def _float32(raw: NDArray[Any]) -> NDArray[np.float32]:
    return raw.astype(np.float32)


def _heights(raw: NDArray[Any]) -> NDArray[np.float32]:
    return _relief(raw).astype(np.float32)


def _dark(raw: NDArray[Any]) -> NDArray[np.float32]:
    return (~raw).astype(np.float32)


def sampled(formula: Sampler) -> NDArray[Any]:
    """The recorded sampling of a formula: `REFERENCE` pixel centres along each axis."""
    return formula((pixel_centres(REFERENCE),) * 3)


def formula_source(
    kind: str,
    load: Callable[[Sampler], NDArray[Any]],
    values: Callable[[NDArray[Any]], NDArray[np.float32]],
    name: str,
    formula: Sampler,
    description: str,
    sha256: str,
) -> SignalSource:
    """The registry entry of a volume that is a formula.

    Args:
        load: from the formula to the array whose hash is recorded.
        values: from that array to the values of the signal.
    """
    licence, loader, sampler = "none needed (a formula)", partial(load, formula), partial(_same, formula)
    return SignalSource(name, kind, (REFERENCE,) * 3, "inrbench", licence, description, sha256, loader, values, sampler)


def _same(formula: Sampler, raw: NDArray[Any]) -> Sampler:
    return formula


_solid = partial(formula_source, "shape-3d", sampled, _float32)

# fmt: off
SOURCES = (
    _solid("csg", csg, "a rounded cube with three holes, sharp edges",
           "beefc4cf5e38192453916e72bcf418757f9a0a55da3962e38a870f733a80744c"),
    _solid("gyroid", gyroid, "a thin periodic sheet",
           "c1abe3a5e486140d9f276649ebb58a075164dbcaa0af0fa06c4bb486d41ae11e"),
    _solid("torus", torus, "a ring, smooth",
           "6fdefb11aae60892d6f9b62d3e8bbc9848cd5458e8283cd671d04a5a05640973"),
    SignalSource("terrain", "shape-3d", (344, 403), "matplotlib 3.11.2", "none stated (elevations of the USGS)",
                 "the ground at the Jacksboro fault, Tennessee, from its elevations",
                 "0c7e9f894eb7c8d444ca4475e64249e060d96c90ab63fdf439a0381c590ed502",
                 _terrain, _heights, partial(_of, ground)),
    SignalSource("horse", "shape-2d", (328, 400), "scikit-image 0.26.0", "CC0", "the silhouette of a horse",
                 "1c40c41499d11d4864907189c6d278bf0cb47e7dbf889ae1f5fb0359659a24ab",
                 _horse, _dark, partial(_of, silhouette)),
)
# fmt: on
