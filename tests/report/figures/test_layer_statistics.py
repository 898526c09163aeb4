"""Charts of diagnostics: errors by frequency and statistics of layers."""

from __future__ import annotations

import numpy as np

from report.data.model import Suite
from report.figures.layer_statistics import conditioning, spectral
from tests.report.laboratory import Lab, drawn, styles


def test_every_method_has_a_panel_with_a_line_for_each_frequency(suite: Suite) -> None:
    task = suite.tasks[1]
    *panels, condition, gradient = drawn(spectral(task, styles(task))).axes
    assert [len(axis.get_lines()) for axis in panels] == [3, 3, 3]
    assert [axis.get_ylabel() for axis in (condition, gradient)] == ["condition number, layer 2", "gradient norm"]
    assert [len(axis.get_lines()) for axis in drawn(conditioning(task, styles(task))).axes] == [3] * 6


def test_diagnostics_at_the_end_alone_have_no_panels_of_steps(lab: Lab) -> None:
    lab.job("siren", extra=[lab.score("dead_units/1", 100, 0.2), lab.score("dead_units/2", 100, 0.4)])
    task = lab.task()
    (axis,) = drawn(conditioning(task, styles(task))).axes
    np.testing.assert_array_equal(np.asarray(axis.get_lines()[0].get_ydata()), [0.2, 0.4])
    assert spectral(task, styles(task)) is None


def test_unusable_diagnostics_have_no_figure(lab: Lab) -> None:
    odd = [lab.score("dead_units/x", 100, 1.0), lab.score("feature_cond/1", 100, float("inf"))]
    lab.job("siren", extra=[*odd, lab.score("freq_error/1", 100, 0.0, -1)])
    task = lab.task()
    assert spectral(task, styles(task)) is None
    assert conditioning(task, styles(task)) is None
