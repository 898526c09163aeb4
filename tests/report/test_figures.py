import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest

import report
from report import figures, pictures
from report.load import load
from report.style import looks, slug, styled


def test_importing_the_report_imports_no_torch() -> None:
    code = "import sys, report; print([name for name in ('torch', 'tasks', 'activations') if name in sys.modules])"
    root = Path(report.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"


def test_each_figure_is_there_twice(written) -> None:
    names = {path.name for path in (written.folder / "figures").iterdir()}
    wanted = {"overview", "activations", "convergence-image", "convergence-superres", "convergence-audio"}
    wanted |= {"quality-time-image", "quality-time-superres"}
    wanted |= {"reconstructions-image-camera", "reconstructions-superres-camera"}
    assert names == {f"{name}.{kind}" for name in wanted for kind in ("png", "pdf")}


def test_drawing_leaves_the_callers_style_alone() -> None:
    before = dict(matplotlib.rcParams)
    with styled():
        assert matplotlib.rcParams["axes.grid"]
    assert dict(matplotlib.rcParams) == before


def test_a_method_whose_artifact_is_missing_is_left_out(lab) -> None:
    truth = lab.picture(3)
    lab.truth("image", "camera", truth)
    lab.pictures(lab.job("siren"), truth)
    lab.job("relu")
    lab.pictures(lab.job("gauss"), truth[:4])
    suite = load(lab.store)
    tiles = pictures._tiles(suite, suite.tasks[0], "camera")
    assert [tile.label for tile in tiles] == ["truth", "SIREN"]


@pytest.mark.parametrize("shape", [(64, 1), (8, 8, 8, 1), (16, 16, 2), (2, 2, 1)])
def test_what_is_no_picture_is_not_drawn(lab, shape) -> None:
    lab.truth("image", "camera", np.zeros(shape))
    lab.pictures(lab.job("siren"), np.zeros(shape))
    suite = load(lab.store)
    assert pictures.reconstructions(suite, suite.tasks[0], "camera") is None


def test_many_methods_wrap_and_bad_values_are_drawn(lab) -> None:
    truth = lab.picture(1)
    lab.truth("image", "camera", truth)
    for index in range(9):
        lab.pictures(lab.job(f"m{index}", 30.0 + index), np.full_like(truth, np.nan) if index == 3 else truth)
    suite = load(lab.store)
    figure = pictures.reconstructions(suite, suite.tasks[0], "camera")
    assert len(figure.axes) == 3 * 10  # the truth has no error map but the colour bar in its place
    figure.draw_without_rendering()


def test_the_detail_is_the_busiest_window(lab) -> None:
    y, x, height, width = pictures.detail(lab.picture(1)[..., 0])
    assert (height, width) == (6, 8)
    assert y < 9
    assert x > 14


def test_two_machines_get_a_panel_each(lab) -> None:
    for method in ("siren", "relu"):
        lab.job(method, repeat=0)
        lab.job(method, repeat=1, device="cuda", device_name="Fast GPU")
    (task,) = load(lab.store).tasks
    look = looks([("siren", "siren"), ("relu", "relu")])
    with styled():
        assert len(figures.convergence(task, look).axes) == 3
        assert len(figures.quality_time(task, look).axes) == 2


def test_looks_are_fixed_and_variants_differ() -> None:
    alone = looks([("siren", "siren")])
    among = looks([("siren", "siren"), ("new", "new"), ("siren[omega0=5]", "siren"), ("siren[omega0=10]", "siren")])
    assert alone["siren"] == among["siren"]
    assert len({(look.color, look.line) for look in among.values()}) == 4
    assert among["new"] == looks([("new", "new"), ("relu", "relu")])["new"]
    many = looks([(f"p{index}", f"p{index}") for index in range(7)])
    assert len({look.color for look in many.values()}) == 7
    more = looks([(f"p{index}", f"p{index}") for index in range(8)])
    assert len({look.color for look in more.values()}) == 8


def test_spread_keeps_order_and_gap() -> None:
    assert figures.spread([0.5, 0.5], gap=0.2) == pytest.approx([0.4, 0.6])
    moved = figures.spread([0.9, 0.1, 0.52, 0.5, 0.51], gap=0.1)
    assert moved[:2] == [0.9, 0.1]
    assert sorted(moved)[1:4] == pytest.approx([0.41, 0.51, 0.61])


def test_slugs_never_meet() -> None:
    assert slug("ct-head_2.0") == "ct-head_2.0"
    assert len({slug(name) for name in ("a b", "a/b", "a-b", "../a-b")}) == 4
    assert "/" not in slug("../../x")
