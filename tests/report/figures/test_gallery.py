import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest

import report
from bench.store.store import Store
from report.data.load import load
from report.data.reconstructions import stored
from report.figures import axes as drawing
from report.figures import convergence as figures
from report.figures import gallery as catalogue
from report.figures import images as pictures
from report.figures import layer_statistics as layers
from report.figures import overview, volumes
from report.figures import path_norm as norms
from report.figures import signals_1d as waves
from report.figures.style import looks, styled
from report.labels import slug


def test_importing_the_report_imports_no_torch() -> None:
    code = "import sys, report; print([name for name in ('torch', 'tasks', 'activations') if name in sys.modules])"
    root = Path(report.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"


def test_each_figure_is_there_twice(written) -> None:
    names = {path.name for path in (written.folder / "figures").iterdir()}
    wanted = {"overview", "activations", "convergence-image", "convergence-superres", "convergence-audio"}
    wanted |= {"quality-time-image", "quality-time-superres"}
    wanted |= {"reconstructions-image-camera", "reconstructions-superres-camera", "reconstructions-audio-bach"}
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
    tiles = pictures.tiles(stored(suite, suite.tasks[0], "camera"))
    assert [tile.label for tile in tiles] == ["truth", "SIREN"]


@pytest.mark.parametrize(
    ("shape", "drawn"),
    [
        ((64, 1), "wave"),
        ((8, 8, 8, 1), "volume"),
        ((8, 8, 1), "picture"),
        ((16, 16, 2), ""),
        ((2, 2, 1), ""),
        ((3, 1), ""),
    ],
)
def test_the_shape_of_the_truth_decides_what_is_drawn(lab, shape, drawn) -> None:
    lab.truth("image", "camera", np.zeros(shape))
    lab.pictures(lab.job("siren"), np.zeros(shape))
    suite = load(lab.store)
    found = stored(suite, suite.tasks[0], "camera")
    kinds = {
        "picture": pictures.reconstructions(found),
        "wave": waves.reconstructions(found, {}),
        "volume": volumes.reconstructions(found),
    }
    assert [kind for kind, figure in kinds.items() if figure] == ([drawn] if drawn else [])


@pytest.mark.parametrize(
    ("shape", "said"),
    [((64, 1), "truth in black"), ((2400, 1), "envelope"), ((8, 8, 8, 1), "slices"), ((8, 8, 3), "detail")],
)
def test_the_caption_says_what_is_drawn(lab, shape, said) -> None:
    truth = np.random.default_rng(0).random(shape)
    lab.truth("image", "camera", truth)
    lab.pictures(lab.job("siren"), truth * 0.9)
    suite = load(lab.store)
    drawn = [entry for entry in catalogue.entries(suite, {"siren": looks([("siren", "siren")])["siren"]}) if entry.task]
    (picture,) = (entry for entry in drawn if entry.name == "reconstructions-image-camera")
    assert said in picture.caption
    picture.figure.draw_without_rendering()


def test_a_signal_without_stored_arrays_has_no_picture(lab) -> None:
    lab.job("siren")
    suite = load(lab.store)
    assert stored(suite, suite.tasks[0], "camera") is None


def test_many_methods_wrap_and_bad_values_are_drawn(lab) -> None:
    truth = lab.picture(1)
    lab.truth("image", "camera", truth)
    for index in range(9):
        lab.pictures(lab.job(f"m{index}", 30.0 + index), np.full_like(truth, np.nan) if index == 3 else truth)
    suite = load(lab.store)
    figure = pictures.reconstructions(stored(suite, suite.tasks[0], "camera"))
    canvas, _bar = figure.axes  # the truth has no error map but the colour bar in its place
    assert len(canvas.images) == 3 * 10 - 1
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
    assert drawing.spread([0.5, 0.5], gap=0.2) == pytest.approx([0.4, 0.6])
    moved = drawing.spread([0.9, 0.1, 0.52, 0.5, 0.51], gap=0.1)
    assert moved[:2] == [0.9, 0.1]
    assert sorted(moved)[1:4] == pytest.approx([0.41, 0.51, 0.61])


def test_slugs_never_meet() -> None:
    assert slug("ct-head_2.0") == "ct-head_2.0"
    assert len({slug(name) for name in ("a b", "a/b", "a-b", "../a-b")}) == 4
    assert "/" not in slug("../../x")


def test_experiments_get_their_figures(studied) -> None:
    names = {path.stem for path in (studied.folder / "figures").iterdir()}
    assert {"norm-ct", "spectral-function", "conditioning-function"} <= names
    assert {"reconstructions-function-sines", "convergence-ct", "quality-time-ct"} <= names
    assert not {"norm-function", "spectral-ct", "conditioning-ct"} & names


def of(folder, key):
    """A task of a written report's suite."""
    suite = load(Store(folder.parent.parent, folder.parent.name))
    return next(task for task in suite.tasks if task.key == key)


def test_the_path_norm_has_a_point_a_run_and_hollow_ones_below_the_fit(studied) -> None:
    task = of(studied.folder, "ct")
    look = looks((method.key, method.activation) for method in task.activations)
    figure = norms.norm(task, look)
    scatter, sweep, steps = figure.axes
    points = [line for line in scatter.get_lines() if line.get_marker() not in ("None", "")]
    assert len(points) == 8
    assert sum(line.get_markerfacecolor() == "white" for line in points) == 2  # c = 1, both repeats
    assert {text.get_text() for text in scatter.texts} == {"c = 1", "c = 2", "c = 3", "c = 5"}
    assert sweep.get_xlabel() == "c"
    assert steps.get_xlabel() == "training steps"
    assert norms.unreached(task)


def test_swept_variants_run_from_dark_to_light() -> None:
    found = looks([("bw-relu", "bw-relu"), *((f"bw-relu[c={c}]", "bw-relu") for c in (10, 1, 3, 0.5))])
    light = [sum(matplotlib.colors.to_rgb(found[f"bw-relu[c={c}]"].color)) for c in (0.5, 1, 3, 10)]
    assert light == sorted(light)
    assert found["bw-relu"].color == "#d55e00"


def test_every_method_has_a_panel_with_a_line_for_each_frequency(studied) -> None:
    task = of(studied.folder, "function")
    look = looks((method.key, method.activation) for method in task.activations)
    *panels, condition, gradient = layers.spectral(task, look).axes
    assert [len(axis.get_lines()) for axis in panels] == [3, 3, 3]
    assert [axis.get_ylabel() for axis in (condition, gradient)] == ["condition number, layer 2", "gradient norm"]
    assert [len(axis.get_lines()) for axis in layers.conditioning(task, look).axes] == [3] * 6


def test_diagnostics_at_the_end_alone_have_no_panels_of_steps(lab) -> None:
    lab.job("siren", extra=[lab.score("dead_units/1", 100, 0.2), lab.score("dead_units/2", 100, 0.4)])
    (task,) = load(lab.store).tasks
    (axis,) = layers.conditioning(task, looks([("siren", "siren")])).axes
    assert list(axis.get_lines()[0].get_ydata()) == [0.2, 0.4]
    assert layers.spectral(task, looks([("siren", "siren")])) is None


def test_odd_diagnostics_do_no_harm(lab) -> None:
    odd = [
        lab.score("dead_units/x", 100, 1.0),
        lab.score("feature_cond/1", 100, float("inf")),
        lab.score("path_norm", 100, 0.0),
    ]
    lab.job("siren", extra=[*odd, lab.score("freq_error/1", 100, 0.0, -1)])
    written = report.write(lab.store)
    names = {path.stem for path in (written.folder / "figures").iterdir()}
    assert names == {"overview", "convergence-image"}


@pytest.mark.parametrize("samples", [50, 2400])
def test_a_curve_that_explodes_is_drawn(lab, samples) -> None:
    truth = np.sin(np.linspace(0, 9, samples))[:, None]
    lab.truth("image", "camera", truth)
    lab.pictures(lab.job("siren"), truth * 1e30)
    lab.pictures(lab.job("relu"), np.full_like(truth, np.nan))
    lab.pictures(lab.job("gauss"), truth)
    suite = load(lab.store)
    waves.reconstructions(stored(suite, suite.tasks[0], "camera"), {}).draw_without_rendering()


def test_the_excerpt_is_where_the_signal_moves_most() -> None:
    wave = np.zeros(5000)
    wave[3000:3300] = np.sin(np.arange(300))
    assert 2900 <= waves.excerpt(wave) <= 3000
    assert waves.excerpt(np.zeros(5000)) == 0
    assert waves.excerpt(np.zeros(10)) == 0


def test_many_tasks_make_a_matrix(lab) -> None:
    for index in range(8):
        for place, method in enumerate(("siren", "relu", "gauss")):
            failed = index == 3 and method == "gauss"
            lab.job(method, 30.0 - place, task=f"task-{index}", status="oom" if failed else "ok")
    lab.job("wire", 99.0, task="task-0")
    lab.job("tv", 40.0, task="task-0", kind="baseline", label="tv")
    suite = load(lab.store)
    assert overview.task_ranks(suite.tasks[3]) == {"siren": 1, "relu": 2, "gauss": 3}
    methods = [(method.key, method.activation) for task in suite.tasks for method in task.activations]
    (axis,) = overview.overview(suite, looks(methods)).axes
    texts = [text.get_text() for text in axis.texts]
    assert texts.count("failed") == 1
    assert {"40.0\nTV", "—"} <= set(texts)  # WIRE is on one task of eight: its mean rank compares with none
    rows = [label.get_text() for label in axis.get_yticklabels()]
    assert rows == ["SIREN", "relu", "gauss", "wire", "best classical"]


def test_of_very_many_the_best_and_the_first_are_drawn_and_that_is_said(lab, monkeypatch) -> None:
    monkeypatch.setattr(catalogue, "METHODS", 3)
    monkeypatch.setattr(catalogue, "TASKS", 2)
    monkeypatch.setattr(catalogue, "PICTURES", 2)
    truth = lab.picture(1)
    for task in "abc":
        for signal in ("camera", "coins", "moon"):
            lab.truth(task, signal, truth)
            for level in range(5):
                lab.pictures(lab.job(f"m{level}", 20.0 + level, task=task, signal=signal), truth)
    suite = load(lab.store)
    with styled():
        found = {
            entry.name: entry
            for entry in catalogue.entries(suite, looks((m.key, m.activation) for m in suite.tasks[0].activations))
        }
    wanted = {f"{kind}-{task}" for task in "ab" for kind in ("convergence", "quality-time", "reconstructions")}
    assert {name.removesuffix("-camera") for name in found} == {"overview", *wanted}
    curves = found["convergence-a"]
    assert [text.get_text() for text in curves.figure.legends[0].get_texts()] == ["m4", "m3", "m2"]
    assert "The 3 best of 5 methods" in curves.caption
    assert "2 more signals" in found["reconstructions-a-camera"].caption
    page = report.write(lab.store).index.read_text()
    assert "The first 2 tasks have figures" in page
    assert 'id="task-c"' in page
