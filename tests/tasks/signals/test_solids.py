"""Shapes: volumes, symmetries and orientation against their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from inrbench.tasks.signals import solids
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import pixel_centres


def volume(name: str, n: int = 96) -> float:
    signal = load(name)
    assert signal.sample is not None
    return float(8 * signal.sample((pixel_centres(n),) * 3).mean())


def test_volumes_are_those_of_the_formulas() -> None:
    assert volume("torus") == pytest.approx(2 * np.pi**2 * 0.6 * 0.25**2, rel=0.01)
    points = np.random.default_rng(0).uniform(-1, 1, (200_000, 3))
    radii = [np.hypot(points[:, a], points[:, b]) for a, b in ((0, 1), (1, 2), (2, 0))]
    inside = (
        (np.linalg.norm(points, axis=1) < 0.85) & (np.abs(points).max(axis=1) < 0.65) & (np.min(radii, axis=0) > 0.35)
    )
    assert volume("csg") == pytest.approx(8 * inside.mean(), rel=0.03)


def test_the_gyroid_is_the_same_after_a_period_and_after_turning_its_axes() -> None:
    axis = pixel_centres(32)
    sheet = solids.gyroid((axis,) * 3)
    np.testing.assert_array_equal(sheet[:16], sheet[16:])
    np.testing.assert_array_equal(sheet, sheet.transpose(1, 2, 0))
    assert 0.2 < sheet.mean() < 0.3


def test_the_ground_is_solid_below_and_as_high_as_the_map_says() -> None:
    elevation = np.array([[10, 20, 30, 40, 99], [10, 20, 30, 40, 99], [10, 20, 30, 40, 99]], dtype=np.int16)
    axes = (pixel_centres(3), pixel_centres(3), pixel_centres(400))
    inside = solids.ground(elevation, axes)
    assert (np.diff(inside.astype(int), axis=2) <= 0).all()
    heights = inside.mean(axis=2) * 2 - 1
    relief = (np.array([20, 30, 40]) - 10) / 89 * 1.6 - 0.8  # the middle three columns
    np.testing.assert_allclose(heights, np.broadcast_to(relief, (3, 3)), atol=0.006)


def test_the_terrain_varies() -> None:
    signal = load("terrain")
    assert signal.sample is not None
    inside = signal.sample((pixel_centres(64),) * 3)
    heights = inside.sum(axis=2)
    assert len(np.unique(heights)) > 20
    assert heights.min() >= 6  # the lowest tenth is always solid
    assert heights.max() <= 58


def test_a_silhouette_keeps_its_aspect() -> None:
    outside = np.ones((2, 4), bool)
    outside[0, 1] = outside[1, 3] = False
    inside = solids.silhouette(outside, (pixel_centres(8), pixel_centres(8)))
    expected = np.zeros((8, 8), bool)
    expected[2:4, 2:4] = expected[4:6, 6:8] = True
    np.testing.assert_array_equal(inside, expected)


def test_the_horse_stands_on_its_feet() -> None:
    signal = load("horse")
    assert signal.sample is not None
    inside = signal.sample((pixel_centres(400), pixel_centres(400)))
    np.testing.assert_array_equal(inside[36:364], signal.array == 1)
    assert not inside[:36].any()
    assert 0.2 < inside.mean() < 0.35
