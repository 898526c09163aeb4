"""Meshes from files: formats, watertightness, errors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import trimesh

from inrbench.tasks.occupancy import Occupancy
from inrbench.tasks.signals.load import load
from inrbench.tasks.signals.read_mesh import read_triangles
from inrbench.tasks.signals.signal import SignalError

CUBE_V = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
CUBE_F = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


def off(vertices: Sequence[Sequence[float]], faces: Sequence[Sequence[int]]) -> str:
    lines = ["OFF", f"{len(vertices)} {len(faces)} 0"]
    lines += [" ".join(map(repr, map(float, vertex))) for vertex in vertices]
    lines += [" ".join(map(str, (len(face), *face))) for face in faces]
    return "\n".join(lines) + "\n"


def test_a_users_mesh_is_a_signal_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "Box.OFF"
    path.write_text("# a box\n" + off(CUBE_V, CUBE_F).replace("OFF\n", "OFF "))
    signal = load(str(path))
    assert signal.name.startswith("Box@")
    assert signal.kind == "shape-3d"
    problem = Occupancy(size=20).problem(signal, seed=0)
    assert float(problem.truth.mean()) == pytest.approx(0.9**3, rel=0.01)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no mesh or damaged"),
        ("PLY\n", "no mesh or damaged"),
        ("OFF", "no mesh or damaged"),
        ("OFF\n8 six 0", "no mesh or damaged"),
        ("OFF\n8 6 0\n0 0 0\n", "no mesh or damaged"),
        (off(CUBE_V, CUBE_F[:-1]), "not watertight: 4 of its edges"),
        (off(CUBE_V, [*CUBE_F[:-1], (1, 5, 9, 3)]), "no mesh or damaged"),
        (off(CUBE_V, [*CUBE_F[:-1], (1, 5)]), "not watertight"),
        (off([(0, 0, float("nan")), *CUBE_V[1:]], CUBE_F), "a coordinate is not finite"),
        (off(CUBE_V, []), "has 0 triangles"),
        (off([(0, 0, 0)] * 8, CUBE_F), "same point"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error_of_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "shape.off"
    path.write_text(text)
    with pytest.raises(SignalError, match=message) as caught:
        load(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["obj", "off", "ply", "stl"])
def test_every_format_gives_the_same_solid(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"box.{suffix}"
    trimesh.creation.box(extents=(1, 1, 1)).export(path)
    problem = Occupancy(size=20).problem(load(str(path)), seed=0)
    assert float(problem.truth.mean()) == pytest.approx(0.9**3, rel=0.01)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SignalError, match="does not exist"):
        load(str(tmp_path / "none.off"))
    with pytest.raises(SignalError, match="is a directory"):
        read_triangles(tmp_path)
