"""Meshes from files: formats, watertightness, errors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
        ("", "is damaged or not a mesh"),
        ("PLY\n", "is damaged or not a mesh"),
        ("OFF", "is damaged or not a mesh"),
        ("OFF\n8 six 0", "is damaged or not a mesh"),
        ("OFF\n8 6 0\n0 0 0\n", "is damaged or not a mesh"),
        (off(CUBE_V, CUBE_F[:-1]), "not watertight: its surface is open at 4 edges"),
        (off(CUBE_V, [*CUBE_F[:-1], (1, 5, 9, 3)]), "is damaged or not a mesh"),
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


def boxes(*offsets: float) -> Any:
    parts = []
    for offset in offsets:
        box = trimesh.creation.box()
        box.apply_translation((offset, 0, 0))
        parts.append(box)
    return trimesh.util.concatenate(parts)


def share(path: Path, size: int = 40) -> float:
    return float(Occupancy(size=size).problem(load(str(path)), seed=0).truth.mean())


@pytest.mark.parametrize("suffix", ["obj", "off", "ply", "stl"])
@pytest.mark.parametrize("inverted", [(), (0,), (1,), (0, 1)], ids=str)
def test_bodies_that_overlap_are_their_union(tmp_path: Path, suffix: str, inverted: tuple[int, ...]) -> None:
    mesh = boxes(0, 0.5)
    for body in inverted:  # turned inside out, as exports of CAD programs sometimes are
        mesh.faces[12 * body : 12 * body + 12] = mesh.faces[12 * body : 12 * body + 12, ::-1]
    path = tmp_path / f"overlap.{suffix}"
    mesh.export(path)
    assert share(path) == pytest.approx(0.9 * 0.6 * 0.6, rel=0.001)  # 0.22 without the overlap


def test_bodies_that_touch_in_an_edge_or_a_face_are_closed(tmp_path: Path) -> None:
    for name, offsets in (("face", (0.0, 1.0)), ("apart", (0.0, 2.0))):
        boxes(*offsets).export(tmp_path / f"{name}.stl")
    assert share(tmp_path / "face.stl") == pytest.approx(0.9**3 / 4, rel=0.1)
    assert share(tmp_path / "apart.stl") == pytest.approx(0.9**3 * 2 / 27, rel=0.1)
    diagonal = boxes(0.0)
    moved = trimesh.creation.box()
    moved.apply_translation((1, 1, 0))
    trimesh.util.concatenate([diagonal, moved]).export(tmp_path / "edge.stl")
    assert share(tmp_path / "edge.stl") == pytest.approx(0.9**3 * 2 / 8, rel=0.1)


def test_a_box_within_a_box_is_a_hollow_if_it_is_turned_the_other_way(tmp_path: Path) -> None:
    inner = trimesh.creation.box(extents=(0.5, 0.5, 0.5))
    trimesh.util.concatenate([trimesh.creation.box(), inner]).export(tmp_path / "full.off")
    inner.invert()
    trimesh.util.concatenate([trimesh.creation.box(), inner]).export(tmp_path / "hollow.off")
    assert share(tmp_path / "full.off") == pytest.approx(0.9**3, rel=0.1)
    assert share(tmp_path / "hollow.off") == pytest.approx(0.9**3 * 7 / 8, rel=0.1)


def test_triangles_of_a_body_that_are_not_turned_alike_are(tmp_path: Path) -> None:
    faces = [face[::-1] if number % 2 else face for number, face in enumerate(CUBE_F)]
    (tmp_path / "mixed.off").write_text(off(CUBE_V, faces))
    assert share(tmp_path / "mixed.off", 20) == pytest.approx(0.9**3, rel=0.01)


def obj(form: str) -> str:
    lines = [f"v {x} {y} {z}" for x, y, z in CUBE_V]
    lines += [f"vt {u} {v}" for u in (0, 1) for v in (0, 1)]
    lines += [f"vn {x} {y} {z}" for x, y, z in [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]]
    for nth, face in enumerate(CUBE_F):
        corners = [form.format(v=v + 1, t=1 + t, n=nth + 1) for t, v in enumerate(face)]
        lines.append("f " + " ".join(corners))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("form", ["{v}", "{v}/{t}", "{v}//{n}", "{v}/{t}/{n}"])
def test_a_vertex_with_several_texture_coordinates_or_normals_is_one(tmp_path: Path, form: str) -> None:
    path = tmp_path / "cube.obj"
    path.write_text(obj(form))
    assert share(path, 20) == pytest.approx(0.9**3, rel=0.01)


@pytest.mark.parametrize("numbers", [1, 2])
def test_vertices_without_three_coordinates_are_refused(tmp_path: Path, numbers: int) -> None:
    path = tmp_path / "flat.obj"
    lines = [
        " ".join(line.split()[: 1 + numbers]) if line.startswith("v ") else line for line in obj("{v}").splitlines()
    ]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(SignalError, match="damaged or not a mesh") as caught:
        load(str(path))
    assert "\n" not in str(caught.value)


def test_double_vertices_of_other_formats_are_merged_too(tmp_path: Path) -> None:
    mesh = trimesh.creation.box()
    corners = mesh.vertices[mesh.faces].reshape(-1, 3)
    (tmp_path / "soup.off").write_text(off(corners, [(3 * k, 3 * k + 1, 3 * k + 2) for k in range(12)]))
    assert share(tmp_path / "soup.off", 20) == pytest.approx(0.9**3, rel=0.01)
