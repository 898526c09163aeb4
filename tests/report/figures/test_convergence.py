"""Charts of the headline metric: panels for each hardware, hollow markers for another engine."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import same_color

from report.data.load import load
from report.figures.convergence import convergence, quality_time, sweep, sweeps
from report.figures.gallery import entries
from report.figures.style import BASELINE_COLOR, styled
from tests.report.laboratory import Lab, drawn, styles


def markers(axis: Axes, colour: str) -> list[str]:
    """The faces of the markers of the lines of one colour."""
    lines = [line for line in axis.get_lines() if line.get_marker() not in ("None", "", "|", "_")]
    return [str(line.get_markerfacecolor()) for line in lines if same_color(line.get_color(), colour)]


def test_two_devices_get_a_panel_each(lab: Lab) -> None:
    for method in ("siren", "relu"):
        lab.job(method, repeat=0)
        lab.job(method, repeat=1, device="cuda", device_name="Fast GPU")
    task = lab.task()
    with styled():
        assert len(drawn(convergence(task, styles(task))).axes) == 3
        assert len(drawn(quality_time(task, styles(task))).axes) == 2


def test_times_of_another_engine_have_hollow_markers(lab: Lab) -> None:
    for method in ("siren", "relu"):
        lab.job(method)
    lab.job("mfn", engine="autograd")
    task = lab.task()
    looks = styles(task)
    steps, seconds = drawn(convergence(task, looks)).axes
    (final,) = drawn(quality_time(task, looks)).axes
    assert markers(steps, looks["mfn"].color) == [looks["mfn"].color]
    for axis in (seconds, final):
        assert markers(axis, looks["mfn"].color) == ["white"]
        assert markers(axis, looks["siren"].color) == [looks["siren"].color]


def test_times_of_two_engines_of_one_method_are_drawn_apart(lab: Lab) -> None:
    for repeat, engine in enumerate(["chain", "chain", "autograd"]):
        lab.job("siren", repeat=repeat, engine=engine)
        lab.job("relu", repeat=repeat)
    task = lab.task()
    looks = styles(task)
    for figure in (convergence(task, looks), quality_time(task, looks)):
        axis = drawn(figure).axes[-1]
        assert sorted(markers(axis, looks["siren"].color)) == [looks["siren"].color, "white"]
        assert markers(axis, looks["relu"].color) == [looks["relu"].color]


def test_doubtful_times_are_marked_on_the_axis(lab: Lab) -> None:
    lab.job("siren", timing_valid=False)
    lab.job("relu")
    task = lab.task()
    (axis,) = drawn(quality_time(task, styles(task))).axes
    assert axis.get_xlabel() == "training time (s), indicative only"


def test_one_method_has_no_chart_of_quality_against_time(lab: Lab) -> None:
    lab.job("siren")
    assert quality_time(lab.task(), styles(lab.task())) is None


def ladder(lab: Lab) -> None:
    """Three tasks that differ in one setting, another that has the same name with text, and two that are too few."""
    for value, level in ((16, 20.0), (2, 30.0), (4.0, 27.0)):
        for repeat in range(2):
            lab.job("siren", level + repeat, task=f"band[cycles={value}]", repeat=repeat)
        lab.job("relu", level - 5, task=f"band[cycles={value}]")
        lab.job("linear", level - 2, task=f"band[cycles={value}]", kind="baseline", label="linear")
    lab.job("siren", task="mri[mask=radial]")
    lab.job("siren", task="blur[sigma=1.0]")
    lab.job("siren", task="blur[sigma=2.0]")


def test_a_sweep_of_tasks_has_a_line_through_the_finals_of_each_method(lab: Lab) -> None:
    ladder(lab)
    tasks = load(lab.store).tasks
    found = sweeps(tasks)
    assert {key: list(members) for key, members in found.items()} == {("band", "cycles"): [2.0, 4.0, 16.0]}
    looks = styles(*tasks)
    with styled():
        (axis,) = drawn(sweep("cycles", found["band", "cycles"], looks)).axes
    lines = {line.get_color(): line for line in axis.get_lines()}
    siren = lines[looks["siren"].color]
    assert np.asarray(siren.get_xdata()).tolist() == [2, 4, 16]
    assert np.asarray(siren.get_ydata()).tolist() == [30.5, 27.5, 20.5]
    assert np.asarray(lines[looks["relu"].color].get_ydata()).tolist() == [25, 22, 15]
    assert np.asarray(lines[BASELINE_COLOR].get_ydata()).tolist() == [28, 25, 18]
    assert [text.get_text() for text in axis.texts] == ["linear"]
    assert (axis.get_xlabel(), axis.get_ylabel(), axis.get_xscale()) == ("cycles", "final PSNR (dB)", "log")


def test_the_gallery_has_a_figure_for_each_sweep(lab: Lab) -> None:
    ladder(lab)
    suite = load(lab.store)
    with styled():
        names = [entry.name for entry in entries(suite, styles(*suite.tasks))]
    assert [name for name in names if name.startswith("over-")] == ["over-band-cycles"]


def test_a_sweep_without_a_value_has_no_figure(lab: Lab) -> None:
    for value in (1, 2, 3):
        lab.job("siren", task=f"band[cycles={value}]", status="diverged")
    tasks = load(lab.store).tasks
    assert sweep("cycles", sweeps(tasks)["band", "cycles"], styles(*tasks)) is None
