"""Charts of the path norm: one point for each run, hollow where the data loss was not reached."""

from __future__ import annotations

from inrbench.report.data.model import SuiteResults
from inrbench.report.figures.path_norm import draw, has_sweep, unreached
from tests.report.laboratory import Lab, drawn, styles


def test_the_path_norm_has_a_point_a_run_and_hollow_ones_above_the_data_loss(suite: SuiteResults) -> None:
    task = suite.tasks[0]
    scatter, sweep, steps = drawn(draw(task, styles(task))).axes
    points = [line for line in scatter.get_lines() if line.get_marker() not in ("None", "")]
    assert len(points) == 8
    assert sum(line.get_markerfacecolor() == "white" for line in points) == 2  # c = 1, both repeats
    assert {text.get_text() for text in scatter.texts} == {"c = 1", "c = 2", "c = 3", "c = 5"}
    assert sweep.get_xlabel() == "c"
    assert steps.get_xlabel() == "training steps"
    assert unreached(task)
    assert has_sweep(task)


def test_a_path_norm_of_zero_has_no_place_on_a_logarithmic_axis(lab: Lab) -> None:
    lab.job("siren", extra=[lab.score("path_norm", 100, 0.0)])
    assert draw(lab.task(), styles(lab.task())) is None
