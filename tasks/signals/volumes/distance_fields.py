"""Signed distance functions of solids in [-1, 1]³, given by exact formulas.

The distance is Euclidean, negative inside, at points whose coordinates are three arrays that broadcast. Formulas of
constructive solid geometry are used only where they are exact: the minimum of two distances is the distance of the
union if the solids are disjoint, and no intersection is exact.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.signal import Sampler, SignalSource
from inrbench.tasks.signals.solids import Axes, formula_source, sampled

Field = NDArray[np.float64]
Triple = tuple[float, float, float]

_UNIT = 2.0**-16
"""Resolution of the recorded sampling, so that its hash does not depend on the last bit of a square root."""


def sphere(at: Axes, centre: Triple = (0.0, 0.0, 0.0), radius: float = 0.6) -> Field:
    """Signed distance to a sphere: ‖p - centre‖ - radius."""
    x, y, z = (axis - c for axis, c in zip(at, centre, strict=True))
    field: Field = np.sqrt(x**2 + y**2 + z**2) - radius
    return field


def box(at: Axes, centre: Triple = (0.0, 0.0, 0.0), half: Triple = (0.55, 0.45, 0.3)) -> Field:
    """Signed distance to a box with half side lengths ``half``: ‖max(q, 0)‖ + min(max(q), 0), q = |p - centre| - half.

    Outside, the distance to edges and corners is round; inside, it is that to the nearest face.
    """
    q = [np.abs(axis - c) - h for axis, c, h in zip(at, centre, half, strict=True)]
    outside = np.sqrt(sum(np.maximum(side, 0) ** 2 for side in q))
    field: Field = outside + np.minimum(np.maximum(np.maximum(q[0], q[1]), q[2]), 0)
    return field


def torus(at: Axes) -> Field:
    """Signed distance to a torus of major radius 0.6 and minor radius 0.25 around the last axis."""
    x, y, z = at
    field: Field = np.sqrt((np.sqrt(x**2 + y**2) - 0.6) ** 2 + z**2) - 0.25
    return field


def union(at: Axes) -> Field:
    """Signed distance to the union of a ball and a cube that are disjoint: the minimum of both."""
    ball = sphere(at, (-0.45, -0.3, 0.2), 0.35)
    return np.minimum(ball, box(at, (0.4, 0.3, -0.2), (0.3, 0.3, 0.3)))


def slab(at: Axes) -> Field:
    """Signed distance to a box whose faces lie on no grid, because their places are irrational."""
    return box(at, (0.1 / np.sqrt(2), -0.1 / np.sqrt(3), 0.1 / np.sqrt(7)), (np.sqrt(0.3), np.sqrt(0.2), np.sqrt(0.1)))


def several(at: Axes, seed: int, count: int = 4) -> Field:
    """Signed distance to the union of balls and boxes drawn by a seed, no two of whose bounding balls overlap."""
    chance = np.random.default_rng(seed)
    spheres: list[tuple[Field, Field, float]] = []
    while len(spheres) < count:
        centre, half = chance.uniform(-0.6, 0.6, 3), chance.uniform(0.12, 0.3, 3)
        radius = float(np.linalg.norm(half))
        inside = float(np.abs(centre).max()) + radius < 0.95
        if inside and all(np.linalg.norm(centre - other) > radius + size + 0.05 for other, _, size in spheres):
            spheres.append((centre, half, radius))
    fields = [
        sphere(at, tuple(centre), radius) if index % 2 else box(at, tuple(centre), tuple(half))
        for index, (centre, half, radius) in enumerate(spheres)
    ]
    union: Field = np.minimum.reduce(np.broadcast_arrays(*fields))
    return union


# -- surfaces ----------------------------------------------------------------------------------------------------------

SHELL = 0.01
"""Points of the surface are those this near it, moved onto it."""


def surface_points(formula: Sampler, count: int, seed: int) -> tuple[Field, Field]:
    """Random points on the surface of a distance and its unit normals there: (count, 3) and (count, 3).

    Uniform points of a thin shell are moved to the nearest point of the surface, along the gradient (central
    differences in float64, exact to 1e-9). They are uniform there but for edges, where a shell has more volume outside:
    about one point in a hundred of the box, with one of the normals that an edge has.
    """
    chance, points, normals, missing = np.random.default_rng(seed), [], [], count
    step = 1e-6 * np.eye(3)
    while missing > 0:
        candidates = chance.uniform(-1, 1, (1 << 17, 3))
        distance = formula(tuple(candidates.T))
        near = np.flatnonzero(np.abs(distance) < SHELL)
        candidates, distance = candidates[near], distance[near]
        ahead, behind = ([formula(tuple((candidates + sign * each).T)) for each in step] for sign in (1, -1))
        normal = (np.array(ahead) - np.array(behind)).T / 2e-6
        smooth = np.abs(np.linalg.norm(normal, axis=1) - 1) < 1e-4  # not where two nearest points are equally far
        points.append((candidates - distance[:, None] * normal)[smooth])
        normals.append(normal[smooth])
        missing -= len(points[-1])
    return np.concatenate(points)[:count], np.concatenate(normals)[:count]


# -- loaders -----------------------------------------------------------------------------------------------------------


def _quantised(formula: Sampler) -> NDArray[np.int32]:
    return np.round(sampled(formula) / _UNIT).astype("<i4")


def _lengths(raw: NDArray[Any]) -> NDArray[np.float32]:
    return (raw * _UNIT).astype(np.float32)


def _on_grid(formula: Sampler, axes: Axes) -> Field:
    return formula(np.ix_(*axes))


def _field(name: str, formula: Sampler, description: str, sha256: str) -> SignalSource:
    return formula_source("distance", _quantised, _lengths, name, partial(_on_grid, formula), description, sha256)


FIELDS: dict[str, Sampler] = {
    "sdf-sphere": sphere,
    "sdf-box": box,
    "sdf-torus": torus,
    "sdf-union": union,
    "sdf-slab": slab,
    "sdf-several-1": partial(several, seed=1),
    "sdf-several-2": partial(several, seed=2),
}
"""The formulas by the name of their signal."""

# fmt: off
SOURCES = (
    _field("sdf-sphere", sphere, "signed distance to a sphere",
           "2c45e895178e0373fbb9a25351ebac20932700887b0c63474be06001e26e7d58"),
    _field("sdf-box", box, "signed distance to a box, with edges and corners",
           "129184c2a2eb536577418685a592d3545275286e63981590f0f8cc38d94c52a0"),
    _field("sdf-torus", torus, "signed distance to a torus",
           "507c23c36d9a72f843b3e7b3df0a65d4f565f130edbe04f0e1f50415eedf8002"),
    _field("sdf-union", union, "signed distance to the union of a ball and a cube that are disjoint",
           "a7b7e77b35b571a7fa9e640c7222af1adb0c0bf3347b6994e1d36700e00c8a93"),
    _field("sdf-slab", slab, "signed distance to a box whose faces lie on no grid",
           "0e67b58fe5c55bfd26eed87dcebe9523cc5d8b47f6653b73132474aee9e053bd"),
    _field("sdf-several-1", FIELDS["sdf-several-1"], "signed distance to four balls and boxes, drawn by a seed",
           "9737261e79c1b3a71c24232e5f15b60dd6e9cd12e50d05314870dcb0ebf0eb1b"),
    _field("sdf-several-2", FIELDS["sdf-several-2"], "signed distance to four others",
           "c9e10ef56333ea4fefbe21e6023bca41f34dd925d15b8d035652c081b11f9bd2"),
)
# fmt: on
