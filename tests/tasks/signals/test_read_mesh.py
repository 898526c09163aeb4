from pathlib import Path

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.occupancy import Occupancy
from tasks.signals.inside_mesh import MARGIN, Solid
from tasks.signals.load import load
from tasks.signals.read_mesh import read_triangles
from tasks.signals.signal import SignalError, pixel_centres

CUBE_V = [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
CUBE_F = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


def off(vertices: object, faces: object) -> str:
    lines = ["OFF", f"{len(vertices)} {len(faces)} 0"]  # type: ignore[arg-type]
    lines += [" ".join(map(repr, map(float, vertex))) for vertex in vertices]  # type: ignore[attr-defined]
    lines += [" ".join(map(str, (len(face), *face))) for face in faces]  # type: ignore[attr-defined]
    return "\n".join(lines) + "\n"


def ball(stacks: int = 48, slices: int = 96) -> np.ndarray:
    """A sphere of radius 1 in triangles: (F, 3, 3)."""
    down, around = np.linspace(0, np.pi, stacks + 1), np.linspace(0, 2 * np.pi, slices + 1)
    around[-1] = 0
    ring = np.stack([np.cos(around), np.sin(around), 0 * around], axis=-1)
    point = np.sin(down)[:, None, None] * ring + np.cos(down)[:, None, None] * [0, 0, 1]
    a, b, c, d = point[:-1, :-1], point[1:, :-1], point[1:, 1:], point[:-1, 1:]
    return np.concatenate([np.stack([a, b, c], axis=2), np.stack([a, c, d], axis=2)]).reshape(-1, 3, 3)


def test_a_ball_is_a_ball() -> None:
    axis = pixel_centres(40)
    inside = Solid(ball())((axis,) * 3)
    radius = np.sqrt(sum(np.square(a) for a in np.ix_(axis, axis, axis))) / MARGIN
    assert inside[radius < 0.995].all()
    assert not inside[radius > 1].any()


@settings(deadline=None, max_examples=30)
@given(turn=st.floats(0, 6.3), lean=st.floats(0, 3.1), flip=st.booleans())
def test_a_turned_ball_with_a_hollow_is_counted_by_parity(turn: float, lean: float, flip: bool) -> None:
    c, s, a, b = np.cos(turn), np.sin(turn), np.cos(lean), np.sin(lean)
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, a, -b], [0, b, a]])
    outer, inner = ball(16, 24), ball(16, 24) / 2
    triangles = np.concatenate([outer[:, ::-1] if flip else outer, inner]) @ rotation.T
    axes = (pixel_centres(12), pixel_centres(10), pixel_centres(14))
    inside = Solid(triangles)(axes)
    radius = np.sqrt(sum(np.square(axis) for axis in np.ix_(*axes))) / MARGIN
    assert inside[(radius > 0.52) & (radius < 0.95)].all()
    assert not inside[(radius > 1.05) | (radius < 0.46)].any()


@pytest.mark.parametrize("n", [4, 9, 10, 20])
def test_a_cube_whose_edges_lie_on_grid_lines_is_exact(tmp_path: Path, n: int) -> None:
    path = tmp_path / "cube.off"
    path.write_text(off(CUBE_V, CUBE_F))
    triangles = read_triangles(path)
    assert triangles.shape == (12, 3, 3)
    # the diagonals of its faces meet grid lines, as edges do where n is 10 or 20
    axis = pixel_centres(n)
    within = np.abs(axis) < MARGIN - 1e-6
    clear = np.abs(np.abs(axis) - MARGIN) > 1e-6
    inside = Solid(triangles)((axis,) * 3)
    expected = within[:, None, None] & within[:, None] & within
    keep = np.ix_(clear, clear, clear)
    np.testing.assert_array_equal(inside[keep], expected[keep])


def test_a_users_mesh_is_a_signal_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "Box.OFF"
    path.write_text("# a box\n" + off(CUBE_V, CUBE_F).replace("OFF\n", "OFF "))
    signal = load(str(path))
    assert signal.name.startswith("Box@")
    assert signal.kind == "shape-3d"
    problem = Occupancy(size=20).problem(signal, seed=0)
    assert float(problem.truth.mean()) == pytest.approx(0.9**3, rel=0.01)


def test_the_longest_side_is_fitted_and_the_others_keep_their_length() -> None:
    solid = Solid(ball() * [3, 1, 2] + [5, 6, 7])
    np.testing.assert_allclose(solid.triangles.max(axis=(0, 1)), [0.9, 0.3, 0.6], atol=1e-9)
    np.testing.assert_allclose(solid.triangles.min(axis=(0, 1)), [-0.9, -0.3, -0.6], atol=1e-3)


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
def test_what_cannot_be_used_is_said_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "shape.off"
    path.write_text(text)
    with pytest.raises(SignalError, match=message) as caught:
        load(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["obj", "off", "ply", "stl"])
def test_every_format_holds_the_same_solid(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"box.{suffix}"
    trimesh.creation.box(extents=(1, 1, 1)).export(path)
    problem = Occupancy(size=20).problem(load(str(path)), seed=0)
    assert float(problem.truth.mean()) == pytest.approx(0.9**3, rel=0.01)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SignalError, match="does not exist"):
        load(str(tmp_path / "none.off"))
    with pytest.raises(SignalError, match="is a directory"):
        read_triangles(tmp_path)
