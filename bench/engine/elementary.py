"""Sine, cosine and tanh by polynomials, for compiled code.

The library functions that PyTorch's compiler would call take about twice as long without AVX-512. These consist of
arithmetic only, which the compiler merges with the operations around them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

_HIGH, _LOW = 3.1416015625, -8.909031748771667e-06
"""π as a sum [Cody and Waite, 1980]. Both have few digits: in float32 their multiples up to 2^11 are exact."""

_SINE = (-0.16666656732559204, 0.008333017118275166, -0.00019806614727713168, 2.6000548132287804e-06)
"""Of P, lowest order first, in sin(r) = r + r³ P(r²) for |r| ≤ π/2; least-squares fit, largest error 5e-9."""

LARGEST = 2.0**22
"""Float32 numbers above it are 1/2 apart: a sine of them is noise, and here 0."""

SATURATION = 9.0
"""tanh(9) = 1 - 3e-8, of which 1 is the nearest float32 number."""

_TANH_NUMERATOR = (1.0, 0.133810133, 0.00349557400, 2.06088516e-05, 1.33543523e-08)
_TANH_DENOMINATOR = (1.0, 0.467143297, 0.0258769281, 0.000328561175, 7.77642924e-07)
"""Of P and Q, lowest order first, in tanh(x) = x P(x²) / Q(x²) for |x| ≤ 9; a fit by reweighted least squares that
approaches the least relative error [Sanathanan and Koerner, 1963, with Lawson's weights], which is 2e-8."""


def sine(x: Tensor) -> Tensor:
    """sin(x), elementwise, for float32 x of any shape.

    The absolute error is below 2e-7 for |x| ≤ 1000. Above, it stays below the distance between x and the next float32
    number, which is the error that x itself may have. The sine of an infinite x is not a number.
    """
    turns = torch.round(x * (1 / math.pi))
    return _sine(x, turns, negative=~_even(turns))


def cosine(x: Tensor) -> Tensor:
    """cos(x), with the properties of `sine`."""
    turns = torch.floor(x * (1 / math.pi))
    return _sine(x, turns + 0.5, negative=_even(turns))


def _sine(x: Tensor, turns: Tensor, negative: Tensor) -> Tensor:
    """± sin(x - π turns), where that is in [-π/2, π/2]."""
    r = (x - turns * _HIGH) - turns * _LOW
    square = r * r
    value = r + r * square * _polynomial(_SINE, square)
    return torch.where(x.abs() < LARGEST, torch.where(negative, -value, value), x * 0)


def _even(whole: Tensor) -> Tensor:
    half = whole * 0.5
    return torch.floor(half) == half


def tanh(x: Tensor) -> Tensor:
    """tanh(x), elementwise, for float32 x of any shape; the relative error is below 4e-7, and |tanh(x)| ≤ 1."""
    x = x.clamp(-SATURATION, SATURATION)
    square = x * x
    return (x * _polynomial(_TANH_NUMERATOR, square) / _polynomial(_TANH_DENOMINATOR, square)).clamp(-1, 1)


def _polynomial(coefficients: Sequence[float], x: Tensor) -> Tensor:
    """Σ cᵢ xⁱ by Horner's rule, lowest order first."""
    total = coefficients[-1] * x
    for coefficient in coefficients[-2:0:-1]:
        total = (total + coefficient) * x
    return total + coefficients[0]


REPLACED: Mapping[Callable[..., Tensor], Callable[[Tensor], Tensor]] = {
    torch.sin: sine,
    torch.cos: cosine,
    torch.tanh: tanh,
}
"""Functions of PyTorch with those that stand in for them in compiled code."""
