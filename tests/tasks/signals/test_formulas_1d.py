"""Functions of one variable against their published formulas."""

from __future__ import annotations

import numpy as np
import pytest

from inrbench.tasks.signals import formulas_1d as functions
from inrbench.tasks.signals.load import load

X = (2 * np.arange(10_001) + 1) / 10_001 - 1
T = (X + 1) / 2


def test_functions_of_donoho_and_johnstone_stay_within_one_and_come_near_it() -> None:
    for formula in (functions.blocks, functions.bumps, functions.heavisine, functions.doppler):
        assert 0.95 < np.abs(formula(X)).max() <= 1 + 1e-12


def test_blocks_is_constant_between_its_eleven_jumps() -> None:
    values = functions.blocks(X) * 5.2
    jumps = np.flatnonzero(np.abs(np.diff(values)) > 1e-9)
    np.testing.assert_allclose(T[jumps], functions._AT, atol=2e-4)
    assert values[0] == pytest.approx(0, abs=1e-12)
    assert values[-1] == pytest.approx(0, abs=1e-12)  # the heights cancel


def test_bumps_has_eleven_peaks() -> None:
    values = functions.bumps(X)
    peaks = np.flatnonzero((values[1:-1] > values[:-2]) & (values[1:-1] > values[2:])) + 1
    np.testing.assert_allclose(T[peaks], functions._AT, atol=2e-4)


def test_heavisine_jumps_twice() -> None:
    jumps = np.flatnonzero(np.abs(np.diff(functions.heavisine(X))) > 0.2)
    np.testing.assert_allclose(T[jumps], [0.3, 0.72], atol=2e-4)


def test_doppler_speeds_up_towards_the_left() -> None:
    crossings = T[np.flatnonzero(np.diff(np.sign(functions.doppler(X))))]
    # sin(2.1π / (t + 0.05)) is zero where 2.1 / (t + 0.05) is whole
    expected = [2.1 / k - 0.05 for k in range(41, 2, -1)]
    np.testing.assert_allclose(crossings[-len(expected) :], expected, atol=2e-4)


def test_piecewise_functions_have_the_knots_and_levels_that_are_declared() -> None:
    knots = functions.KNOTS
    np.testing.assert_array_equal(functions.piecewise_linear(knots), functions.HEIGHTS)
    middle = (knots[1:] + knots[:-1]) / 2
    np.testing.assert_array_equal(functions.piecewise_constant(middle), functions.LEVELS)
    np.testing.assert_allclose(
        functions.piecewise_linear(middle), (functions.HEIGHTS[1:] + functions.HEIGHTS[:-1]) / 2, atol=1e-12
    )


def test_what_is_recorded_is_the_formula_rounded() -> None:
    signal = load("doppler")
    assert signal.sample is not None
    axis = (2 * np.arange(1024) + 1) / 1024 - 1
    np.testing.assert_allclose(signal.array[:, 0], signal.sample((axis,)), atol=2**-17 + 1e-7)
