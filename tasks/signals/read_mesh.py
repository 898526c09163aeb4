"""Triangle mesh files (OFF) as occupancy signals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.signals.inside_mesh import Solid
from tasks.signals.signal import Signal, SignalError, reason, sha256_of

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
