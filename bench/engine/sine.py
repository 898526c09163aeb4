"""Sine and cosine by polynomials, for compiled code.

The library functions that PyTorch's compiler would call take about twice as long without AVX-512. These consist of
arithmetic only, which the compiler merges with the operations around them.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

_HIGH, _LOW = 3.1416015625, -8.909031748771667e-06
"""π as a sum [Cody and Waite, 1980]. Both have few digits: in float32 their multiples up to 2^11 are exact."""

_COEFFICIENTS = (-0.16666656732559204, 0.008333017118275166, -0.00019806614727713168, 2.6000548132287804e-06)
"""Of P, lowest order first, in sin(r) = r + r³ P(r²) for |r| ≤ π/2; least-squares fit, largest error 5e-9."""

LARGEST = 2.0**22
"""Float32 numbers above it are 1/2 apart: a sine of them is noise, and here 0."""


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
    a, b, c, d = _COEFFICIENTS
    value = r + r * square * (a + square * (b + square * (c + square * d)))
    return torch.where(x.abs() < LARGEST, torch.where(negative, -value, value), x * 0)


def _even(whole: Tensor) -> Tensor:
    half = whole * 0.5
    return torch.floor(half) == half
