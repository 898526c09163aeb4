"""Closed surfaces of triangle meshes: whether they are closed, and which way their triangles are turned.

A mesh file may hold several bodies. Each is a closed surface; what it encloses is inside, unless the body lies within
another one and is turned the other way, which makes it a hollow (`inrbench.tasks.signals.inside_mesh`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.inside_mesh import winding_number

Vertices = NDArray[np.float64]
Faces = NDArray[np.int64]


def merged(vertices: Vertices, faces: Faces) -> tuple[Vertices, Faces]:
    """A mesh with one vertex in each place, and without triangles that have two corners in one.

    Many programs write a vertex once for each texture coordinate or normal that it has.
    """
    places, index = np.unique(vertices, axis=0, return_inverse=True)
    faces = index.reshape(-1)[faces]
    distinct = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    return places, faces[distinct]


def turned_alike(faces: Faces) -> tuple[Faces, NDArray[np.int64], int]:
    """Triangles (F, 3) turned alike within each body.

    Returns:
        The triangles, the number (F,) of the body of each, and the number of edges at which a surface is open: those
        along which not as many triangles run in one direction as in the other, whichever way the bodies are turned.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(faces)
    edge, uses, along = _edges(faces)
    order = np.argsort(edge, kind="stable")
    first = order[np.isin(edge[order], np.flatnonzero(uses == 2))].reshape(-1, 2)  # both uses of each plain edge
    one, other = first[:, 0] % count, first[:, 1] % count
    same = along[first[:, 0]] != along[first[:, 1]]  # neighbours turned alike run along their edge in two directions
    # Each triangle is two nodes, as it is and turned over; a component of this graph is a body with all turned alike.
    left = np.concatenate([one, one + count])
    right = np.concatenate([np.where(same, other, other + count), np.where(same, other + count, other)])
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(2 * count, 2 * count))
    _, side = connected_components(graph, directed=False)
    upright, over = side[:count], side[count:]
    body = np.minimum(upright, over)
    faces = np.where((upright > over)[:, None], faces[:, ::-1], faces)
    edge, uses, along = _edges(faces)
    balance = np.bincount(edge, weights=np.where(along, 1, -1), minlength=len(uses))
    return faces, np.unique(body, return_inverse=True)[1], int(np.count_nonzero(balance))


def turned_outwards(vertices: Vertices, faces: Faces, body: NDArray[np.int64]) -> Faces:
    """Triangles whose bodies are all turned as the largest is, but for hollows within it or within another body."""
    corners = vertices[faces] - vertices.mean(axis=0)
    volume = np.bincount(body, weights=np.einsum("fi,fi->f", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])))
    volume *= np.sign(volume[np.abs(volume).argmax()])
    against = np.flatnonzero(volume < 0)
    if not len(against):
        return faces
    solid = corners[volume[body] >= 0]
    hollow = [number for number in against if _is_within(corners[body == number], solid)]
    over = np.isin(body, np.setdiff1d(against, hollow))
    return np.where(over[:, None], faces[:, ::-1], faces)


def _is_within(triangles: NDArray[np.float64], solid: NDArray[np.float64]) -> bool:
    """Whether the outermost corners of a body along each axis are all inside other surfaces."""
    points = triangles.reshape(-1, 3)
    outermost = points[np.concatenate([points.argmin(axis=0), points.argmax(axis=0)])]
    return all(winding_number(solid, tuple(point[:, None])).any() for point in outermost)


def _edges(faces: Faces) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Number (3 · F,) of the edge at each side of a triangle, the uses of each edge, and whether a side runs upwards.

    A side runs upwards if it goes from the vertex of the lower number to that of the higher one.
    """
    sides = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    low, high = sides.min(axis=1), sides.max(axis=1)
    _, edge, uses = np.unique(low * (faces.max() + 1) + high, return_inverse=True, return_counts=True)
    return edge, uses, sides[:, 0] < sides[:, 1]
