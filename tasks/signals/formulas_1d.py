"""Functions of one variable on [-1, 1], given by formulas.

They can be sampled on any grid, so the error between training samples is known exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.signal import Sampler, SignalSource, pixel_centres

Vector = NDArray[np.float64]

_UNIT = 2.0**-16
"""Resolution of the recorded arrays, because the last digits of a sine differ between machines."""

# -- arbitrary values with jumps and kinks at unequal distances --------------------------------------------------------

KNOTS = np.array([-1.0, -0.7, -0.45, -0.2, 0.1, 0.35, 0.6, 0.8, 1.0])
HEIGHTS = np.array([0.0, 0.6, -0.4, 0.8, 0.2, -0.9, 0.5, -0.3, 0.4])
LEVELS = np.array([0.3, -0.5, 0.8, 0.1, -0.7, 0.6, -0.2, 0.4])


def piecewise_linear(x: Vector) -> Vector:
    """Piecewise linear, continuous function with the values `HEIGHTS` at the `KNOTS`."""
    return np.asarray(np.interp(x, KNOTS, HEIGHTS))


def piecewise_constant(x: Vector) -> Vector:
    """Piecewise constant function with the values `LEVELS` between the `KNOTS`."""
    levels: Vector = LEVELS[np.searchsorted(KNOTS[1:-1], x, side="right")]
    return levels


def sum_of_sines(x: Vector) -> Vector:
    """sin u + sin 3u + sin 5u at u = πx. [-1, 1] is one period, so the DFT has the frequencies 1, 3 and 5 only."""
    u = np.pi * x
    return np.asarray(np.sin(u) + np.sin(3 * u) + np.sin(5 * u))


# -- D. L. Donoho and I. M. Johnstone, Ideal spatial adaptation by wavelet shrinkage, Biometrika 81 (1994), table 1 ---
# The formulas are for t in [0, 1]; here t = (x + 1) / 2, and each function is scaled to values in [-1, 1].

_AT = np.array([0.10, 0.13, 0.15, 0.23, 0.25, 0.40, 0.44, 0.65, 0.76, 0.78, 0.81])
_STEPS = np.array([4, -5, 3, -4, 5, -4.2, 2.1, 4.3, -3.1, 2.1, -4.2])
_PEAKS = np.array([4, 5, 3, 4, 5, 4.2, 2.1, 4.3, 3.1, 5.1, 4.2])
_WIDTHS = np.array([0.005, 0.005, 0.006, 0.01, 0.01, 0.03, 0.01, 0.01, 0.005, 0.008, 0.005])


def blocks(x: Vector) -> Vector:
    """Piecewise constant function with eleven jumps, divided by 5.2."""
    t = (x[:, None] + 1) / 2
    return np.asarray(((1 + np.sign(t - _AT)) / 2 @ _STEPS) / 5.2)


def bumps(x: Vector) -> Vector:
    """Sum of eleven narrow peaks, divided by 5.2."""
    t = (x[:, None] + 1) / 2
    return np.asarray(((1 + np.abs(t - _AT) / _WIDTHS) ** -4.0 @ _PEAKS) / 5.2)


def heavisine(x: Vector) -> Vector:
    """Sine of two periods with two jumps, divided by 6."""
    t = (x + 1) / 2
    return np.asarray((4 * np.sin(4 * np.pi * t) - np.sign(t - 0.3) - np.sign(0.72 - t)) / 6)


def doppler(x: Vector) -> Vector:
    """Sine whose frequency and amplitude change, fastest near x = -1, multiplied by 2."""
    t = (x + 1) / 2
    return np.asarray(np.sqrt(t * (1 - t)) * np.sin(2 * np.pi * 1.05 / (t + 0.05)) * 2)


# -- the table ---------------------------------------------------------------------------------------------------------


def _recorded(formula: Callable[[Vector], Vector], points: int) -> NDArray[Any]:
    return np.rint(formula(pixel_centres(points)) / _UNIT).astype(np.int32)


def _values(raw: NDArray[Any]) -> NDArray[np.float32]:
    return (raw * _UNIT).astype(np.float32)


def _on_axes(formula: Callable[[Vector], Vector], axes: tuple[Vector, ...]) -> Vector:
    return formula(axes[0])


def _sampler(formula: Callable[[Vector], Vector], raw: NDArray[Any]) -> Sampler:
    return partial(_on_axes, formula)


def _source(
    name: str, formula: Callable[[Vector], Vector], description: str, sha256: str, points: int = 1024
) -> SignalSource:
    loader, sampler = partial(_recorded, formula, points), partial(_sampler, formula)
    licence = "none needed (a formula)"
    return SignalSource(name, "function", (points,), "inrbench", licence, description, sha256, loader, _values, sampler)


SOURCES = (
    _source(
        "blocks",
        blocks,
        "eleven jumps [Donoho and Johnstone 1994]",
        "62e4edccd1d474614308ee65c59cd4cae75c68d0efc83c7a1ac83800b4183a0b",
    ),
    _source(
        "bumps",
        bumps,
        "eleven narrow peaks [Donoho and Johnstone 1994]",
        "ebd2f680d0c04b94b0a57ad5a84a3f3f23ff49c6c4cb6f9b57c2ce74a0bca418",
    ),
    _source(
        "heavisine",
        heavisine,
        "a sine with two jumps [Donoho and Johnstone 1994]",
        "0499f2930f4a5f84e6353804574b56466c4106b39f79e57dd3445b71551343c4",
    ),
    _source(
        "doppler",
        doppler,
        "a sine of increasing frequency towards the left [Donoho and Johnstone 1994]",
        "3dfe6c96315d34135caa8ea5d1d2d1d9d288844842dabd079d42a5208e703b47",
    ),
    _source(
        "piecewise-linear",
        piecewise_linear,
        "seven kinks at unequal distances",
        "b17272b2bd2171cfb4080a567f6deee7d7db25dc347e65e95ef0b1a17fc1edb6",
    ),
    _source(
        "piecewise-constant",
        piecewise_constant,
        "seven jumps at unequal distances",
        "aaf84314f847496b2b37ffafe401a70ee26591fb49bc44364bd5c29c03e0acfc",
    ),
    _source(
        "sum-of-sines",
        sum_of_sines,
        "one period of the frequencies 1, 3 and 5",
        "fe0af2e9c224269ecfe527dce5435ccfeda9cb64a98a16dd1d8ec984bc470b45",
        points=201,
    ),
)
