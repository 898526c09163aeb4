"""Signed distances: against the nearest of many surface points, the sign against the solid's definition."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from inrbench.tasks.signals.signal import pixel_centres
from inrbench.tasks.signals.solids import Axes
from inrbench.tasks.signals.volumes.distance_fields import box, several, slab, sphere, torus, union

Points = NDArray[np.float64]
POINTS = np.random.default_rng(0).uniform(-1, 1, (200, 3))


def on_sphere(centre: list[float], radius: float, n: int = 60_000) -> Points:
    """Points of a Fibonacci lattice on a sphere."""
    k = np.arange(n) + 0.5
    polar, azimuth = np.arccos(1 - 2 * k / n), np.pi * (1 + np.sqrt(5)) * k
    ring = np.sin(polar)
    points: Points = np.array(centre) + radius * np.stack(
        [ring * np.cos(azimuth), ring * np.sin(azimuth), np.cos(polar)], axis=1
    )
    return points


def on_box(centre: list[float], half: list[float], n: int = 120) -> Points:
    """Points of a grid on the six faces of a box, its edges included."""
    u, v = (each.ravel() for each in np.meshgrid(*[np.linspace(-1, 1, n)] * 2))
    faces = [np.insert(np.stack([u, v], axis=1), axis, side, axis=1) for axis in range(3) for side in (-1, 1)]
    points: Points = np.array(centre) + np.concatenate(faces) * half
    return points


def on_torus(n: int = 300) -> Points:
    u, v = (each.ravel() for each in np.meshgrid(*[np.linspace(0, 2 * np.pi, n)] * 2))
    out = 0.6 + 0.25 * np.cos(v)
    points: Points = np.stack([out * np.cos(u), out * np.sin(u), 0.25 * np.sin(v)], axis=1)
    return points


def in_box(p: Points, centre: list[float], half: list[float]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = np.all(np.abs(p - centre) < half, axis=1)
    return inside


UNION = np.concatenate([on_sphere([-0.45, -0.3, 0.2], 0.35), on_box([0.4, 0.3, -0.2], [0.3] * 3)])
SLAB = [0.1 / np.sqrt(2), -0.1 / np.sqrt(3), 0.1 / np.sqrt(7)], [np.sqrt(0.3), np.sqrt(0.2), np.sqrt(0.1)]
CASES: dict[str, tuple[Callable[[Axes], Points], Points, NDArray[np.bool_]]] = {
    "sphere": (sphere, on_sphere([0.0] * 3, 0.6), np.linalg.norm(POINTS, axis=1) < 0.6),
    "box": (box, on_box([0.0] * 3, [0.55, 0.45, 0.3]), in_box(POINTS, [0.0] * 3, [0.55, 0.45, 0.3])),
    "torus": (torus, on_torus(), (np.hypot(POINTS[:, 0], POINTS[:, 1]) - 0.6) ** 2 + POINTS[:, 2] ** 2 < 0.25**2),
    "slab": (
        slab,
        on_box(SLAB[0], SLAB[1]),
        in_box(POINTS, *SLAB),
    ),
    "union": (
        union,
        UNION,
        (np.linalg.norm(POINTS - [-0.45, -0.3, 0.2], axis=1) < 0.35) | in_box(POINTS, [0.4, 0.3, -0.2], [0.3] * 3),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_distance_is_that_to_the_nearest_surface_point(name: str) -> None:
    formula, surface, inside = CASES[name]
    found = np.array([formula(tuple(p[:, None])).item() for p in POINTS])
    nearest, _ = cKDTree(surface).query(POINTS)
    np.testing.assert_array_equal(found < 0, inside)
    assert inside.any()
    assert not inside.all()
    np.testing.assert_allclose(np.abs(found), nearest, atol=0.01)
    # between surface points the true distance is shorter, never longer
    assert (np.abs(found) <= nearest + 1e-9).all()


@pytest.mark.parametrize("n", [16, 20, 24, 32, 48, 64, 96])
def test_no_grid_point_lies_on_a_face_of_the_slab(n: int) -> None:
    assert float(np.abs(slab(np.ix_(*[pixel_centres(n)] * 3))).min()) > 1e-4


@pytest.mark.parametrize("seed", [1, 2])
def test_several_solids_are_disjoint_so_that_their_distance_is_exact(seed: int) -> None:
    """Where a distance is exact its gradient has length 1 wherever it has one, inside and outside."""
    points, step = np.random.default_rng(0).uniform(-1, 1, (5000, 3)), 1e-5
    slopes = [
        (several(tuple((points + e).T), seed) - several(tuple((points - e).T), seed)) / (2 * step)
        for e in step * np.eye(3)
    ]
    length = np.linalg.norm(slopes, axis=0)
    assert np.mean(np.abs(length - 1) < 1e-6) > 0.995
    distance = several(tuple(points.T), seed)
    assert 0.02 < float((distance < 0).mean()) < 0.3
    assert not np.array_equal(several(tuple(points.T), 3 - seed), distance)
