"""Charts of the headline metric: panels for each hardware, hollow markers for another engine."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import same_color

from inrbench.report.figures import cost
from inrbench.report.figures.convergence import convergence
from inrbench.report.figures.style import styled
from tests.report.laboratory import STEPS, Lab, drawn, styles


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
        assert len(drawn(cost.draw(task, styles(task))).axes) == 2


def test_times_of_another_engine_have_hollow_markers(lab: Lab) -> None:
    for method in ("siren", "relu"):
        lab.job(method)
    lab.job("mfn", engine="autograd")
    task = lab.task()
    looks = styles(task)
    steps, seconds = drawn(convergence(task, looks)).axes
    (final,) = drawn(cost.draw(task, looks)).axes
    assert markers(steps, looks["mfn"].color) == [looks["mfn"].color]
    for axis in (seconds, final):
        assert markers(axis, looks["mfn"].color) == ["white"]
        assert markers(axis, looks["siren"].color) == [looks["siren"].color]


def test_times_of_two_engines_of_one_method_are_drawn_apart(lab: Lab) -> None:
    for repeat, engine in enumerate(["mlp", "mlp", "autograd"]):
        lab.job("siren", repeat=repeat, engine=engine)
        lab.job("relu", repeat=repeat)
    task = lab.task()
    looks = styles(task)
    for figure in (convergence(task, looks), cost.draw(task, looks)):
        axis = drawn(figure).axes[-1]
        assert sorted(markers(axis, looks["siren"].color)) == [looks["siren"].color, "white"]
        assert markers(axis, looks["relu"].color) == [looks["relu"].color]


def test_doubtful_times_are_marked_on_the_axis(lab: Lab) -> None:
    lab.job("siren", timing_valid=False)
    lab.job("relu")
    task = lab.task()
    (axis,) = drawn(cost.draw(task, styles(task))).axes
    assert axis.get_xlabel() == "training time (s), indicative only"


def test_one_method_has_no_chart_of_quality_against_time(lab: Lab) -> None:
    lab.job("siren")
    assert cost.draw(lab.task(), styles(lab.task())) is None


def test_an_optimiser_with_a_line_search_stands_at_its_passes(lab: Lab) -> None:
    lab.job("siren")
    lab.job("relu", extra=[lab.score("passes", step, 2.0 * step) for step in STEPS])
    task = lab.task()
    looks = styles(task)
    axis = drawn(convergence(task, looks)).axes[0]
    assert axis.get_xlabel() == "forward and backward passes"
    ends = {
        name: max(np.max(line.get_xdata()) for line in axis.get_lines() if line.get_color() == looks[name].color)
        for name in ("siren", "relu")
    }
    assert ends == {"siren": 100.0, "relu": 200.0}
