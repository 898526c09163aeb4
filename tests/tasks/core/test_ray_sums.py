"""Ray sums: directions, rays through corners, exact integrals against quadrature, sums against exact integrals."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad

from inrbench.tasks.core.ray_sums import blob_integrals, blob_values, hemisphere, orbit, ray_matrix, ray_origins
from inrbench.tasks.signals.signal import pixel_centres

BLOBS = np.array([[0.1, -0.2, 0.3, 0.2, 0.5], [-0.3, 0.2, -0.1, 0.15, 0.8]])


@pytest.mark.parametrize("views", [1, 5, 12])
def test_directions_are_unit_vectors_and_no_two_are_parallel(views: int) -> None:
    for directions in (orbit(views), hemisphere(views)):
        np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
        cosines = np.abs(directions @ directions.T)
        assert (cosines - np.eye(views) < 0.99).all()
    assert not orbit(views)[:, 0].any()


@pytest.mark.parametrize("direction", [[1.0, 0, 0], [0, 0, 1.0], [0.6, 0.48, 0.64]])
def test_rays_form_a_square_grid_at_right_angles_to_the_direction(direction: list[float]) -> None:
    (origins,) = ray_origins(np.array([direction]), 8)
    np.testing.assert_allclose(origins @ direction, 0, atol=1e-12)
    grid = origins.reshape(8, 8, 3)
    down, right = grid[1, 0] - grid[0, 0], grid[0, 1] - grid[0, 0]
    assert [np.linalg.norm(down), np.linalg.norm(right), down @ right] == pytest.approx([0.25, 0.25, 0], abs=1e-12)


def test_exact_integrals_agree_with_quadrature() -> None:
    directions = hemisphere(3)
    found = blob_integrals(BLOBS, directions, 6).reshape(3, 36)
    for view, ray in [(0, 7), (0, 14), (1, 20), (2, 15), (2, 21)]:
        origin = ray_origins(directions, 6)[view, ray]

        def along(t: float, start: NDArray[np.float64] = origin, way: NDArray[np.float64] = directions[view]) -> float:
            return float(blob_values(BLOBS, start + t * way))

        assert found[view, ray] == pytest.approx(quad(along, -6, 6, points=[0])[0] / 2, rel=1e-6)


def test_axis_aligned_rays_are_means_of_columns() -> None:
    values = np.random.default_rng(0).random((6, 6, 6))
    sums = ray_matrix(np.array([[0.0, 0.0, 1.0]]), 6) @ values.ravel()
    # rows of the detector run along the first axis; its columns along second = first x direction = -axis 2
    np.testing.assert_allclose(sums.reshape(6, 6), values.mean(axis=2)[:, ::-1], atol=1e-12)


def test_sums_over_the_grid_approach_the_exact_integrals() -> None:
    directions = hemisphere(4)
    errors = []
    for n in (20, 40):
        at = np.stack(np.meshgrid(*[pixel_centres(n)] * 3, indexing="ij"), axis=-1)
        sums = ray_matrix(directions, n) @ blob_values(BLOBS, at).ravel()
        exact = blob_integrals(BLOBS, directions, n)
        errors.append(float(np.linalg.norm(sums - exact) / np.linalg.norm(exact)))
    assert errors[1] < 0.01
    assert errors[1] == pytest.approx(errors[0] / 4, rel=0.2)  # of second order


def test_every_voxel_in_the_ball_is_seen_in_every_view() -> None:
    n = 12
    at = np.stack(np.meshgrid(*[pixel_centres(n)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    inside = np.linalg.norm(at, axis=1) <= 1 - 1 / n
    for direction in hemisphere(5):
        weights = ray_matrix(direction[None], n).sum(axis=0)
        assert (weights[inside] > 0.5 / n).all()
