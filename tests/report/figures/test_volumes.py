"""Reconstructions of volumes: central slices with the outline of the truth."""

from __future__ import annotations

import numpy as np

from report.data.reconstructions import Estimate, Reconstructions
from report.figures.volumes import draw
from tests.report.laboratory import drawn


def test_three_slices_of_the_truth_and_of_each_method_with_an_outline() -> None:
    truth = np.zeros((8, 8, 8, 1))
    truth[2:6, 2:6, 2:6] = 1.0
    figure = drawn(draw(Reconstructions(truth, (Estimate("siren", "SIREN", "0.9", truth * 0.8),))))
    titles = [axis.get_title() for axis in figure.axes if axis.get_title()]
    assert titles == ["truth\n ", "SIREN\n0.9"]
    outlined = [len(axis.collections) for axis in figure.axes]
    assert outlined == [0, 0, 0, 1, 1, 1]
    slices = [np.asarray(axis.images[0].get_array()) for axis in figure.axes[3:]]
    for plane in slices:
        np.testing.assert_allclose(plane, 0.8 * truth[4, ..., 0])
