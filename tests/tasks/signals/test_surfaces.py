"""Closedness and orientation of surfaces."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from inrbench.tasks.signals.surfaces import merged, turned_alike, turned_outwards


@settings(deadline=None, max_examples=20)
@given(st.sets(st.integers(0, 79)))
def test_any_triangles_turned_over_are_turned_back(over: set[int]) -> None:
    mesh = trimesh.creation.icosphere(subdivisions=1)
    faces = np.array(mesh.faces, np.int64)
    mixed = faces.copy()
    mixed[sorted(over)] = mixed[sorted(over), ::-1]
    alike, body, gaps = turned_alike(mixed)
    assert gaps == 0
    assert not body.any()
    right = {tuple(np.roll(face, -face.argmin())) for face in faces}
    found = {tuple(np.roll(face, -face.argmin())) for face in alike}
    assert found in (right, {(a, c, b) for a, b, c in right})


def test_what_is_open_or_has_one_side_is_found() -> None:
    faces = np.array(trimesh.creation.box().faces, np.int64)
    assert turned_alike(faces[1:])[2] == 3
    # a band of four squares, closed with a half turn: two borders are open, and it has one side
    band = np.array([[0, 1, 2], [1, 3, 2], [2, 3, 4], [3, 5, 4], [4, 5, 1], [5, 0, 1]], np.int64)
    assert turned_alike(band)[2] > 0


def test_bodies_are_numbered_and_one_that_is_inside_out_is_turned() -> None:
    one, two = trimesh.creation.icosphere(subdivisions=1), trimesh.creation.icosphere(subdivisions=1, radius=0.5)
    two.apply_translation((2, 0, 0))
    two.invert()
    both: Any = trimesh.util.concatenate([one, two])
    vertices, faces = np.asarray(both.vertices), np.asarray(both.faces, np.int64)
    alike, body, _ = turned_alike(faces)
    assert sorted(set(body)) == [0, 1]
    turned = turned_outwards(vertices, alike, body)
    volume = trimesh.Trimesh(vertices, turned, process=False).volume
    assert abs(volume) == pytest.approx(abs(one.volume) + abs(two.volume))


def test_merged_drops_triangles_without_area() -> None:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0]], float)
    places, faces = merged(vertices, np.array([[0, 1, 2], [0, 3, 1], [3, 1, 2]]))
    assert len(places) == 3
    assert len(faces) == 2
