"""Solids bounded by triangles: reading OFF files, and which points of a grid lie inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.sources import Signal, SignalError, reason, sha256_of

MARGIN = 0.9
"""A solid is centred and scaled so that the longest side of its box spans [-MARGIN, MARGIN]."""

MAX_FACES = 2_000_000


def read_mesh(path: str | Path) -> Signal:
    """An OFF file as a signal, a shape; its name is ``<stem>@<8 digits>`` of the sha256 of its triangles.

    Raises:
        SignalError: as for `read_off`.
    """
    path = Path(path).expanduser()
    triangles = read_off(path)
    sha256 = sha256_of(triangles)
    name = f"{path.stem}@{sha256[:8]}"
    array = triangles.astype(np.float32)
    return Signal(name, array, sha256, "the user's own file", "shape-3d", sample=Solid(triangles))


def read_off(path: Path) -> NDArray[np.float64]:
    """The triangles of an OFF file as corners: (F, 3, 3). A face of more corners is cut into a fan.

    Raises:
        SignalError: if the file is missing, no OFF, damaged or too large, or if its surface has a hole: every edge must
            belong to exactly two triangles.
    """
    if path.is_dir():
        raise SignalError(f"{path} is a directory; name a .off file in it")
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        raise SignalError(f"{path} does not exist; give the path of a .off, or a name from `list signals`") from None
    except (OSError, ValueError) as error:
        raise SignalError(f"{path} cannot be opened: {reason(error)}") from error
    lines = [line for line in (line.partition("#")[0].split() for line in text.splitlines()) if line]
    if not lines or lines[0][0] != "OFF":
        raise SignalError(f"{path} is not an OFF file (its first word must be OFF); convert the mesh first")
    lines[0] = lines[0][1:]  # the counts may stand on the same line
    lines = lines[0 if lines[0] else 1 :]
    try:
        vertices, faces = _parse(lines)
    except (ValueError, IndexError) as error:
        raise SignalError(f"{path} is damaged: {reason(error)}; save it again") from error
    if not 4 <= len(faces) <= MAX_FACES:
        raise SignalError(f"{path} has {len(faces)} triangles; a solid needs at least 4 and at most {MAX_FACES}")
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    _, counts = np.unique(edges, axis=0, return_counts=True)
    if (counts != 2).any():
        raise SignalError(
            f"{path} is not watertight: {(counts != 2).sum()} of its edges do not belong to exactly two triangles; "
            "close its holes and merge its double vertices first"
        )
    return vertices[faces]


def _parse(lines: list[list[str]]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(V, 3) vertices and (F, 3) indices."""
    n_vertices, n_faces = int(lines[0][0]), int(lines[0][1])
    body = lines[1:]
    if len(body) < n_vertices + n_faces:
        raise ValueError(f"{n_vertices} vertices and {n_faces} faces are promised, {len(body)} lines follow")
    vertices = np.array([[float(word) for word in line[:3]] for line in body[:n_vertices]])
    if vertices.ndim != 2 or vertices.shape[1] != 3 or not np.isfinite(vertices).all():
        raise ValueError("a vertex needs three finite coordinates")
    fans = []
    for line in body[n_vertices : n_vertices + n_faces]:
        count = int(line[0])
        corners = [int(word) for word in line[1 : 1 + count]]
        if count < 3 or len(corners) < count or not all(0 <= corner < n_vertices for corner in corners):
            raise ValueError(f"no face: {' '.join(line[:8])!r}")
        fans += [(corners[0], corners[k], corners[k + 1]) for k in range(1, count - 1)]
    return vertices, np.array(fans, dtype=np.int64).reshape(-1, 3)


class Solid:
    """The inside of a closed surface of triangles, centred in the cube [-1, 1]³ (see `MARGIN`).

    Called with the three axes of a grid it tells which grid points lie inside, by parity: along every line of the grid
    that is parallel to the last axis, the surface is crossed an odd number of times below a point inside. The lines are
    moved sideways by some 1e-9, so that none meets an edge or a corner, where two triangles would both be counted;
    the orientation of the triangles does not matter.

    Args:
        triangles: (F, 3, 3) corners.
    """

    def __init__(self, triangles: NDArray[Any]) -> None:
        low, high = triangles.min(axis=(0, 1)), triangles.max(axis=(0, 1))
        side = float((high - low).max())
        if not side > 0:
            raise SignalError("a mesh of no extent has no inside; choose another one")
        self.triangles: NDArray[np.float64] = (triangles - (low + high) / 2) * (2 * MARGIN / side)

    def __call__(self, axes: tuple[NDArray[np.float64], ...]) -> NDArray[np.bool_]:
        x, y = axes[0] + 1.234567e-9, axes[1] + 2.718281e-9
        z, shape = axes[2], tuple(len(axis) for axis in axes)
        a, b, c = (self.triangles[:, k] for k in range(3))
        flat = self.triangles[..., :2]
        low, high = flat.min(axis=1), flat.max(axis=1)
        # the lines in the box of each triangle: a range of each axis
        x0, x1 = np.searchsorted(x, low[:, 0]), np.searchsorted(x, high[:, 0])
        y0, y1 = np.searchsorted(y, low[:, 1]), np.searchsorted(y, high[:, 1])
        count = (x1 - x0) * (y1 - y0)
        triangle = np.repeat(np.arange(len(count)), count)  # one entry for each pair of a triangle and a line
        nth = np.arange(len(triangle)) - np.repeat(np.cumsum(count) - count, count)
        across = (y1 - y0)[triangle]
        i, j = x0[triangle] + nth // across, y0[triangle] + nth % across
        point = np.stack([x[i], y[j]], axis=1)
        a, b, c = a[triangle], b[triangle], c[triangle]
        parts = [_twice_area(point, p, q) for p, q in ((b, c), (c, a), (a, b))]
        signs = np.stack([part > 0 for part in parts])
        hit = signs.all(axis=0) | ~signs.any(axis=0)
        area = parts[0] + parts[1] + parts[2]
        hit &= area != 0  # a triangle seen edge-on has no inside to be met
        height = sum(part[hit] * corner[hit, 2] for part, corner in zip(parts, (a, b, c), strict=True)) / area[hit]
        k = np.searchsorted(z, height)  # the first point above the crossing
        line = i[hit] * shape[1] + j[hit]
        crossings = np.bincount(line * (shape[2] + 1) + k, minlength=shape[0] * shape[1] * (shape[2] + 1))
        below = crossings.reshape(shape[0], shape[1], shape[2] + 1).cumsum(axis=-1)[..., :-1]
        inside: NDArray[np.bool_] = below % 2 == 1
        return inside


def _twice_area(point: NDArray[np.float64], p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Twice the signed area of the flat triangle (point, p, q), one for each row."""
    area: NDArray[np.float64] = (p[:, 0] - point[:, 0]) * (q[:, 1] - point[:, 1]) - (p[:, 1] - point[:, 1]) * (
        q[:, 0] - point[:, 0]
    )
    return area
