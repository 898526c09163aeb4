"""Charts of diagnostics: errors by frequency and statistics of layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from inrbench.report.data.load import load
from inrbench.report.data.model import SuiteResults
from inrbench.report.figures.layer_statistics import conditioning, spectra, spectral
from tests.report.laboratory import Lab, drawn, styles


def test_every_method_has_a_panel_with_a_line_for_each_frequency(suite: SuiteResults) -> None:
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


def observed(lab: Lab, method: str, rank: tuple[float, float], repeat: int = 0, **arrays: np.ndarray[Any, Any]) -> None:
    """A job with spectra: n eigenvalues 1/i² before and 1/i after training, power 1 and 4 at every frequency."""
    index = np.arange(1, 9.0)
    found = {
        "ntk_start": 5 / index**2, "ntk_end": 7 / index, "spectrum_start": np.ones(6), "spectrum_end": np.full(6, 4.0),
        "spectrum_truth": np.array([9.0, 2.0, 2.0, 0.0, 2.0, 2.0]), **arrays,
    }  # fmt: skip
    pairs = {"ntk_rank": rank, "ntk_decay": (-2.0, -1.0)}
    extra = [lab.score(name, *at) for name, pair in pairs.items() for at in zip((0, 100), pair, strict=True)]
    job = lab.job(method, 35.0 if method == "siren" else 30.0, repeat=repeat, extra=extra)
    lab.arrays(job, np.zeros((4, 1)), **found)


def test_spectra_are_drawn_before_and_after_training_beside_the_truth(lab: Lab) -> None:
    observed(lab, "siren", (3.0, 5.0))
    observed(lab, "siren", (5.0, 9.0), repeat=1)
    observed(lab, "relu", (1.0, 2.0))
    lab.job("wire")
    suite = load(lab.store)
    (task,) = suite.tasks
    eigen, eigen_end, ranks, power, power_end, slopes = drawn(spectra(suite, task, styles(task))).axes
    index = np.arange(1, 9.0)
    for axis, expected in ((eigen, 1 / index**2), (eigen_end, 1 / index)):
        assert [len(line.get_xydata()) for line in axis.get_lines()] == [8, 8]  # type: ignore[arg-type]
        np.testing.assert_allclose(np.asarray(axis.get_lines()[0].get_ydata(), float), expected)
    for axis, level in ((power, 1), (power_end, 4)):
        *lines, truth = axis.get_lines()
        assert [set(np.asarray(line.get_ydata()).tolist()) for line in lines] == [{level}, {level}]
        assert np.asarray(truth.get_xdata()).tolist() == [1, 2, 4, 5]  # no mean, no zero
    assert [text.get_text() for text in ranks.get_yticklabels()] == ["SIREN", "relu"]
    assert np.asarray(ranks.get_lines()[0].get_xdata()).tolist() == [4.0, 7.0]
    assert np.asarray(slopes.get_lines()[0].get_xdata()).tolist() == [-2.0, -1.0]


def test_without_stored_spectra_there_is_no_figure(lab: Lab) -> None:
    lab.arrays(lab.job("siren"), np.zeros((4, 1)), ntk_start=np.ones(3))
    suite = load(lab.store)
    assert spectra(suite, suite.tasks[0], styles(*suite.tasks)) is None
