"""Closed triangle meshes from files (OFF, PLY, OBJ, STL) as occupancy signals.

Only watertight surfaces are accepted, because the inside of an open one is not defined. Bodies may overlap.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inrbench.tasks.signals.inside_mesh import Solid
from inrbench.tasks.signals.picture import decoding
from inrbench.tasks.signals.signal import Signal, SignalError, file_signal
from inrbench.tasks.signals.surfaces import merged, turned_alike, turned_outwards
from inrbench.tasks.signals.user_file import UserFile, first_bytes

MAX_FACES = 2_000_000
"""Largest number of triangles of a mesh."""


def read_mesh(file: str | Path | UserFile) -> Signal:
    """Signal of kind ``shape-3d`` from a mesh file: the indicator function of the solid that the surfaces enclose.

    Raises:
        SignalError: as for `read_triangles`.
    """
    path = (file if isinstance(file, UserFile) else UserFile(str(file))).location
    triangles = read_triangles(path)
    values = triangles.astype(np.float32)
    return file_signal(path, values, "shape-3d", hashed=triangles, sample=Solid(triangles))


def read_triangles(path: Path) -> NDArray[np.float64]:
    """Triangles of a mesh file: (F, 3, 3) corners in the order of the file; polygons are divided into triangles.

    Vertices in one place are merged if the surfaces are not closed otherwise. Triangles are turned over where those of
    a body are not turned alike, or where a body that is no hollow is turned another way than the largest one.

    Raises:
        SignalError: if the file is missing, no mesh, damaged or too large, or if a surface is not watertight.
    """
    import trimesh  # here, because importing it takes longer than to read most signals

    first_bytes(path, "a mesh")
    with decoding(path, "is damaged or not a mesh"):
        mesh = trimesh.load_mesh(str(path), file_type=path.suffix[1:].lower(), process=False)
        if path.suffix.lower() == ".stl":  # STL stores the corners of each triangle separately
            mesh.merge_vertices()
        vertices, faces = np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64)
        if vertices.ndim != 2 or vertices.shape[1] != 3:
            raise ValueError("its vertices do not have three coordinates")
        if faces.size and not 0 <= faces.min() <= faces.max() < len(vertices):
            raise ValueError("a face refers to a vertex that does not exist")
        if not np.isfinite(vertices).all():
            raise ValueError("a coordinate is not finite")
    if not 4 <= len(faces) <= MAX_FACES:
        raise SignalError(f"{path} has {len(faces)} triangles; use a closed mesh of 4 to {MAX_FACES} triangles")
    alike, body, gaps = turned_alike(faces)
    if gaps:
        vertices, faces = merged(vertices, faces)
        if len(faces) < 4:
            raise SignalError(f"{path} has no triangle with three corners; use a closed mesh")
        alike, body, gaps = turned_alike(faces)
    if gaps:
        raise SignalError(f"{path} is not watertight: its surface is open at {gaps} edges; close its holes first")
    return vertices[turned_outwards(vertices, alike, body)]
