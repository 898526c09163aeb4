"""Phantoms of ellipses, whose line integrals and Fourier transforms are known exactly.

The modified Shepp-Logan head, and three heads of ellipses that are drawn from seeds. The exact measurements of these
signals are `inrbench.tasks.core.radon.ellipses_sinogram` and `inrbench.tasks.core.kspace.ellipses_kspace`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.signal import SignalError, SignalSource, pixel_centres

Ellipse = tuple[float, float, float, float, float, float]
"""Intensity, two semi-axes, centre (x to the right, y upwards), rotation in degrees, anticlockwise."""

Tenths = tuple[int, float, float, float, float, int]
"""An ellipse with its intensity in tenths."""

SIDE = 256
SUBSAMPLES = 4
"""Sampling points along each side of a pixel."""

SHEPP_LOGAN: tuple[Tenths, ...] = (
    (10, 0.69, 0.92, 0.0, 0.0, 0),
    (-8, 0.6624, 0.874, 0.0, -0.0184, 0),
    (-2, 0.11, 0.31, 0.22, 0.0, -18),
    (-2, 0.16, 0.41, -0.22, 0.0, 18),
    (1, 0.21, 0.25, 0.0, 0.35, 0),
    (1, 0.046, 0.046, 0.0, 0.1, 0),
    (1, 0.046, 0.046, 0.0, -0.1, 0),
    (1, 0.046, 0.023, -0.08, -0.605, 0),
    (1, 0.023, 0.023, 0.0, -0.606, 0),
    (1, 0.023, 0.046, 0.06, -0.605, 0),
)
"""The ellipses of L. A. Shepp and B. F. Logan, IEEE Trans. Nucl. Sci. 21 (1974), with the intensities of P. Toft, PhD
thesis (1996), table B.1, which give the inner ellipses more contrast."""

INNER = 24
"""Ellipses inside the skull of a phantom that is drawn."""


def render(ellipses: Sequence[Tenths], n: int = SIDE) -> NDArray[np.uint8]:
    """The phantom on [-1, 1]²: (n, n) sums over 4 x 4 points in each pixel, in tenths.

    The values 0 … 160 are integers, so that the array is the same on every machine.
    """
    fine = n * SUBSAMPLES
    density = np.zeros((fine, fine), np.int64)
    for ellipse in ellipses:
        density += ellipse[0] * _inside(ellipse, fine)
    summed: NDArray[np.uint8] = density.reshape(n, SUBSAMPLES, n, SUBSAMPLES).sum(axis=(1, 3)).astype(np.uint8)
    return summed


def _inside(ellipse: Tenths, n: int) -> NDArray[np.bool_]:
    _, a, b, x0, y0, degrees = ellipse
    at = pixel_centres(n)
    x, y = at[None, :], -at[:, None]
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    along, across = (x - x0) * cos + (y - y0) * sin, (y - y0) * cos - (x - x0) * sin
    inside: NDArray[np.bool_] = (along / a) ** 2 + (across / b) ** 2 <= 1
    return inside


def drawn(seed: int) -> tuple[Tenths, ...]:
    """A skull of density 0.9 around tissue of 0.3, with `INNER` ellipses of other densities in it.

    An ellipse that would leave the tissue, or make a density below 0 or above 1, is drawn again.
    """
    draw = _whole_numbers(seed)
    a, b = next(draw) % 100 / 1000 + 0.68, next(draw) % 100 / 1000 + 0.80
    chosen: list[Tenths] = [(9, a, b, 0.0, 0.0, 0), (-6, round(0.93 * a, 4), round(0.94 * b, 4), 0.0, 0.0, 0)]
    tissue = _inside(chosen[1], SIDE)
    density = 9 * _inside(chosen[0], SIDE) - 6 * tissue
    while len(chosen) < 2 + INNER:
        size = 0.02 * 10 ** (next(draw) % 1000 / 1000)  # 0.02 to 0.2
        ellipse = (
            (-3, -2, -1, 1, 2, 3)[next(draw) % 6],
            round(size, 3),
            round(size * (0.5 + next(draw) % 1000 / 1000), 3),
            next(draw) % 1400 / 1000 - 0.7,
            next(draw) % 1700 / 1000 - 0.85,
            next(draw) % 180,
        )
        inside = _inside(ellipse, SIDE)
        changed = density + ellipse[0] * inside
        if inside.any() and tissue[inside].all() and changed.min() >= 0 and changed.max() <= 10:
            density = changed
            chosen.append(ellipse)
    return tuple(chosen)


def _whole_numbers(seed: int) -> Iterator[int]:
    """Raw bits of PCG64, which NumPy promises never to change."""
    bits = np.random.PCG64(seed)
    while True:
        yield int(bits.random_raw()) >> 16


NAMES = ("shepp-logan", "phantom-1", "phantom-2", "phantom-3")


@lru_cache
def phantom(name: str) -> tuple[Tenths, ...]:
    """The ellipses of a signal of `NAMES`."""
    return SHEPP_LOGAN if name == NAMES[0] else drawn(NAMES.index(name))


def exact_ellipses(signal: str, shape: tuple[int, int], samples: str | None) -> tuple[Ellipse, ...] | None:
    """The ellipses of which a task with these ``samples`` takes exact measurements; None to measure pixels.

    Args:
        samples: ``analytic``, ``mixed``, or anything else for pixels.

    Raises:
        SignalError: if ``analytic`` is asked of a signal that is not a phantom, or of a grid that is not square.
    """
    if samples not in ("analytic", "mixed") or (signal not in NAMES and samples == "mixed"):
        return None
    if signal not in NAMES or shape[0] != shape[1]:
        raise SignalError(
            f"signal {signal!r} of {shape[0]} x {shape[1]} pixels has no measurements in closed form; choose signals "
            f"from {', '.join(NAMES)} and a square size, or leave samples: {samples} out"
        )
    return tuple((tenths / 10, a, b, x0, y0, degrees) for tenths, a, b, x0, y0, degrees in phantom(signal))


def _scaled(raw: NDArray[Any]) -> NDArray[np.float32]:
    return (raw / (10 * SUBSAMPLES**2)).astype(np.float32)


def _source(name: str, description: str, sha256: str) -> SignalSource:
    loader = partial(_render_named, name)
    return SignalSource(
        name, "ct", (SIDE, SIDE), "inrbench", "none needed (a formula)", description, sha256, loader, _scaled
    )


def _render_named(name: str) -> NDArray[np.uint8]:
    return render(phantom(name))


SOURCES = (
    _source(
        "shepp-logan",
        "the modified Shepp-Logan head phantom",
        "dc6a7f3e263e9256e074eb4187c0a39672ee8ebdb8ec39a77c8647385600e5be",
    ),
    _source(
        "phantom-1",
        "a head of ellipses, drawn from a seed",
        "f3fc7475151b4ca9fb4eacafa49b7ab38f8c6551245a2d7808df91953775e8da",
    ),
    _source(
        "phantom-2", "another head of ellipses", "ecfe2e72e4d38805585e85ddee8b24c9ecfcc990036f25393dad4527b50fb7e2"
    ),
    _source("phantom-3", "a third one", "8f114b08250831098fb8d4006251624448c629447d2782f9251dd16736408b7a"),
)
