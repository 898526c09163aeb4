"""Closed triangle meshes from files (OFF, PLY, OBJ, STL) as occupancy signals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.signals.inside_mesh import Solid
from tasks.signals.signal import Signal, SignalError, reason, sha256_of

SUFFIXES = frozenset({".obj", ".off", ".ply", ".stl"})
MAX_FACES = 2_000_000


def read_mesh(path: str | Path) -> Signal:
    """A mesh file as a signal, a shape; its name is ``<stem>@<8 digits>`` of the sha256 of its triangles.

    Raises:
        SignalError: as for `read_triangles`.
    """
    path = Path(path).expanduser()
    triangles = read_triangles(path)
    sha256 = sha256_of(triangles)
    name = f"{path.stem}@{sha256[:8]}"
    array = triangles.astype(np.float32)
    return Signal(name, array, sha256, "the user's own file", "shape-3d", sample=Solid(triangles))


def read_triangles(path: Path) -> NDArray[np.float64]:
    """The triangles of a mesh file as corners: (F, 3, 3), in the order of the file; polygons are cut into triangles.

    Raises:
        SignalError: if the file is missing, no mesh, damaged or too large, or if its surface has a hole: every edge
            must belong to exactly two triangles.
    """
    import trimesh  # here, because importing it takes longer than to read most signals

    if path.is_dir():
        raise SignalError(f"{path} is a directory; name a mesh file in it ({', '.join(sorted(SUFFIXES))})")
    if not path.exists():
        raise SignalError(f"{path} does not exist; give the path of a mesh, or a name from `list signals`")
    try:
        mesh = trimesh.load_mesh(str(path), file_type=path.suffix[1:].lower(), process=False)
        if path.suffix.lower() == ".stl":  # which stores each corner by itself
            mesh.merge_vertices()
        vertices, faces = np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64)
        if faces.size and not 0 <= faces.min() <= faces.max() < len(vertices):
            raise ValueError("a face names a vertex that is not there")
        if not np.isfinite(vertices).all():
            raise ValueError("a coordinate is not finite")
    except Exception as error:  # the readers of trimesh raise whatever they meet first
        raise SignalError(f"{path} is no mesh or damaged: {reason(error)}; save it again") from error
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
