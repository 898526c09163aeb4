"""Exact pictures against integration along rays, pictures of grids against a loop, cameras against projections."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.interpolate import RegularGridInterpolator

from inrbench.tasks.core.radiance import (
    DENSEST,
    DISTANCE,
    SHARP,
    Radiance,
    cameras,
    pinhole,
    project,
    render_exact,
    values_of,
)
from inrbench.tasks.core.ray_sums import hemisphere
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.signal import pixel_centres

VIEWS = hemisphere(5)


@pytest.mark.parametrize("name", ["still-life", "pillars"])
def test_exact_pictures_are_integrals_along_the_rays(name: str) -> None:
    solids = load(name).array.astype(np.float64)
    origins, rays = pinhole(VIEWS, 9)
    t = np.linspace(DISTANCE - 1, DISTANCE + 1, 20_001)
    t = (t[1:] + t[:-1]) / 2
    exact = render_exact(solids, VIEWS, 9).reshape(5, 81, 3)
    for view in range(5):
        for pixel in range(0, 81, 5):
            points = origins[view] + t[:, None] * rays[view, pixel]
            density, colour = np.zeros(len(t)), np.zeros((len(t), 3))
            for row in solids:
                offset = points - row[1:4]
                ball = np.linalg.norm(offset, axis=1) < row[4]
                inside = ball if row[0] == 0 else (np.abs(offset) < row[4:7]).all(axis=1)
                density[inside], colour[inside] = DENSEST * row[7], row[8:]
            taken = 1 - np.exp(-density * (t[1] - t[0]))
            left = np.concatenate([[1], np.cumprod(1 - taken)])
            expected = (left[:-1, None] * taken[:, None] * colour).sum(axis=0) + left[-1]
            np.testing.assert_allclose(exact[view, pixel], expected, atol=3e-3)


def test_the_solids_are_disjoint_and_in_the_ball_that_cameras_see() -> None:
    for name in ("still-life", "pillars"):
        solids = load(name).array.astype(np.float64)
        ball = np.linalg.norm(solids[:, 1:4], axis=1) + solids[:, 4]
        corner = np.linalg.norm(np.abs(solids[:, 1:4]) + solids[:, 4:7], axis=1)
        assert (np.where(solids[:, 0] == 0, ball, corner) < 0.9).all()
        axes = np.stack(np.meshgrid(*[pixel_centres(60)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
        offset = np.abs(axes[:, None] - solids[:, 1:4])
        inside = np.where(
            solids[:, 0] == 0, np.linalg.norm(offset, axis=2) < solids[:, 4], (offset < solids[:, 4:7]).all(axis=2)
        )
        assert inside.sum(axis=1).max() == 1
        assert inside.any(axis=0).all()


def test_pictures_of_a_grid_are_those_of_a_loop_over_samples() -> None:
    n, pixels = 8, 5
    values = np.random.default_rng(0).uniform(-1, 1, (n, n, n, 4))
    found = Radiance(VIEWS, n, pixels).forward(torch.from_numpy(values.reshape(-1, 4)).float()).numpy()
    axis = pixel_centres(n)
    padded = np.pad(values, [(1, 1)] * 3 + [(0, 0)])
    padded[..., 0] = -1
    padded[1:-1, 1:-1, 1:-1] = values
    step = 2 / n
    wide = np.concatenate([[axis[0] - step], axis, [axis[-1] + step]])
    at = RegularGridInterpolator([wide] * 3, padded, bounds_error=False, fill_value=None)
    origins, rays = pinhole(VIEWS, pixels)
    for view in range(5):
        for pixel in range(pixels**2):
            colour, left = np.zeros(3), 1.0
            for k in range(n):
                point = origins[view] + (DISTANCE + (k - (n - 1) / 2) * step) * rays[view, pixel]
                outside = (np.abs(point) > wide[-1]).any()
                value = np.array([-1.0, 0, 0, 0]) if outside else at(point[None])[0]
                taken = 1 - np.exp(-DENSEST / SHARP * np.log1p(np.exp(SHARP * value[0])) * step)
                colour, left = colour + left * taken * value[1:], left * (1 - taken)
            np.testing.assert_allclose(found[view * pixels**2 + pixel], colour + left, atol=1e-4)


def test_finer_grids_come_nearer_to_the_exact_pictures() -> None:
    solids = load("still-life").array
    exact = render_exact(solids, VIEWS, 24)
    errors = []
    for n in (12, 24, 48):
        points = np.stack(np.meshgrid(*[pixel_centres(n)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
        values = torch.from_numpy(values_of(solids, points, 2 / n)).float()
        errors.append(float(np.square(Radiance(VIEWS, n, 24).forward(values).numpy() - exact).mean()))
    assert errors[0] > 1.5 * errors[1] > 2.25 * errors[2]


def test_the_pixel_in_which_a_camera_sees_a_point_is_that_of_its_ray() -> None:
    origins, rays = pinhole(VIEWS, 7)
    for view in range(5):
        points = origins[view] + 2.7 * rays[view]
        assert project(points, VIEWS, 7)[view].tolist() == list(range(49))


def test_held_out_cameras_lie_between_the_others() -> None:
    seen, others = cameras(12, 3)
    assert (len(seen), len(others)) == (12, 3)
    together = np.concatenate([seen, others])
    assert len(np.unique(together.round(6), axis=0)) == 15
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1)
    assert seen[:, 0].min() < others[:, 0].min() <= others[:, 0].max() < seen[:, 0].max()


@pytest.mark.parametrize("views", [2, 3, 16])
def test_there_are_as_many_cameras_as_asked(views: int) -> None:
    for held_out in range(1, 65):
        assert [len(each) for each in cameras(views, held_out)] == [views, held_out]
