"""Closed triangle meshes from files (OFF, PLY, OBJ, STL) as occupancy signals.

Only watertight meshes are accepted, because the inside of an open surface is not defined.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.inside_mesh import Solid
from inrbench.tasks.signals.signal import Signal, SignalError, file_signal, reason

SUFFIXES = frozenset({".obj", ".off", ".ply", ".stl"})
"""Suffixes of mesh files, in lower case."""

MAX_FACES = 2_000_000
"""Largest number of triangles of a mesh."""


def read_mesh(path: str | Path) -> Signal:
    """Signal of kind ``shape-3d`` from a mesh file: the indicator function of the solid that the surface encloses.

    The signal's name contains the hash of the triangles (`inrbench.tasks.signals.signal.file_signal`).

    Raises:
        SignalError: as for `read_triangles`.
    """
    path = Path(path).expanduser()
    triangles = read_triangles(path)
    return file_signal(path, triangles, triangles.astype(np.float32), "shape-3d", sample=Solid(triangles))


def read_triangles(path: Path) -> NDArray[np.float64]:
    """Triangles of a mesh file: (F, 3, 3) corners in the order of the file; polygons are divided into triangles.

    Raises:
        SignalError: if the file is missing, no mesh, damaged or too large, or if the surface is not watertight: every
            edge must belong to exactly two triangles.
    """
    import trimesh  # here, because importing it takes longer than to read most signals

    if path.is_dir():
        raise SignalError(f"{path} is a directory; name a mesh file in it ({', '.join(sorted(SUFFIXES))})")
    if not path.exists():
        raise SignalError(f"{path} does not exist; give the path of a mesh, or a name from `list signals`")
    try:
        mesh = trimesh.load_mesh(str(path), file_type=path.suffix[1:].lower(), process=False)
        if path.suffix.lower() == ".stl":  # STL stores the corners of each triangle separately
            mesh.merge_vertices()
        vertices, faces = np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64)
        if faces.size and not 0 <= faces.min() <= faces.max() < len(vertices):
            raise ValueError("a face refers to a vertex that does not exist")
        if not np.isfinite(vertices).all():
            raise ValueError("a coordinate is not finite")
    except Exception as error:  # the readers of trimesh raise errors of many types
        raise SignalError(f"{path} is no mesh or damaged: {reason(error)}; save it again") from error
    if not 4 <= len(faces) <= MAX_FACES:
        raise SignalError(f"{path} has {len(faces)} triangles; use a closed mesh of 4 to {MAX_FACES} triangles")
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    _, counts = np.unique(edges, axis=0, return_counts=True)
    if (counts != 2).any():
        raise SignalError(
            f"{path} is not watertight: {(counts != 2).sum()} of its edges do not belong to exactly two triangles; "
            "close its holes and merge its double vertices first"
        )
    return vertices[faces]
