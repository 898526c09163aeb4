"""The inside of a mesh: against the formula of a ball and of a cube, also where edges are on grid lines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inrbench.tasks.signals.inside_mesh import MARGIN, Solid
from inrbench.tasks.signals.signal import pixel_centres


def ball(stacks: int = 48, slices: int = 96) -> NDArray[Any]:
    """A sphere of radius 1 in triangles: (F, 3, 3)."""
    down, around = np.linspace(0, np.pi, stacks + 1), np.linspace(0, 2 * np.pi, slices + 1)
    around[-1] = 0
    ring = np.stack([np.cos(around), np.sin(around), 0 * around], axis=-1)
    point = np.sin(down)[:, None, None] * ring + np.cos(down)[:, None, None] * [0, 0, 1]
    a, b, c, d = point[:-1, :-1], point[1:, :-1], point[1:, 1:], point[:-1, 1:]
    return np.concatenate([np.stack([a, b, c], axis=2), np.stack([a, c, d], axis=2)]).reshape(-1, 3, 3)


def test_a_ball_is_a_ball() -> None:
    axis = pixel_centres(40)
    inside = Solid(ball())((axis,) * 3)
    radius = np.sqrt(sum(np.square(a) for a in np.ix_(axis, axis, axis))) / MARGIN
    assert inside[radius < 0.995].all()
    assert not inside[radius > 1].any()


@settings(deadline=None, max_examples=15)
@given(turn=st.floats(0, 6.3), lean=st.floats(0, 3.1), flip=st.booleans(), hollow=st.booleans())
def test_a_surface_within_another_is_a_hollow_if_it_is_turned_the_other_way(
    turn: float, lean: float, flip: bool, hollow: bool
) -> None:
    c, s, a, b = np.cos(turn), np.sin(turn), np.cos(lean), np.sin(lean)
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, a, -b], [0, b, a]])
    outer, inner = ball(16, 24), ball(16, 24) / 2
    triangles = np.concatenate([outer, inner[:, ::-1] if hollow else inner])
    triangles = (triangles[:, ::-1] if flip else triangles) @ rotation.T
    axes = (pixel_centres(12), pixel_centres(10), pixel_centres(14))
    inside = Solid(triangles)(axes)
    radius = np.sqrt(sum(np.square(axis) for axis in np.ix_(*axes))) / MARGIN
    assert inside[(radius > 0.52) & (radius < 0.95)].all()
    assert not inside[radius > 1.05].any()
    assert inside[radius < 0.46].any() != hollow


@pytest.mark.parametrize("n", [4, 9, 10, 20])
def test_a_cube_whose_edges_lie_on_grid_lines_is_exact(n: int) -> None:
    # the diagonals of its faces meet grid lines, as do its edges for n of 10 and 20
    axis = pixel_centres(n)
    within = np.abs(axis) < MARGIN - 1e-6
    clear = np.abs(np.abs(axis) - MARGIN) > 1e-6
    inside = Solid(np.asarray(trimesh.creation.box().triangles))((axis,) * 3)
    expected = within[:, None, None] & within[:, None] & within
    keep = np.ix_(clear, clear, clear)
    np.testing.assert_array_equal(inside[keep], expected[keep])


def test_the_longest_side_is_fitted_and_the_others_keep_their_length() -> None:
    solid = Solid(ball() * [3, 1, 2] + [5, 6, 7])
    np.testing.assert_allclose(solid.triangles.max(axis=(0, 1)), [0.9, 0.3, 0.6], atol=1e-9)
    np.testing.assert_allclose(solid.triangles.min(axis=(0, 1)), [-0.9, -0.3, -0.6], atol=1e-3)
